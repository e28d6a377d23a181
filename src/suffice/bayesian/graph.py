"""The directed graph of a network: order, cycles, ancestors and children, by positions of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

Parents: TypeAlias = Sequence[Sequence[int]]
"""Positions of the parents of each node."""


def topological_order(parents: Parents) -> list[int]:
    """Nodes, parents before their children; raises ``graphlib.CycleError`` where there is a cycle."""
    return list(TopologicalSorter(dict(enumerate(parents))).static_order())


def cycle_of(parents: Parents) -> list[int] | None:
    """One directed cycle, from a node to itself, or None where there is none."""
    try:
        topological_order(parents)
    except CycleError as error:
        return error.args[1]
    return None


def check_acyclic(nodes: Sequence[str], parents: Parents) -> None:
    """Refuses a graph with a directed cycle, which it names from end to end."""
    for node, own in zip(nodes, parents, strict=True):
        if nodes.index(node) in own:
            raise ValueError(f"{node!r} is its own parent; a Bayesian network has no such edge.")
    cycle = cycle_of(parents)
    if cycle is not None:
        path = " -> ".join(nodes[node] for node in cycle)
        raise ValueError(f"The edges {path} form a cycle; a Bayesian network has none, so one of them has to go.")


def ancestors_of(nodes: Iterable[int], parents: Parents) -> set[int]:
    """These nodes and all nodes above them."""
    found, ahead = set(), list(nodes)
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += parents[node]
    return found
