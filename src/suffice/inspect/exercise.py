"""Exercises: a graph from which some values, derivatives and rules are left out."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.inspect.labels import barred
from suffice.inspect.rule import rule
from suffice.inspect.values import backward, differentiable, forward, told

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph

CLOSE = 1e-6
"""Largest difference of an answer, relative to the largest number of the right one."""


@dataclass(frozen=True)
class Blank:
    """One thing left out.

    Attributes
    ----------
    number
        From 1.
    kind
        ``"value"``, ``"derivative"`` or ``"rule"``.
    node
        Number of the node.
    place
        Of a rule: which of its lines.
    """

    number: int
    kind: str
    node: int
    place: int = 0


@dataclass(frozen=True, eq=False)
class Exercise:
    """A graph with blanks to fill in.

    Attributes
    ----------
    graph
        The graph.
    blanks
        What is left out.
    answers
        What belongs there, by the numbers of blanks: arrays, and rules as expressions that NumPy runs.
    """

    graph: Graph
    blanks: tuple[Blank, ...]
    answers: Mapping[int, Any]

    def check(self, given: Mapping[int, Any]) -> tuple[int, ...]:
        """Numbers of blanks whose answer is missing or not right.

        A rule is right when it is written as here, spaces and parentheses aside.

        Parameters
        ----------
        given
            Answers by the numbers of blanks.
        """
        return tuple(
            blank.number
            for blank in self.blanks
            if blank.number not in given or not _right(self.answers[blank.number], given[blank.number])
        )

    def __str__(self) -> str:
        """The graph's values, derivatives and rules, with numbers in the place of what is left out."""
        hidden = {(blank.kind, blank.node, blank.place): f"({blank.number}) ____" for blank in self.blanks}
        values, derivatives = forward(self.graph, None).arrays, backward(self.graph, None, None).arrays
        rows = []
        for node, label in zip(self.graph.nodes, self.graph.labels, strict=True):
            value = hidden.get(("value", node.number, 0)) or told(values[node.number])
            rows.append(f"{label} [{node.operation}] = {value}")
            if derivatives[node.number] is not None:
                derivative = hidden.get(("derivative", node.number, 0)) or told(derivatives[node.number])
                rows.append(f"  {barred(label)} = {derivative}")
            found = rule(self.graph, node.number)
            for place, (target, formula) in enumerate(zip(found.targets, found.formulas, strict=True)):
                rows.append(f"  {target} += {hidden.get(('rule', node.number, place)) or formula}")
        return "\n".join(rows)


def blank(graph: Graph, k: int, seed: int) -> Exercise:
    """A graph with k values, derivatives and rules left out."""
    possible = _possible(graph)
    if not 1 <= k <= len(possible):
        raise ValueError(f"k={k} blanks were asked for; this graph has room for 1 to {len(possible)}.")
    chosen = sorted(np.random.default_rng(seed).choice(len(possible), k, replace=False).tolist())
    blanks = tuple(Blank(number, *possible[place]) for number, place in enumerate(chosen, 1))
    values, derivatives = forward(graph, None).arrays, backward(graph, None, None).arrays
    answers = {each.number: _answer(graph, each, values, derivatives) for each in blanks}
    return Exercise(graph, blanks, answers)


def _possible(graph: Graph) -> list[tuple[str, int, int]]:
    found = []
    for node, real in zip(graph.nodes, differentiable(graph), strict=True):
        if node.inputs:
            found.append(("value", node.number, 0))
        if real and node.number not in graph.outputs:
            found.append(("derivative", node.number, 0))
        found += [("rule", node.number, place) for place in range(len(rule(graph, node.number).formulas))]
    return found


def _answer(graph: Graph, blank: Blank, values: Any, derivatives: Any) -> Any:
    if blank.kind == "rule":
        return rule(graph, blank.node).formulas[blank.place]
    return (values if blank.kind == "value" else derivatives)[blank.node]


def _right(answer: Any, given: Any) -> bool:
    if isinstance(answer, str):
        return isinstance(given, str) and _plain(given) == answer
    try:
        array = np.asarray(given, float)
    except (TypeError, ValueError):
        return False
    scale = np.abs(answer).max(initial=0) or 1
    return array.shape == answer.shape and bool(np.all(np.abs(array - answer) <= CLOSE * scale))


def _plain(formula: str) -> str | None:
    try:
        return ast.unparse(ast.parse(formula, mode="eval"))
    except SyntaxError:
        return None
