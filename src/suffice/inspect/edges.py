"""What the derivative owes to each edge of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from suffice.inspect.values import Given, derivatives, differentiable, evaluated, leaf_values, seeds_of
from suffice.runtime.precision import dtype_of, scope

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


class Edge(NamedTuple):
    """One input of a node.

    Attributes
    ----------
    source
        Number of the node that is read.
    target
        Number of the node that reads it.
    place
        Which of the target's inputs it is.
    """

    source: int
    target: int
    place: int


@dataclass(frozen=True, eq=False)
class Contributions:
    """The derivative with respect to some nodes, and for each edge the part of it that comes through that edge.

    Without an edge's contribution the derivative G is G - B; with it doubled, G + B; with its sign turned, G - 2 B.

    Attributes
    ----------
    edges
        Edges between these nodes and the output.
    gradient
        G by the labels of the nodes.
    parts
        B by the labels of the nodes, an axis for the edges first.
    """

    edges: tuple[Edge, ...]
    gradient: Mapping[str, np.ndarray]
    parts: Mapping[str, np.ndarray]


EdgeProgram = Callable[[Mapping[int, Any], Mapping[int, Any]], tuple[list[Any], list[Any]]]


def edge_program(graph: Graph, wrt: Sequence[int]) -> tuple[tuple[Edge, ...], EdgeProgram]:
    """Edges between nodes and the output, and the function that gives derivatives and the part through each edge.

    The function takes arrays of the leaves and derivatives with respect to the outputs, both by numbers of nodes, and gives
    for each node of ``wrt`` its derivative, and the parts of it with the edges as a first axis. It is a function of JAX: it
    can be compiled, and mapped over leaves that have an axis of points.

    Parameters
    ----------
    graph
        The graph.
    wrt
        Numbers of nodes.
    """
    edges = edges_between(graph, wrt)
    places = {(edge.target, edge.place): number for number, edge in enumerate(edges)}

    def gradient(scales: Any, values: Sequence[Any], seeds: Mapping[int, Any]) -> list[Any]:
        def weigh(number: int, place: int, contribution: Any) -> Any:
            edge = places.get((number, place))
            return contribution if edge is None else jax.tree.map(lambda part: part * scales[edge], contribution)

        found = derivatives(graph, values, seeds, weigh)
        return [_whole(graph, number, found[number]) for number in wrt]

    def run(leaves: Mapping[int, Any], seeds: Mapping[int, Any]) -> tuple[list[Any], list[Any]]:
        values = evaluated(graph, leaves)
        ones = jnp.ones(len(edges), dtype_of(graph.precision))
        parts = jax.jacfwd(gradient)(ones, values, seeds)
        return gradient(ones, values, seeds), [jnp.moveaxis(part, -1, 0) for part in parts]

    return edges, run


def _whole(graph: Graph, number: int, derivative: Any) -> Any:
    node = graph.nodes[number]
    return jnp.zeros(node.shape, node.dtype) if derivative is None else derivative


def edges_between(graph: Graph, wrt: Sequence[int]) -> tuple[Edge, ...]:
    """Edges on ways from nodes to the output along which derivatives flow."""
    real, reached = differentiable(graph), set(wrt)
    edges = []
    for node in graph.nodes:
        found = [
            Edge(source, node.number, place)
            for place, source in enumerate(node.inputs)
            if source in reached and real[source] and real[node.number]
        ]
        if found:
            reached.add(node.number)
        edges += found
    return tuple(edges)


def contributions(graph: Graph, wrt: Sequence[int | str], cotangent: Any, at: Given | None) -> Contributions:
    """Derivatives with respect to nodes, and the part that comes through each edge."""
    numbers = [graph.find(node) for node in wrt]
    with scope(graph.precision):
        edges, run = edge_program(graph, numbers)
        gradient, parts = jax.jit(run)(leaf_values(graph, at), seeds_of(graph, cotangent))
        labels = [graph.labels[number] for number in numbers]
        return Contributions(
            edges,
            dict(zip(labels, map(np.asarray, gradient), strict=True)),
            dict(zip(labels, map(np.asarray, parts), strict=True)),
        )
