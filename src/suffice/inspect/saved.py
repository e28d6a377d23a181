"""What JAX itself keeps of the forward pass."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import jax

from suffice.inspect.authors import boundary, is_author
from suffice.inspect.needed import size_of
from suffice.inspect.program import Constant, Place, Program, Step, entered, traced
from suffice.inspect.unit import read_constant
from suffice.inspect.values import is_floating
from suffice.runtime.precision import scope

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph

SIGNS = {"sub": "-", "add": "+", "mul": "*", "div": "/", "gt": ">", "lt": "<", "ge": ">=", "eq": "=="}


@dataclass(frozen=True)
class Saved:
    """One array that JAX keeps from the forward pass until the backward pass.

    Attributes
    ----------
    node
        Number of the node it is the value of, or is derived from; None where that cannot be told.
    told
        What it is, in the labels of the graph.
    shape, dtype, bytes
        Of the array.
    """

    node: int | None
    told: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass(frozen=True)
class SavedArrays:
    """All arrays that this version of JAX keeps, each once.

    Attributes
    ----------
    graph
        The graph.
    arrays
        In the order in which JAX holds them.
    """

    graph: Graph
    arrays: tuple[Saved, ...]

    @property
    def bytes(self) -> int:
        """Memory that all of them take."""
        return sum(each.bytes for each in self.arrays)

    def __str__(self) -> str:
        rows = [f"{each.told}: {each.shape} {each.dtype}, {each.bytes:,} bytes" for each in self.arrays]
        return "\n".join([*rows, f"together {self.bytes:,} bytes"])


def saved(graph: Graph) -> SavedArrays:
    """What ``jax.vjp`` keeps for the derivative with respect to every real leaf, read off its program."""
    if graph.function is None:
        raise ValueError(
            "This graph was not traced from a function, so JAX keeps nothing for it; make it with graph(f, *args)."
        )
    shapes = [jax.ShapeDtypeStruct(node.shape, _dtype(graph, node.number)) for node in graph.nodes[: graph.count]]
    real = [place for place, shape in enumerate(shapes) if is_floating(str(shape.dtype))]
    with scope(graph.precision):
        program, outputs = traced(lambda *arrays: _residuals(graph.function, arrays, real), shapes)
        results = len(jax.tree.leaves(outputs[0]))
        kept = list(dict.fromkeys(program.outputs[results:]))
        teller = _Teller.of(graph, program)
        return SavedArrays(graph, tuple(teller.told(atom) for atom in kept))


def _dtype(graph: Graph, number: int) -> Any:
    return getattr(graph.leaves[number], "dtype", graph.nodes[number].dtype)


def _residuals(function: Any, arrays: Sequence[Any], real: Sequence[int]) -> tuple[Any, list[Any]]:
    """Results of a function, and the arrays that its derivative with respect to real numbers keeps."""

    def of_real(*changing: Any) -> Any:
        every = list(arrays)
        for place, value in zip(real, changing, strict=True):
            every[place] = value
        return entered(function)(*every)

    results, pull = jax.vjp(of_real, *(arrays[place] for place in real))
    return results, [leaf for leaf in jax.tree.leaves(pull) if isinstance(leaf, jax.Array)]


@dataclass(frozen=True)
class _Teller:
    """Which node each value of a program belongs to, and how to say what it is."""

    graph: Graph
    program: Program
    makers: Mapping[int, Step]
    nodes: Mapping[int, int]
    values: Mapping[int, int]

    @staticmethod
    def of(graph: Graph, program: Program) -> _Teller:
        makers = {number: step for step in program.steps for number in step.writes}
        places: dict[Any, list[int]] = defaultdict(list)
        for node, unit in zip(graph.nodes, graph.units, strict=True):
            if unit is not None:
                places[_place(unit.steps[0])].append(node.number)
        found = _matched(graph, program, places)
        values = dict(zip(program.inputs, range(len(program.inputs)), strict=True))
        values |= {value: node for value, (node, whole) in found.items() if whole}
        return _Teller(graph, program, makers, {value: node for value, (node, _) in found.items()}, values)

    def told(self, atom: int | Constant) -> Saved:
        shape = jax.typeof(atom.value) if isinstance(atom, Constant) else self.program.values[atom]
        node = None if isinstance(atom, Constant) else self.values.get(atom, self.nodes.get(atom))
        size = prod(shape.shape) * size_of(str(shape.dtype))
        return Saved(node, self._words(atom, node), tuple(shape.shape), str(shape.dtype), size)

    def _words(self, atom: int | Constant, node: int | None) -> str:
        if isinstance(atom, int) and atom in self.values:
            return self.graph.labels[self.values[atom]]
        formula = self._formula(atom, 3)
        if node is None:
            return formula
        label = self.graph.labels[node]
        if "…" in formula:
            return f"kept for {label} ({self.graph.nodes[node].operation})"
        return formula if re.search(rf"\b{label}\b", formula) else f"{formula} for {label}"

    def _formula(self, atom: int | Constant, depth: int) -> str:
        """How a value was made, from values that have names."""
        if isinstance(atom, Constant):
            return str(read_constant(atom))
        if atom in self.values:
            return self.graph.labels[self.values[atom]]
        if atom not in self.makers or depth == 0:
            return "…"
        step = self.makers[atom]
        words = [self._formula(read, depth - 1) for read in step.reads]
        if step.primitive in SIGNS and len(words) == 2:
            return f"({words[0]} {SIGNS[step.primitive]} {words[1]})"
        return f"{step.primitive}({', '.join(words)})"


def _place(step: Step) -> tuple[Place, ...]:
    """The author's calls that led to a call of a library or layer, whatever that does differently when differentiated."""
    depth, _ = boundary(step)
    if depth < len(step.places) and is_author(step.places[depth].code):
        return step.places[:depth]
    last = max((place for place, each in enumerate(step.places) if is_author(each.code)), default=-1)
    return step.places[: last + 1]


def _same(step: Step, other: Step) -> bool:
    return step.primitive == other.primitive and _place(step) == _place(other)


def _matched(graph: Graph, program: Program, places: Mapping[Any, Sequence[int]]) -> dict[int, tuple[int, bool]]:
    """Values of a differentiated program with the nodes that they belong to, and whether they are those nodes' values.

    Where a loop came by one place several times, its turns are taken one after the other.
    """
    turns: Counter[Any] = Counter()
    ends: Counter[int] = Counter()
    found: dict[int, tuple[int, bool]] = {}
    for step in program.steps:
        candidates = places.get(_place(step), ())
        if not candidates:
            continue
        node = _of_turn(graph, step, candidates, turns[_place(step)], found)
        unit = graph.units[node]
        assert unit is not None
        ends[node] += _same(step, unit.steps[-1])
        whole = _same(step, unit.steps[-1]) and ends[node] == sum(_same(each, unit.steps[-1]) for each in unit.steps)
        turns[_place(step)] += whole
        found.update(dict.fromkeys(step.writes, (node, whole and len(unit.results) == 1)))
    return found


def _of_turn(
    graph: Graph, step: Step, candidates: Sequence[int], turn: int, found: Mapping[int, tuple[int, bool]]
) -> int:
    """The node that a step belongs to: that of what it reads, unless a new turn begins with it."""
    read = [found[value][0] for value in step.reads if isinstance(value, int) and value in found]
    own = [node for node in read if node in candidates]
    next_one = candidates[min(turn, len(candidates) - 1)]
    unit = graph.units[next_one]
    begins = unit is not None and step.primitive == unit.steps[0].primitive
    return max(own) if own and not begins else next_one
