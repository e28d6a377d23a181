"""The order in which derivatives are computed, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.inspect.labels import barred
from suffice.inspect.namespace import FUNCTIONS, inner_values, pull
from suffice.inspect.rules.formulas import contributions, names_in
from suffice.inspect.values import Given, differentiable, evaluated, leaf_values, seeds_of
from suffice.runtime.precision import scope

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


@dataclass(frozen=True)
class Line:
    """One line of a schedule.

    Attributes
    ----------
    number
        From 1.
    code
        A statement that NumPy runs.
    node
        Number of the node whose rule it is; of the first lines, of the output.
    target
        Number of the node whose derivative it computes.
    place
        Which of the node's inputs that is, None in the first lines.
    frees
        Names of values and derivatives that no later line reads.
    """

    number: int
    code: str
    node: int
    target: int
    place: int | None
    frees: tuple[str, ...] = ()

    def __str__(self) -> str:
        freed = f"   # frees {', '.join(self.frees)}" if self.frees else ""
        return f"{self.number}. {self.code}{freed}"


@dataclass(frozen=True, eq=False)
class Schedule:
    """Lines that compute the derivative with respect to every leaf, each a statement that NumPy runs.

    Attributes
    ----------
    graph
        The graph.
    lines
        In order.

    Examples
    --------
    >>> from suffice.inspect import graph
    >>> def f(w, x):
    ...     u = w * x
    ...     y = u**2
    ...     return y
    >>> schedule = graph(f, 2.0, 3.0).schedule()
    >>> print(schedule)
    1. ȳ = 1.0
    2. ū = 2 * ȳ * u   # frees u, ȳ
    3. w̄ = ū * x   # frees x
    4. x̄ = ū * w   # frees ū, w
    >>> schedule.run()["w"]
    array(36.)
    """

    graph: Graph
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

    def run(self, cotangent: Any = None, at: Given | None = None) -> dict[str, np.ndarray]:
        """Derivatives by the leaves' labels, the lines run one after the other by NumPy.

        Parameters
        ----------
        cotangent, at
            As for ``Graph.backward``.

        Raises
        ------
        ValueError
            As ``Graph.backward``.
        """
        names = self.names(cotangent, at)
        for line in self.lines:
            exec(line.code, names)
            if line.place is None:
                names[barred(self.graph.labels[line.node])] = names[f"given_{self.graph.labels[line.node]}"]
        labels = self.graph.labels
        leaves = [number for number in self.graph.leaves if differentiable(self.graph)[number]]
        found = {labels[number]: names.get(barred(labels[number])) for number in leaves}
        return {
            label: np.asarray(np.zeros(self.graph.nodes[number].shape) if value is None else value)
            for number, (label, value) in zip(leaves, found.items(), strict=True)
        }

    def names(self, cotangent: Any = None, at: Given | None = None) -> dict[str, Any]:
        """What the lines are run with: values of the nodes by their labels, and the functions that formulas call.

        Parameters
        ----------
        cotangent, at
            As for ``Graph.backward``.
        """
        graph = self.graph
        with scope(graph.precision):
            values = evaluated(graph, leaf_values(graph, at))
            seeds = {number: np.asarray(seed) for number, seed in seeds_of(graph, cotangent).items()}
            values = [_numpy(value) for value in values]
        names = {**FUNCTIONS, **dict(zip(graph.labels, values, strict=True))}
        called = {node for line in self.lines for node in [line.node] if "pull_" in line.code}
        names |= {f"pull_{graph.labels[number]}": pull(graph, number, values) for number in called}
        names |= inner_values(graph, {line.node for line in self.lines if line.place is not None}, values)
        return names | {f"given_{graph.labels[number]}": seed for number, seed in seeds.items()}


def _numpy(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_numpy, value))
    return np.asarray(value) if isinstance(value.dtype, np.dtype) else value


def schedule(graph: Graph) -> Schedule:
    """Lines in an order in which every derivative is whole before it is used."""
    wanted, seen = differentiable(graph), set(graph.outputs)
    lines = [_seed(graph, number) for number in dict.fromkeys(graph.outputs) if wanted[number]]
    for node in reversed(graph.nodes):
        if node.number not in seen or not wanted[node.number]:
            continue
        formulas = _several(graph, node.number) or contributions(graph, node.number)
        for place, (source, formula) in enumerate(zip(node.inputs, formulas, strict=True)):
            if formula is not None and wanted[source]:
                lines.append(_line(graph, node.number, place, formula, source in seen))
                seen.add(source)
    numbered = [Line(place, *line) for place, line in enumerate(lines, 1)]
    return Schedule(graph, tuple(_with_frees(graph, numbered)))


Parts = tuple[str, int, int, int | None]


def _seed(graph: Graph, number: int) -> Parts:
    label = graph.labels[number]
    alone = len(graph.outputs) == 1 and graph.nodes[number].shape == ()
    return f"{barred(label)} = {'1.0' if alone else f'given_{label}'}", number, number, None


def _line(graph: Graph, number: int, place: int, formula: str, again: bool) -> Parts:
    source = graph.nodes[number].inputs[place]
    target = barred(graph.labels[source])
    if not again:
        return f"{target} = {formula}", number, source, place
    several = graph.nodes[number].operation == "output"
    code = f"{target} = merged({target}, {formula})" if several else f"{target} = {target} + {formula}"
    return code, number, source, place


def _several(graph: Graph, number: int) -> list[str | None] | None:
    """What one of several results gives: a tuple in which the others are None."""
    node = graph.nodes[number]
    if node.operation != "output" or graph.units[number] is not None:
        return None
    whole = graph.units[node.inputs[0]]
    assert whole is not None
    label = barred(graph.labels[number])
    own = [label if place == node.settings["place"] else "None" for place in range(len(whole.results))]
    return [f"({', '.join(own)})"]


def _with_frees(graph: Graph, lines: Sequence[Line]) -> list[Line]:
    """Lines with what is read for the last time in each."""
    last: dict[str, int] = {}
    for line in lines:
        for name in _read(line):
            last[name] = line.number
    kept = {barred(graph.labels[number]) for number in graph.leaves}
    known = _known(graph) - kept
    return [
        Line(*_parts(line), tuple(name for name in _read(line) if last[name] == line.number and name in known))
        for line in lines
    ]


def _parts(line: Line) -> tuple[int, str, int, int, int | None]:
    return line.number, line.code, line.node, line.target, line.place


def _known(graph: Graph) -> set[str]:
    return {*graph.labels, *(barred(label) for label in graph.labels)}


def _read(line: Line) -> list[str]:
    return names_in(line.code.partition(" = ")[2])
