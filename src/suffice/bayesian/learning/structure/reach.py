"""Which node can be reached from which, as edges come and go."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


class Reach:
    """Edges (n, n) of a graph without cycles, from parent to child, and the paths that they make."""

    def __init__(self, count: int, edges: Iterable[tuple[int, int]]):
        self.edges = np.zeros((count, count), bool)
        self.paths = np.zeros((count, count), bool)
        for parent, child in edges:
            self.add(parent, child)

    def add(self, parent: int, child: int) -> None:
        """An edge more."""
        self.edges[parent, child] = True
        above, below = self.paths[:, parent].copy(), self.paths[child].copy()
        above[parent] = below[child] = True
        self.paths |= above[:, None] & below[None]

    def drop(self, parent: int, child: int) -> None:
        """An edge less."""
        edges = self.edges
        edges[parent, child] = False
        self.paths = np.zeros_like(edges)
        for one, other in np.argwhere(edges):
            self.add(one, other)

    def ways_round(self) -> np.ndarray:
        """Pairs (n, n) that a path of more than one edge joins."""
        return (self.edges.astype(np.float32) @ self.paths.astype(np.float32)) > 0
