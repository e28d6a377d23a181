"""A directed graph in layers, parents above their children, with few crossings (Sugiyama, Tagawa and Toda, 1981)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from suffice.bayesian.graph import topological_order

SWEEPS = 24
NARROW = 0.15
"""How wide a way past a layer is, in boxes."""
Edge = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """For each node its layer and its place across, in units of a box; for each edge the places it passes on the way."""

    layer: list[int]
    across: list[float]
    routes: dict[Edge, list[tuple[float, int]]]


def layout(parents: Sequence[Sequence[int]], most: int) -> Layout:
    """Layers of at most ``most`` nodes; edges that pass a layer have a place of their own in it."""
    layer = _layers(parents, most)
    above, chains, layers = _with_ways(parents, layer)
    order = _ordered(layers, above)
    across = _placed(order, above, len(parents))
    routes = {edge: [(across[way], place) for way, place in chain] for edge, chain in chains.items()}
    return Layout(layer, [across[node] for node in range(len(parents))], routes)


def _layers(parents: Sequence[Sequence[int]], most: int) -> list[int]:
    """Layers of shortest edges (Gansner and others, 1993), where one is too wide moved down."""
    order, depth = topological_order(parents), _of_shortest_edges(parents)
    layer, count = [0] * len(parents), [0] * (2 * len(parents) + 1)
    place = {node: number for number, node in enumerate(order)}
    for node in sorted(order, key=lambda one: (depth[one], place[one])):
        wanted = max(depth[node], 1 + max((layer[parent] for parent in parents[node]), default=-1))
        layer[node] = next(one for one in range(wanted, len(count)) if count[one] < most)
        count[layer[node]] += 1
    used = {one: number for number, one in enumerate(sorted(set(layer)))}
    return [used[one] for one in layer]


def _of_shortest_edges(parents: Sequence[Sequence[int]]) -> list[int]:
    edges = [(parent, node) for node, own in enumerate(parents) for parent in own]
    if not edges:
        return [0] * len(parents)
    rows = np.repeat(np.arange(len(edges)), 2)
    upper = csr_array((np.tile([1.0, -1.0], len(edges)), (rows, np.ravel(edges))), (len(edges), len(parents)))
    cost = np.asarray(-upper.sum(0), float)
    found = linprog(cost, upper, -np.ones(len(edges)), bounds=(0, len(parents)))
    return np.rint(found.x).astype(int).tolist()


def _with_ways(
    parents: Sequence[Sequence[int]], layer: list[int]
) -> tuple[dict[int, list[int]], dict[Edge, list[tuple[int, int]]], list[list[int]]]:
    """What lies above each node and each way past a layer, the ways of each edge, and what each layer holds."""
    layers: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for node, own in enumerate(layer):
        layers[own].append(node)
    above: dict[int, list[int]] = {node: [] for node in range(len(parents))}
    chains: dict[Edge, list[tuple[int, int]]] = {}
    for node, own in enumerate(parents):
        for parent in own:
            last, chain = parent, []
            for passed in range(layer[parent] + 1, layer[node]):
                way = len(above)
                above[way] = [last]
                layers[passed].append(way)
                chain.append((way, passed))
                last = way
            above[node].append(last)
            chains[parent, node] = chain
    return above, chains, layers


def _ordered(layers: list[list[int]], above: dict[int, list[int]]) -> list[list[int]]:
    """The order in each layer with fewest crossings among those that a few sweeps find."""
    below = _turned(above)
    best, fewest = layers, _crossings(layers, above)
    order = [list(own) for own in layers]
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for place in range(1, len(order)) if down else range(len(order) - 2, -1, -1):
            beside = {node: at for at, node in enumerate(order[place - 1 if down else place + 1])}
            order[place] = _by_middle(order[place], beside, above if down else below)
        crossings = _crossings(order, above)
        if crossings < fewest:
            best, fewest = [list(own) for own in order], crossings
    return best


def _by_middle(own: list[int], beside: dict[int, int], near: dict[int, list[int]]) -> list[int]:
    """Sorted by the mean place of the neighbours; those without stay where they are."""

    def middle(item: tuple[int, int]) -> float:
        places = [beside[one] for one in near[item[1]] if one in beside]
        return float(np.mean(places)) if places else item[0] * max(len(beside), 1) / max(len(own), 1)

    return [node for _, node in sorted(enumerate(own), key=middle)]


def _turned(above: dict[int, list[int]]) -> dict[int, list[int]]:
    below: dict[int, list[int]] = {node: [] for node in above}
    for node, own in above.items():
        for one in own:
            below[one].append(node)
    return below


def _crossings(order: list[list[int]], above: dict[int, list[int]]) -> int:
    total = 0
    for upper, lower in pairwise(order):
        place = {node: at for at, node in enumerate(upper)}
        ends = np.array([sorted_end for node in lower for sorted_end in sorted(place[one] for one in above[node])])
        starts = np.repeat(np.arange(len(lower)), [len(above[node]) for node in lower])
        if len(ends):
            earlier = starts[:, None] < starts[None]
            total += int((earlier & (ends[:, None] > ends[None])).sum())
    return total


def _placed(order: list[list[int]], above: dict[int, list[int]], boxes: int) -> dict[int, float]:
    """Places across: near the neighbours' mean, in the order found, and apart; ways past layers as straight as may be."""
    below, nodes = _turned(above), [node for own in order for node in own]
    starts = {id(own): _starts(own, boxes) for own in order}
    across = {node: at for own in order for node, at in zip(own, starts[id(own)] - starts[id(own)].mean(), strict=True)}
    for sweep in range(SWEEPS):
        for own in order if sweep % 2 == 0 else order[::-1]:
            wanted = [_mean([across[one] for one in (*above[node], *below[node])], across[node]) for node in own]
            weight = np.array([1.0 if node < boxes else 8.0 for node in own])
            across |= zip(own, _apart(np.array(wanted), starts[id(own)], weight), strict=True)
    least = min(across[node] for node in nodes)
    return {node: across[node] - least for node in nodes}


def _starts(own: list[int], boxes: int) -> np.ndarray:
    """The middles of boxes and ways packed side by side."""
    widths = np.array([1.0 if node < boxes else NARROW for node in own])
    return np.cumsum(widths) - widths / 2


def _mean(places: list[float], otherwise: float) -> float:
    return float(np.mean(places)) if places else otherwise


def _apart(wanted: np.ndarray, starts: np.ndarray, weight: np.ndarray) -> list[float]:
    """The places nearest to those wanted that keep their order and overlap nowhere, by pooling neighbours."""
    pools: list[tuple[float, float, int]] = []
    for value, own in zip(wanted - starts, weight, strict=True):
        pools.append((float(value), float(own), 1))
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (last, heavy, count), (mean, own_weight, size) = pools.pop(), pools.pop()
            total = heavy + own_weight
            pools.append(((last * heavy + mean * own_weight) / total, total, count + size))
    return (np.repeat([mean for mean, _, _ in pools], [count for _, _, count in pools]) + starts).tolist()
