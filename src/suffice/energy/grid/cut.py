"""Minimum cuts of grids with real capacities, by a maximum flow of whole numbers, refined until proven minimal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LARGEST_CAPACITY = 2**30 - 1  # an edge and its reverse together stay below 2^31
MOST_ROUNDS = 12


class Cut(NamedTuple):
    """Pixels labelled 1 as ``ones`` (H, W), their energy, how far below it another may come, and if no farther than rounding."""

    ones: np.ndarray
    energy: float
    gap: float
    proven: bool


class Graph(NamedTuple):
    """Edges, sorted by their tails, then their heads; each has its reverse. Those of tail i end at ``indptr[i + 1]``."""

    indptr: np.ndarray
    heads: np.ndarray
    tails: np.ndarray


def minimum_cut(
    unary: np.ndarray,
    right: float | np.ndarray,
    left: float | np.ndarray,
    down: float | np.ndarray,
    up: float | np.ndarray,
) -> Cut:
    """The labelling z in {0, 1} of a grid with the least sum of ``unary`` z and of the costs of unequal neighbours."""
    graph, capacity = _grid(np.asarray(unary, float), right, left, down, up)
    source = unary.size
    constant = float(np.minimum(unary, 0).sum())
    residual, flow, room = capacity.copy(), 0.0, float(capacity[graph.tails == source].sum())
    ones, value = np.zeros(unary.size, bool), room
    tolerance = 1e-8 * float(capacity[capacity > 0].min(initial=np.inf)) + 1e-14 * room if room else 0.0
    for _ in range(MOST_ROUNDS):
        if value - flow <= tolerance:
            break
        pushed, reached = _round(graph, residual, room, source)
        residual -= pushed
        flow += float(pushed[graph.tails == source].sum())
        across = reached[graph.tails] & ~reached[graph.heads]
        if capacity[across].sum() < value:
            ones, value = reached[: unary.size], float(capacity[across].sum())
        room = value - flow
    gap = max(value - flow, 0.0)
    return Cut(ones.reshape(unary.shape), constant + value, gap, gap <= tolerance)


def _round(graph: Graph, residual: np.ndarray, room: float, source: int) -> tuple[np.ndarray, np.ndarray]:
    """What a maximum flow of rounded capacities, none above the ``room`` left, adds to every edge; who is then reached."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    clipped = np.clip(residual, 0, room)
    step = 2.0 ** np.ceil(np.log2(clipped.max() / LARGEST_CAPACITY))
    whole = np.floor(clipped / step).astype(np.int32)
    shape = (source + 2, source + 2)
    found = maximum_flow(csr_array((whole, graph.heads, graph.indptr), shape), source, source + 1).flow.data
    left = csr_array(((whole - found), graph.heads, graph.indptr), shape, copy=True)
    left.eliminate_zeros()
    reached = np.zeros(source + 2, bool)
    reached[breadth_first_order(left, source, return_predecessors=False)] = True
    return found * step, reached


def _grid(
    unary: np.ndarray,
    right: float | np.ndarray,
    left: float | np.ndarray,
    down: float | np.ndarray,
    up: float | np.ndarray,
) -> tuple[Graph, np.ndarray]:
    """The graph of a grid, and its capacities: pixels, then the source, on whose side are ones, then the sink."""
    number = np.arange(unary.size, dtype=np.int32).reshape(unary.shape)
    source, sink = np.int32(unary.size), np.int32(unary.size + 1)
    to_sink = unary > 0
    pairs = [
        (number[:, :-1], number[:, 1:], right, left),
        (number[:-1], number[1:], down, up),
        (np.full(int((~to_sink).sum()), source), number[~to_sink], -unary[~to_sink], 0.0),
        (number[to_sink], np.full(int(to_sink.sum()), sink), unary[to_sink], 0.0),
    ]
    tails = np.concatenate([part.ravel() for tail, head, _, _ in pairs for part in (tail, head)])
    heads = np.concatenate([part.ravel() for tail, head, _, _ in pairs for part in (head, tail)])
    costs = [np.broadcast_to(cost, tail.shape).ravel() for tail, _, *both in pairs for cost in both]
    return _sorted(tails, heads, np.concatenate(costs), unary.size + 2)


def _sorted(tails: np.ndarray, heads: np.ndarray, capacity: np.ndarray, count: int) -> tuple[Graph, np.ndarray]:
    order = np.lexsort((heads, tails))
    indptr = np.concatenate([[0], np.bincount(tails, minlength=count).cumsum()]).astype(np.int32)
    return Graph(indptr, heads[order], tails[order]), capacity[order]
