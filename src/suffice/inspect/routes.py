"""Ways from a value to the output, and what each gives to its derivative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.inspect.edges import Edge, edges_between
from suffice.inspect.values import Given, derivatives, differentiable, evaluated, given_on, leaf_values, seeds_of, told
from suffice.runtime.precision import scope

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


@dataclass(frozen=True, eq=False)
class Path:
    """One way from a value towards the output.

    Attributes
    ----------
    nodes
        Labels of the nodes on it, the value's own first.
    contribution
        What comes back along it, an array of the value's shape.
    """

    nodes: tuple[str, ...]
    contribution: np.ndarray

    def __str__(self) -> str:
        return f"{' → '.join(self.nodes)}  {told(self.contribution)}"


@dataclass(frozen=True, eq=False)
class Paths:
    """Contributions that add up to the derivative with respect to a value.

    Attributes
    ----------
    paths
        Whole ways to the output; where there are too many, the first edge of each and all that begins with it.
    total
        The derivative.
    whole
        Whether each is one way to the output.
    """

    paths: tuple[Path, ...]
    total: np.ndarray
    whole: bool

    def __str__(self) -> str:
        ends = "" if self.whole else "\n(many ways begin with each of these)"
        return "\n".join(map(str, self.paths)) + f"\nsum  {told(self.total)}{ends}"


def paths(graph: Graph, node: int | str, most: int, cotangent: Any, at: Given | None) -> Paths:
    """Ways from a node to the output, and what each gives to its derivative."""
    number = graph.find(node)
    if not differentiable(graph)[number]:
        raise ValueError(
            f"{graph.labels[number]!r} has no derivative: it is no real number, or no output depends on it."
        )
    edges = edges_between(graph, [number])
    with scope(graph.precision):
        values = evaluated(graph, leaf_values(graph, at))
        seeds = seeds_of(graph, cotangent)
        whole = _count(graph, number, edges) <= most
        found = list((_walked if whole else _begun)(graph, number, edges, values, seeds))
        total = sum((path.contribution for path in found), np.zeros(graph.nodes[number].shape))
    return Paths(tuple(found), np.asarray(total), whole)


def _count(graph: Graph, number: int, edges: Sequence[Edge]) -> int:
    ways = [0] * len(graph.nodes)
    ways[number] = 1
    for edge in edges:
        ways[edge.target] += ways[edge.source]
    return sum(ways[output] for output in dict.fromkeys(graph.outputs))


def _walked(graph: Graph, number: int, edges: Sequence[Edge], values: Sequence[Any], seeds: Any) -> Iterator[Path]:
    """Every way, walked back from the output with the derivative that flows along it alone."""
    wanted = differentiable(graph)
    places: dict[int, list[Edge]] = {}
    for edge in edges:
        places.setdefault(edge.target, []).append(edge)
    reached = {number, *places}
    waiting = [(output, seed, (output,)) for output, seed in seeds.items() if output in reached]
    while waiting:
        here, derivative, way = waiting.pop()
        if here == number:
            yield Path(tuple(graph.labels[each] for each in way), np.asarray(derivative))
        if here in places:
            given = given_on(graph, here, values, derivative, wanted)
            waiting += [(edge.source, given[edge.place], (edge.source, *way)) for edge in places[here]]


def _begun(graph: Graph, number: int, edges: Sequence[Edge], values: Sequence[Any], seeds: Any) -> Iterator[Path]:
    """The first edge of each way."""
    wanted, found = differentiable(graph), derivatives(graph, values, seeds)
    for edge in edges:
        if edge.source == number and found[edge.target] is not None:
            given = given_on(graph, edge.target, values, found[edge.target], wanted)
            yield Path((graph.labels[number], graph.labels[edge.target]), np.asarray(given[edge.place]))
    if number in seeds:
        yield Path((graph.labels[number],), np.asarray(seeds[number]))
