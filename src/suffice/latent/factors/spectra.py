"""The largest eigenvalues of rows' covariance in any units of the columns: from the matrix, or from fewer rows than columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
class ProductsOfRows:
    """Products of every two rows, (n, n), in these units (D,) of the columns."""

    unit: np.ndarray
    matrix: np.ndarray

    @cached_property
    def values(self) -> np.ndarray:
        """Their eigenvalues, falling, without what rounding makes of 0."""
        values = np.linalg.eigvalsh(self.matrix)[::-1]
        return np.where(values > SAME * values.max(), values, 0.0)


@dataclass(frozen=True)
class OfRows(Spectrum):
    """Rows (n, D), as a rule fewer than columns, of which each counts as this ``share`` (n,), about a mean (D,).

    The covariance of columns and the products of rows have the same eigenvalues but for zeros, and of the products' vectors
    follow the covariance's: nothing larger than rows by rows, or columns by factors, is put together.
    """

    rows: np.ndarray
    share: np.ndarray
    mean: np.ndarray
    _known: list[ProductsOfRows] = field(default_factory=list, repr=False, compare=False)

    @cached_property
    def variance(self) -> np.ndarray:
        """Mean squares of the deviations."""
        return self.by_column(lambda cells: np.square(cells).sum(0))

    def products(self, unit: np.ndarray) -> ProductsOfRows:
        """Products of every two rows in these units of the columns; those that are first asked for are kept."""
        for known in self._known:
            if np.array_equal(known.unit, unit):
                return known

        def part(columns: slice) -> np.ndarray:
            cells = self._cells(columns) / unit[columns]
            return cells @ cells.T

        made = ProductsOfRows(unit, sum(in_threads(part, column_slices(self.rows, len(self.rows))), np.zeros(())))
        if not self._known:
            self._known.append(made)
        return made

    def largest(self, unit: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """From the products of rows; eigenvalues beyond their number are 0, and their vectors too."""
        count, spare = len(self.rows), max(0, size - len(self.rows))
        ends = max(0, count - size), count - 1
        values, left = eigh(self.products(unit).matrix, subset_by_index=ends, driver="evr", check_finite=False)
        values = np.where(values > SAME * values.max(), values, 0.0)
        vectors = self.columns_of(left / np.sqrt(np.where(values > 0, values, np.inf)), unit)
        return np.pad(values, (spare, 0)), np.pad(vectors, ((0, 0), (spare, 0)))

    def decomposed(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """From the products of rows; eigenvalues beyond their number are 0."""
        unit = np.ones(self.rows.shape[1])
        return self.eigenvalues(unit), self.largest(unit, min(size, len(self.rows)))[1][:, ::-1]

    def eigenvalues(self, unit: np.ndarray) -> np.ndarray:
        """Those of the products of rows, and 0."""
        values, features = self.products(unit).values, len(unit)
        return np.pad(values[:features], (0, max(0, features - len(values))))

    def applied(self, left: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The products of rows, in these units, times (n, m), and the columns (D, m) on the way, in one pass."""

        def part(columns: slice) -> tuple[np.ndarray, np.ndarray]:
            cells = self._cells(columns)
            found = cells.T @ left / unit[columns, None]
            return cells @ (found / unit[columns, None]), found

        image, parts = np.zeros(left.shape), []
        for added, found in in_threads(part, column_slices(self.rows)):
            image += added
            parts.append(found)
        return image, np.concatenate(parts)

    def scores(self, vectors: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Rows, in these units of the columns, along vectors (D, m): (n, m)."""
        parts = in_threads(
            lambda columns: self._cells(columns) @ (vectors[columns] / unit[columns, None]), column_slices(self.rows)
        )
        return sum(parts, np.zeros((len(self.rows), vectors.shape[1])))

    def root_of_covariance(self) -> np.ndarray:
        """Loadings (D, n) whose products are the covariance."""
        return self.by_column(lambda cells: cells.T)

    def columns_of(self, left: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Products (D, m) of the rows, in these units of the columns, with (n, m)."""

        return self.by_column(lambda cells: cells.T @ left) / unit[:, None]

    def by_column(self, fn: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """What ``fn`` makes of deviations (n, d) times the roots of the rows' shares, a line for each of some columns."""
        return np.concatenate(list(in_threads(lambda columns: fn(self._cells(columns)), column_slices(self.rows))))

    def _cells(self, columns: slice) -> np.ndarray:
        """Deviations times the roots of the rows' shares."""
        return (self.rows[:, columns] - self.mean[columns]) * np.sqrt(self.share)[:, None]


def column_slices(rows: np.ndarray, fewest: int = 1) -> Iterator[slice]:
    """Columns of rows (n, D), as many at a time as stay in the cache, or ``fewest``; their number depends on the shape alone."""
    count, features = rows.shape
    step = max(fewest, CELLS // count)
    return (slice(start, min(start + step, features)) for start in range(0, features, step))


def rows_about(rows: np.ndarray, share: np.ndarray, mean: np.ndarray | None) -> OfRows:
    """Complete rows (n, D) of which each counts as this share (n,), about a mean (D,), or about their own."""
    if mean is None:
        near = OfRows(rows, share, rows[0].astype(float))
        mean = near.mean + near.by_column(lambda cells: np.sqrt(share) @ cells)
    return OfRows(rows, share, mean)
