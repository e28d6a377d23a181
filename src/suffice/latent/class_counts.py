"""Counts of events summed within classes, of dense or sparse rows, and what naive Bayes makes of them."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from scipy.sparse import csr_array
from scipy.special import gammaln

from suffice.rows.sparse import SparseRows


class ClassCounts(NamedTuple):
    """Weight of the rows of each class (K,), weighted counts of their columns (K, D), and how many rows carried weight."""

    of_rows: np.ndarray
    of_cells: np.ndarray
    carrying: int

    def added(self, other: Self) -> ClassCounts:
        """Both together."""
        return ClassCounts(self.of_rows + other.of_rows, self.of_cells + other.of_cells, self.carrying + other.carrying)

    def as_rows(self) -> ClassCounts:
        """The same as numbers of rows, where weights sum to less than the rows that carry any."""
        size = max(1.0, self.carrying / self.of_rows.sum())
        return self._replace(of_rows=size * self.of_rows, of_cells=size * self.of_cells)


def summed(rows: np.ndarray | SparseRows, share: Any, carrying: int) -> ClassCounts:
    """Sums over rows (n, D) with weighted shares (K, n) of the classes, sparse or not."""
    found = share @ stored(rows)
    return ClassCounts(
        np.asarray(share.sum(1)).ravel(), found if isinstance(found, np.ndarray) else found.toarray(), carrying
    )


def members(codes: np.ndarray, weight: np.ndarray, count: int) -> Any:
    """Weighted shares (K, n) of rows whose classes are known."""
    return csr_array((weight, (codes, np.arange(len(codes)))), (count, len(codes)))


def stored(rows: np.ndarray | SparseRows) -> Any:
    """The matrix of rows, (n, D), sparse or not."""
    return rows.matrix if isinstance(rows, SparseRows) else rows


def log_arrangements(rows: np.ndarray | SparseRows) -> np.ndarray:
    """Logarithm of the multinomial coefficient of each row, (n,)."""
    matrix = stored(rows)
    if isinstance(rows, SparseRows):
        parts = csr_array((gammaln(matrix.data + 1), matrix.indices, matrix.indptr), matrix.shape).sum(1)
    else:
        parts = gammaln(matrix + 1).sum(1)
    return gammaln(np.asarray(matrix.sum(1)).ravel() + 1) - np.asarray(parts).ravel()


def log_probabilities(of_cells: np.ndarray, alpha: np.ndarray | float) -> np.ndarray:
    """Logarithms (K, D) of the shares of the columns in each class, ``alpha`` events added to each."""
    smoothed = of_cells + alpha
    return np.log(smoothed) - np.log(smoothed.sum(1, keepdims=True))


def complement_weights(of_cells: np.ndarray, alpha: np.ndarray | float, norm: bool) -> np.ndarray:
    """Weights (K, D) of the columns: less the logarithms of their shares in all other classes; with ``norm`` of sum 1."""
    logged = log_probabilities(of_cells.sum(0) - of_cells, alpha)
    return logged / logged.sum(1, keepdims=True) if norm else -logged
