"""Which node can be reached from which, as edges come and go."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


class Reach:
    """Edges (n, n) of a graph without cycles, from parent to child, and the paths that they make."""

    def __init__(self, count: int, edges: Iterable[tuple[int, int]]):
        self.edges = np.zeros((count, count), bool)
        for parent, child in edges:
            self.edges[parent, child] = True
        self.paths = _joined(self.edges)

    def add(self, parent: int, child: int) -> None:
        """An edge more."""
        self.edges[parent, child] = True
        above, below = self.paths[:, parent].copy(), self.paths[child].copy()
        above[parent] = below[child] = True
        self.paths |= above[:, None] & below[None]

    def drop(self, parent: int, child: int) -> None:
        """An edge less."""
        self.edges[parent, child] = False
        self.paths = _joined(self.edges)

    def ways_round(self) -> np.ndarray:
        """Pairs (n, n) that a path of more than one edge joins."""
        return (self.edges.astype(np.float32) @ self.paths.astype(np.float32)) > 0


def _joined(edges: np.ndarray) -> np.ndarray:
    """Pairs that a path joins, of twice as many edges each time."""
    paths = edges.astype(np.float32)
    while True:
        longer = np.minimum(paths + paths @ paths, 1.0)
        if np.array_equal(longer, paths):
            return paths > 0
        paths = longer
