"""Orders in which the nodes of a network are summed out: weighted min-fill, with noisy restarts."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from math import prod

import numpy as np

from suffice.bayesian.graph import Parents


def bits(mask: int) -> Iterator[int]:
    """Positions of the ones of a whole number, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def family_masks(parents: Parents) -> list[int]:
    """Each node and its parents, as the ones of a whole number."""
    return [sum(1 << axis for axis in (*own, node)) for node, own in enumerate(parents)]


def moral_neighbours(parents: Parents) -> list[int]:
    """Neighbours of each node in the moral graph, as the ones of a whole number."""
    found = [0] * len(parents)
    for family in family_masks(parents):
        for node in bits(family):
            found[node] |= family
    return [mask & ~(1 << node) for node, mask in enumerate(found)]


def min_fill(
    neighbours: Sequence[int], open_nodes: int, weights: Sequence[int], noise: np.ndarray | None = None
) -> list[int]:
    """Order of the open nodes in which each is the one whose elimination joins the lightest pairs of neighbours.

    Parameters
    ----------
    neighbours
        Neighbours of each node in the moral graph; observed nodes are left out.
    open_nodes
        The nodes to order.
    weights
        Number of states of each node; a pair weighs their product.
    noise
        Factors of the weights of what each node joins, for restarts.
    """
    near = {node: neighbours[node] & open_nodes for node in bits(open_nodes)}
    alike = _alike(near, weights)
    joined = {node: _joined(node, near, weights, alike) for node in near}
    noisy = (lambda node: joined[node] * noise[node]) if noise is not None else joined.__getitem__
    queue = [(noisy(node), near[node].bit_count(), node) for node in near]
    heapq.heapify(queue)
    order: list[int] = []
    while queue:
        cost, degree, node = heapq.heappop(queue)
        if node not in near or cost != noisy(node) or degree != near[node].bit_count():
            continue
        order.append(node)
        for other in bits(_eliminate(node, near, joined[node] > 0)):
            joined[other] = _joined(other, near, weights, alike)
            heapq.heappush(queue, (noisy(other), near[other].bit_count(), other))
    return order


def _alike(nodes: Iterable[int], weights: Sequence[int]) -> list[tuple[int, int]]:
    """Weights, and the nodes that have each."""
    masks: dict[int, int] = {}
    for node in nodes:
        masks[weights[node]] = masks.get(weights[node], 0) | 1 << node
    return list(masks.items())


def _joined(node: int, near: dict[int, int], weights: Sequence[int], alike: list[tuple[int, int]]) -> int:
    """Weight of the pairs of neighbours that are not neighbours of one another, each counted twice."""
    around = rest = near[node]
    total = 0
    while rest:
        low = rest & -rest
        rest ^= low
        other = low.bit_length() - 1
        apart = around & ~near[other] & ~low
        if apart:
            total += weights[other] * sum([weight * (apart & mask).bit_count() for weight, mask in alike])
    return total


def _eliminate(node: int, near: dict[int, int], joins: bool) -> int:
    """Takes a node out, its neighbours joined; the nodes whose weights may have changed."""
    around, own = near.pop(node), ~(1 << node)
    changed = around
    for other in bits(around):
        before = near[other]
        near[other] = (before | around) & own & ~(1 << other)
        if joins:
            for new in bits(near[other] & ~before):
                if new > other:
                    changed |= before & near[new]
    return changed & own


def cliques_of(order: Sequence[int], neighbours: Sequence[int], open_nodes: int) -> list[int]:
    """Nodes of the table that each elimination multiplies, as the ones of whole numbers."""
    near, found = {node: neighbours[node] & open_nodes for node in bits(open_nodes)}, []
    for node in order:
        found.append(near[node] | 1 << node)
        _eliminate(node, near, False)
    return found


def work_of(cliques: Sequence[int], weights: Sequence[int]) -> int:
    """Entries of all tables that an elimination multiplies."""
    return sum(prod(weights[node] for node in bits(clique)) for clique in cliques)
