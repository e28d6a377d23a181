"""Rows in a scipy.sparse matrix, made dense a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

BLOCK_CELLS = 1 << 20


class SparseRows:
    """Rows of a sparse matrix that are dense where they are looked at: sliced, indexed, or iterated over in blocks."""

    def __init__(
        self,
        matrix: Any,
        prepare: Callable[[np.ndarray], np.ndarray] = lambda rows: rows,
        weight: np.ndarray | None = None,
    ):
        self.matrix, self.prepare, self.shape = matrix, prepare, matrix.shape
        self.weight = np.ones(matrix.shape[0]) if weight is None else weight

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        return self.prepare(self.matrix[rows].toarray())

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        step = max(1, BLOCK_CELLS // self.shape[1])
        for start in range(0, len(self), step):
            yield self[start : start + step], self.weight[start : start + step]
