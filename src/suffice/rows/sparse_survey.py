"""What sparse rows look like, at a cost that follows the cells that are stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from suffice.rows.missing import with_nan
from suffice.rows.sparse import SparseRows


class SparseColumns(NamedTuple):
    """Of each column the weight observed, mean and variance, (D,) each; and how many cells are missing."""

    observed: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    missing: int


def columns_of_sparse(data: SparseRows, weight: np.ndarray) -> SparseColumns:
    """Moments of columns, of which the cells that are not stored are zeros."""
    values, missing = data.parts()
    observed = np.full(data.shape[1], float(weight.sum()))
    seen = np.repeat(weight, np.diff(values.indptr))
    if missing is not None:
        observed = observed - missing.T @ weight
        seen = np.where(np.isnan(data.matrix.data), 0.0, seen)
    safe, features = np.where(observed > 0, observed, 1), data.shape[1]
    mean = (values.T @ weight) / safe
    apart = seen * np.square(values.data - mean[values.indices])
    stored, apart = (np.bincount(values.indices, part, features) for part in (seen, apart))
    variance = np.maximum(apart + (observed - stored) * np.square(mean), 0.0) / safe
    return SparseColumns(observed, mean, variance, 0 if missing is None else missing.nnz)


def sample_of_sparse(
    data: SparseRows, weight: np.ndarray, column: SparseColumns, size: int, generator: np.random.Generator
) -> tuple[SparseRows, np.ndarray]:
    """Rows in the order of a random projection, of many those at equal steps of weight; and their weights."""
    if size == 0:
        return data.among(slice(0, 0)), np.zeros(0)
    spread = np.sqrt(np.where(column.variance > 0, column.variance, 1.0))
    direction = generator.standard_normal(data.shape[1]) / spread
    picked, of_picked = at_equal_steps(data.filled(column.mean).matrix @ direction, weight, size)
    return data.among(picked), of_picked


def each_column(rows: np.ndarray | SparseRows) -> Iterator[np.ndarray]:
    """The columns of rows, one after another, NaN where a cell is missing."""
    if not isinstance(rows, SparseRows):
        yield from with_nan(rows).T
        return
    whole = rows.matrix.tocsc()
    for column in range(rows.shape[1]):
        yield whole[:, [column]].toarray()[:, 0]


def at_equal_steps(key: np.ndarray, weight: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of their key, at equal steps of weight where they are more than so many; and their weights."""
    order = np.argsort(key, kind="stable")
    order = order[weight[order] > 0]
    if len(order) <= size:
        return order, weight[order].astype(float)
    level = np.cumsum(weight[order])
    picked = np.searchsorted(level, (np.arange(size) + 0.5) / size * level[-1])
    return order[picked], np.full(size, level[-1] / size)
