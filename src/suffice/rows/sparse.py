"""Rows in a scipy.sparse matrix: what is stored is worked at, and cells that are not are zeros."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

BLOCK_CELLS = 1 << 20
TILE_ROWS = 1 << 13
"""Rows of a tile, of which each becomes as many numbers as there are components."""


class SparseRows:
    """Rows of a sparse matrix as a model takes them, NaN where a stored cell is missing, and their weights."""

    def __init__(self, matrix: Any, weight: np.ndarray | None = None):
        rows: Any = csr_array(matrix)
        if not rows.has_canonical_format:  # cells that are stored in parts
            rows = rows.copy()
            rows.sum_duplicates()
        self.matrix = rows
        self.shape = matrix.shape
        self.weight = np.ones(matrix.shape[0]) if weight is None else weight

    def __len__(self) -> int:
        return self.shape[0]

    def among(self, rows: Any) -> SparseRows:
        """These rows alone."""
        return SparseRows(self.matrix[rows], self.weight[rows])

    def dense(self) -> np.ndarray:
        """All cells, (n, D)."""
        return self.matrix.toarray()

    def with_cells(self, cells: np.ndarray) -> SparseRows:
        """Rows with other numbers in the stored cells."""
        return SparseRows(csr_array((cells, self.matrix.indices, self.matrix.indptr), self.shape), self.weight)

    def filled(self, mean: np.ndarray) -> SparseRows:
        """Rows with the columns' means (D,) in missing cells."""
        cells = self.matrix.data
        gaps = np.isnan(cells)
        return self.with_cells(np.where(gaps, mean[self.matrix.indices], cells)) if gaps.any() else self

    def parts(self) -> tuple[Any, Any]:
        """Rows with 0 for missing cells, and 1 where cells are missing, None where none is."""
        cells = self.matrix.data
        gaps = np.isnan(cells)
        if not gaps.any():
            return self.matrix, None
        missing = self.with_cells(gaps.astype(float)).matrix.copy()
        missing.eliminate_zeros()
        return self.with_cells(np.where(gaps, 0.0, cells)).matrix, missing


@dataclass(frozen=True)
class SparseTile:
    """Some rows: values with 0 for missing cells, where these are, and whether sums count the cells that are observed."""

    values: Any
    missing: Any
    counted: bool


@dataclass(frozen=True)
class Tiled:
    """Rows a block at a time, or a pair of them and codes (n,), beside their weights."""

    rows: SparseRows
    codes: Any
    weight: np.ndarray
    counted: bool
    dtype: Any

    def tiles(self) -> Iterator[tuple[Any, np.ndarray]]:
        """Tiles and the weights of their rows."""
        values, missing = self.rows.parts()
        values = values.astype(self.dtype)
        for start in range(0, len(self.rows), TILE_ROWS):
            part = slice(start, start + TILE_ROWS)
            tile: Any = SparseTile(values[part], None if missing is None else missing[part], self.counted)
            yield (tile if self.codes is None else (tile, self.codes[part])), self.weight[part].astype(self.dtype)


class DenseBlocks:
    """Rows of a sparse matrix for functions of any kind: dense, a block of them at a time."""

    def __init__(self, matrix: Any, weight: np.ndarray | None):
        self.matrix: Any = csr_array(matrix)
        self.weight = np.ones(matrix.shape[0]) if weight is None else weight

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        count, features = self.matrix.shape
        step = max(1, BLOCK_CELLS // features)
        for start in range(0, count, step):
            yield self.matrix[start : start + step].toarray(), self.weight[start : start + step]


def prepared(rows: SparseRows, prepare: Callable[[np.ndarray], np.ndarray]) -> SparseRows:
    """Rows whose stored cells are what a model makes of them; what it refuses is named by row and column."""
    cells = rows.matrix.data[:, None]
    try:
        made = prepare(cells)[:, 0]
    except ValueError:
        step = max(1, BLOCK_CELLS // rows.shape[1])
        for start in range(0, len(rows), step):
            prepare(rows.matrix[start : start + step].toarray())
        raise
    if made.dtype.kind in "ub":
        made = np.where(np.isnan(cells[:, 0]), np.nan, made)
    return rows.with_cells(made.astype(float))
