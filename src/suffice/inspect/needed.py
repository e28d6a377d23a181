"""What of the forward pass the backward rules need."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from suffice.inspect.rules.formulas import contributions, keeps, names_in
from suffice.inspect.rules.inside import kept_struct
from suffice.inspect.values import differentiable, is_floating

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph

WORDS = {"value": "", "mask": "mask of ", "inside": "inside of "}
MASK = 1
"""Bytes of one number of a mask."""
INDEXED = {"pick", "embedding", "slice", "dynamic_slice", "concatenate", "gather"}
"""Operations whose rule needs to know which numbers were chosen, not what they were."""


@dataclass(frozen=True)
class Need:
    """One value that one node's rule needs.

    Attributes
    ----------
    node
        Number of the node whose rule it is.
    value
        Number of the node whose value is needed.
    kind
        ``"value"``, ``"mask"`` where one bit of each number will do: where it is positive, or was kept, or ``"inside"`` where a
        value inside the node is needed: weights of attention, one by a standard deviation.
    bytes
        How much memory that takes; a mask takes a byte a number.
    """

    node: int
    value: int
    kind: str
    bytes: int


@dataclass(frozen=True)
class Needs:
    """All that the backward rules of a graph need.

    Attributes
    ----------
    graph
        The graph.
    needs
        In forward order of the nodes whose rules they are.
    """

    graph: Graph
    needs: tuple[Need, ...]

    @property
    def bytes(self) -> int:
        """Memory that all of it takes, each value once."""
        return sum(self.kept().values())

    def kept(self) -> dict[int, int]:
        """Bytes of each value that is needed, by the numbers of nodes."""
        kept: dict[tuple[int, bool], int] = {}
        for need in self.needs:
            key = need.value, need.kind == "inside"
            kept[key] = max(kept.get(key, 0), need.bytes)
        return {value: kept.get((value, False), 0) + kept.get((value, True), 0) for value, _ in kept}

    def of(self, node: int | str) -> tuple[Need, ...]:
        """What one node's rule needs.

        Parameters
        ----------
        node
            Number or name.
        """
        number = self.graph.find(node)
        return tuple(need for need in self.needs if need.node == number)

    def __str__(self) -> str:
        labels = self.graph.labels
        rows = [
            f"{labels[need.node]} ({self.graph.nodes[need.node].operation}): {WORDS[need.kind]}"
            f"{labels[need.value]}, {need.bytes:,} bytes"
            for need in self.needs
        ]
        return "\n".join([*rows, f"together {self.bytes:,} bytes"])


def needs(graph: Graph) -> Needs:
    """Forward values that the rule of each node uses."""
    wanted, places = differentiable(graph), {label: number for number, label in enumerate(graph.labels)}
    found = []
    for node in graph.nodes:
        if wanted[node.number] and graph.units[node.number] is not None:
            found += [
                need_of(graph, node.number, value, kind) for value, kind in _kinds(graph, node.number, wanted, places)
            ]
    return Needs(graph, tuple(found))


def _kinds(graph: Graph, number: int, wanted: list[bool], places: dict[str, int]) -> Iterator[tuple[int, str]]:
    """Nodes whose values a node's rule uses, and how."""
    node = graph.nodes[number]
    if not any(wanted[source] for source in node.inputs):
        return
    formulas = [
        formula
        for source, formula in zip(node.inputs, contributions(graph, number), strict=True)
        if formula is not None and wanted[source]
    ]
    if any(formula.startswith("pull_") for formula in formulas):
        yield from _of_unknown(graph, number)
        return
    if keeps(graph, number):
        yield from (
            _of_unknown(graph, number)
            if node.operation in INDEXED or node.operation == "dropout"
            else [(number, "inside")]
        )
    read = dict.fromkeys(name for formula in formulas for name in names_in(formula) if name in places)
    for name in read:
        yield places[name], "mask" if all(_compared_only(formula, name) for formula in formulas) else "value"


def _of_unknown(graph: Graph, number: int) -> Iterator[tuple[int, str]]:
    node = graph.nodes[number]
    if node.operation == "dropout":
        yield number, "mask"
        return
    for source in dict.fromkeys(node.inputs):
        if node.operation not in INDEXED or not is_floating(graph.nodes[source].dtype):
            yield source, "value"


def _compared_only(formula: str, name: str) -> bool:
    tree = ast.parse(formula, mode="eval")
    inside = {id(each) for node in ast.walk(tree) if isinstance(node, ast.Compare) for each in ast.walk(node)}
    uses = [each for each in ast.walk(tree) if isinstance(each, ast.Name) and each.id == name]
    return all(id(each) in inside for each in uses)


def need_of(graph: Graph, number: int, value: int, kind: str) -> Need:
    """One value that a node's rule needs, and its bytes."""
    node, unit = graph.nodes[value], graph.units[value]
    if kind == "inside" and unit is not None:
        kept = kept_struct(unit)
        return Need(number, value, kind, prod(kept.shape) * size_of(str(kept.dtype)))
    size = MASK if kind == "mask" else size_of(node.dtype)
    return Need(number, value, kind, prod(node.shape) * size)


def size_of(dtype: str) -> int:
    """Bytes of one number of a type."""
    try:
        return np.dtype(dtype).itemsize
    except TypeError:  # a random key, or bfloat16, which NumPy alone does not know
        return 2 if dtype == "bfloat16" else 8
