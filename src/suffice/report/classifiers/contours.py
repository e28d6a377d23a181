"""Where a function on a grid takes a value: lines through the cells of the grid, joined."""

from __future__ import annotations

import numpy as np

Edge = tuple[int, int, int]
"""Row and column of a grid point, and whether the edge runs to the right of it (0) or up from it (1)."""

CROSSED = {1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 5: ((3, 2), (0, 1)), 6: ((0, 2),), 7: ((3, 2),)}
"""Of the corners of a cell above the level (1 lower left, 2 lower right, 4 upper right, 8 upper left) the sides to join."""


def contour(x: np.ndarray, y: np.ndarray, values: np.ndarray, level: float) -> list[np.ndarray]:
    """Ways (n, 2) along which ``values``, (len(y), len(x)), are ``level``."""
    if min(values.shape) < 2:
        return []
    return [np.array([_place(x, y, values, level, edge) for edge in way]) for way in _joined(_sides(values > level))]


def _sides(above: np.ndarray) -> list[tuple[Edge, Edge]]:
    """Pairs of edges of the grid that a line crosses one after the other."""
    corner = above.astype(int)
    case = corner[:-1, :-1] + 2 * corner[:-1, 1:] + 4 * corner[1:, 1:] + 8 * corner[1:, :-1]
    found = []
    for row, column in np.argwhere((case > 0) & (case < 15)).tolist():
        edges = (row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1)
        kind = int(case[row, column])
        for first, last in ((3, 0), (1, 2)) if kind == 10 else CROSSED[min(kind, 15 - kind)]:
            found.append((edges[first], edges[last]))
    return found


def _joined(pairs: list[tuple[Edge, Edge]]) -> list[list[Edge]]:
    """Pairs put together to as long ways as there are; those with ends first, then rings."""
    beside: dict[Edge, list[Edge]] = {}
    for first, last in pairs:
        beside.setdefault(first, []).append(last)
        beside.setdefault(last, []).append(first)
    ways = []
    for start in sorted(beside, key=lambda edge: (len(beside[edge]), edge)):
        if beside[start]:
            ways.append(_walked(start, beside))
    return ways


def _walked(start: Edge, beside: dict[Edge, list[Edge]]) -> list[Edge]:
    way = [start]
    while beside[way[-1]]:
        following = beside[way[-1]].pop()
        beside[following].remove(way[-1])
        way.append(following)
    return way


def _place(x: np.ndarray, y: np.ndarray, values: np.ndarray, level: float, edge: Edge) -> tuple[float, float]:
    row, column, up = edge
    other = (row + 1, column) if up else (row, column + 1)
    near, far = values[row, column], values[other]
    share = (level - near) / (far - near)
    return (
        float(x[column] + share * (x[other[1]] - x[column])),
        float(y[row] + share * (y[other[0]] - y[row])),
    )
