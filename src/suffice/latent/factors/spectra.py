"""The largest eigenvalues of rows' covariance in any units of the columns: from the matrix, or from fewer rows than columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigh

from suffice.runtime.threads import in_threads

CELLS = 1 << 18
"""Cells of the rows looked at together: few enough that they stay in the cache."""
SAME = 1e-13
"""Share of the largest eigenvalue that rounding makes of 0."""


class Spectrum(ABC):
    """A covariance (D, D) whose eigenvalues can be asked in any units of the columns."""

    @property
    @abstractmethod
    def variance(self) -> np.ndarray:
        """Variance of each column, (D,)."""

    @abstractmethod
    def largest(self, unit: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """The largest eigenvalues, rising, of the covariance of columns over their ``unit`` (D,), and vectors (D, size)."""

    @abstractmethod
    def decomposed(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """All eigenvalues (D,) in the columns' own units, falling, and the vectors (D, size) of the largest."""

    @abstractmethod
    def eigenvalues(self, unit: np.ndarray) -> np.ndarray:
        """All eigenvalues (D,) in these units, falling."""


@dataclass(frozen=True)
class OfMatrix(Spectrum):
    """The covariance (D, D) itself."""

    covariance: np.ndarray

    @property
    def variance(self) -> np.ndarray:
        """The diagonal."""
        return np.diagonal(self.covariance)

    def largest(self, unit: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the matrix in these units."""
        ends = len(unit) - size, len(unit) - 1
        scaled = self.covariance / unit / unit[:, None]
        return eigh(scaled, subset_by_index=ends, driver="evr", check_finite=False)

    def decomposed(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the matrix as it is."""
        values, vectors = np.linalg.eigh(self.covariance)
        return values[::-1], vectors[:, ::-1][:, :size]

    def eigenvalues(self, unit: np.ndarray) -> np.ndarray:
        """Of the matrix in these units."""
        return np.linalg.eigvalsh(self.covariance / unit / unit[:, None])[::-1]


@dataclass(frozen=True)
class OfRows(Spectrum):
    """Rows (n, D), as a rule fewer than columns, of which each counts as this ``share`` (n,), about a mean (D,).

    The covariance of columns and the products of rows have the same eigenvalues but for zeros, and of the products' vectors
    follow the covariance's: nothing larger than rows by rows, or columns by factors, is put together.
    """

    rows: np.ndarray
    share: np.ndarray
    mean: np.ndarray

    @cached_property
    def variance(self) -> np.ndarray:
        """Mean squares of the deviations."""
        return self.by_column(lambda cells: np.square(cells).sum(0))

    def products(self, unit: np.ndarray) -> np.ndarray:
        """Products of every two rows, (n, n), in these units of the columns."""

        def part(columns: slice) -> np.ndarray:
            cells = self._cells(columns) / unit[columns]
            return cells @ cells.T

        return sum(in_threads(part, column_slices(self.rows)), np.zeros(()))

    def largest(self, unit: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """From the products of rows; eigenvalues beyond their number are 0, and their vectors too."""
        count, spare = len(self.rows), max(0, size - len(self.rows))
        ends = max(0, count - size), count - 1
        values, left = eigh(self.products(unit), subset_by_index=ends, driver="evr", check_finite=False)
        values, vectors = self._vectors(values, left, unit)
        return np.pad(values, (spare, 0)), np.pad(vectors, ((0, 0), (spare, 0)))

    def decomposed(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """From the products of rows; eigenvalues beyond their number are 0."""
        unit = np.ones(self.rows.shape[1])
        values, left = np.linalg.eigh(self.products(unit))
        values, vectors = self._vectors(values[::-1], left[:, ::-1][:, :size], unit)
        return self._padded(values), vectors

    def eigenvalues(self, unit: np.ndarray) -> np.ndarray:
        """Those of the products of rows, and 0."""
        return self._padded(np.linalg.eigvalsh(self.products(unit))[::-1])

    def root_of_covariance(self) -> np.ndarray:
        """Loadings (D, n) whose products are the covariance."""
        return self.by_column(lambda cells: cells.T)

    def _padded(self, values: np.ndarray) -> np.ndarray:
        features = self.rows.shape[1]
        return np.pad(values[:features], (0, max(0, features - len(values))))

    def _vectors(self, values: np.ndarray, left: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues without what rounding makes of 0, and vectors (D, m) of those that stand where the (n, m) given do."""
        values = np.where(values > SAME * values.max(), values, 0.0)
        own = values[: left.shape[1]]
        return values, self.columns_of(left / np.sqrt(np.where(own > 0, own, np.inf)), unit)

    def columns_of(self, left: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Products (D, m) of the rows, in these units of the columns, with (n, m)."""

        return self.by_column(lambda cells: cells.T @ left) / unit[:, None]

    def by_column(self, fn: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """What ``fn`` makes of deviations (n, d) times the roots of the rows' shares, a line for each of some columns."""
        return np.concatenate(list(in_threads(lambda columns: fn(self._cells(columns)), column_slices(self.rows))))

    def _cells(self, columns: slice) -> np.ndarray:
        """Deviations times the roots of the rows' shares."""
        return (self.rows[:, columns] - self.mean[columns]) * np.sqrt(self.share)[:, None]


def column_slices(rows: np.ndarray) -> Iterator[slice]:
    """Columns of rows (n, D), as many at a time as stay in the cache; their number depends on the shape alone."""
    count, features = rows.shape
    step = max(1, CELLS // count)
    return (slice(start, min(start + step, features)) for start in range(0, features, step))


def rows_about(rows: np.ndarray, share: np.ndarray, mean: np.ndarray | None) -> OfRows:
    """Complete rows (n, D) of which each counts as this share (n,), about a mean (D,), or about their own."""
    if mean is None:
        near = OfRows(rows, share, rows[0].astype(float))
        mean = near.mean + near.by_column(lambda cells: np.sqrt(share) @ cells)
    return OfRows(rows, share, mean)
