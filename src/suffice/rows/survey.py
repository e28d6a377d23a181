"""A survey of the data: what every start needs, in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from suffice.rows.block import NO_ROWS
from suffice.rows.missing import any_missing, with_nan
from suffice.rows.reservoir import Reservoir, reservoir
from suffice.rows.sparse import SparseRows
from suffice.rows.sparse_stream import SparseBatches, sparse_reservoir
from suffice.rows.sparse_survey import at_equal_steps, columns_of_sparse, each_column, sample_of_sparse
from suffice.rows.streams import is_stream, pairs, partitions_of

NO_WEIGHT = "All sample weights are zero; at least one row needs a positive weight."
SQUARES = (1e-290, 1e290)
"""Variances between which a double holds these and their products."""
SPREAD_OUT = 4000
"""Rows that tell how close together values lie."""
SPREAD_CELLS, FEWEST_SPREAD_OUT = 1 << 22, 200
"""Of very many columns fewer rows do: so many cells, or rows."""
PIECE = 1 << 16
"""Cells looked at together: few enough that what is computed of them stays in the cache."""


@dataclass(frozen=True)
class Survey:
    """Weighted mean (D,) and variance (D,) of each column, rows and their total weight, and a sample to start from.

    ``spread_out`` are rows of positive weight at equal steps, all of them where they are few. Of sparse rows both are sparse.
    """

    mean: np.ndarray
    variance: np.ndarray
    rows: int
    weight: float
    observed: np.ndarray
    missing: int
    sample: Any
    sample_weight: np.ndarray
    spread_out: Any

    @cached_property
    def local(self) -> np.ndarray:
        """Variance of values that lie close together in each column (D,); the column's where all values are one."""
        found = np.array([_local_variance(column) for column in each_column(self.spread_out)])
        return np.where(np.isfinite(found), found, self.variance)

    @property
    def beyond(self) -> np.ndarray:
        """Positions of columns whose values differ, but by so much or little that their squares are no double."""
        low, high = SQUARES
        suspect = np.flatnonzero(~((self.variance > low) & (self.variance < high)))
        rows = with_nan(self.spread_out[:, suspect])
        return suspect[np.fmax.reduce(rows) > np.fmin.reduce(rows)]

    @property
    def filled(self) -> Any:
        """The sample with column means in missing cells, (m, D)."""
        sparse = isinstance(self.sample, SparseRows)
        return self.sample.filled(self.mean) if sparse else _filled(self.sample, self.mean)

    @property
    def constant(self) -> np.ndarray:
        """Which columns hold one value only."""
        return hold_one_value(self.mean, self.variance)


def hold_one_value(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Which columns of this mean and variance, (D,) each, vary by no more than rounding."""
    return variance <= (8 * np.finfo(float).eps * np.abs(mean)) ** 2


def survey(data: Any, weight: np.ndarray | None, size: int, generator: np.random.Generator) -> Survey:
    """What an array, sparse rows or a stream of batches looks like, in one pass."""
    if isinstance(data, SparseRows):
        return _survey_of_sparse(data, data.weight if weight is None else weight, size, generator)
    if isinstance(data, SparseBatches):
        return _survey_of_sparse_batches(data, size, generator)
    if partitions_of(data) is not None:
        return _survey_of_partitions(data, size, generator)
    if not is_stream(data):
        weight = np.ones(len(data)) if weight is None else weight
        column = _columns(_pieces(data, weight))
        sample, sample_weight = _systematic(data, weight, column, size, generator)
        most = min(SPREAD_OUT, max(FEWEST_SPREAD_OUT, SPREAD_CELLS // max(1, data.shape[1])))
        step = slice(None, None, -(-len(data) // most))
        spread_out = data[step] if weight.all() else data[step][weight[step] > 0]
    else:
        column = _columns(pairs(data))
        if column.rows and not column.weight > 0:
            raise ValueError(NO_WEIGHT)
        sample, sample_weight = reservoir(pairs(data), max(size, SPREAD_OUT), generator)
        spread_out, sample, sample_weight = sample, sample[:size], sample_weight[:size]
    return _survey(column, sample, sample_weight, spread_out)


def _survey(column: _Columns, sample: Any, sample_weight: np.ndarray, spread_out: Any) -> Survey:
    variance = column.square / np.where(column.observed > 0, column.observed, 1)
    return Survey(column.mean, variance, column.rows, column.weight, column.observed, column.missing, sample,
                     sample_weight, spread_out)  # fmt: skip


def _survey_of_partitions(data: Any, size: int, generator: np.random.Generator) -> Survey:
    """The survey of rows on a cluster: workers look at their partitions, and the moments and samples of these are joined.

    All rows, where they are few, are put in the order that they have in memory.
    """
    from suffice.rows.cluster.partitions import reduced

    seed = int(deepcopy(generator).integers(2**63))
    found = reduced(data, partial(_look, max(size, SPREAD_OUT), seed), _looked_together)
    if found is None:
        raise ValueError(NO_ROWS)
    column, kept = found
    if not column.weight > 0:
        raise ValueError(NO_WEIGHT)
    if kept.seen == len(kept.rows):
        sample, sample_weight = _systematic(kept.rows, kept.weight, column, size, generator)
    else:
        sample, sample_weight = kept.rows[:size], np.full(min(size, len(kept.rows)), kept.total / len(kept.rows))
    return _survey(column, sample, sample_weight, kept.rows)


def _columns_of_partitions(data: Any) -> _Columns:
    from suffice.rows.cluster.partitions import reduced

    found = reduced(data, _columns_of, _merged)
    if found is None:
        raise ValueError(NO_ROWS)
    return found


def _columns_of(kept: Any, number: int) -> _Columns:
    return _columns(_pieces(np.asarray(kept.rows), kept.weight))


def _look(size: int, seed: int, kept: Any, number: int) -> tuple[_Columns, Reservoir]:
    rows = np.asarray(kept.rows)
    return _columns_of(kept, number), Reservoir(size).with_rows(
        rows, kept.weight, np.random.default_rng([seed, number])
    )


def _looked_together(left: tuple[_Columns, Reservoir], right: tuple[_Columns, Reservoir]) -> tuple[_Columns, Reservoir]:
    return _merged(left[0], right[0]), left[1].joined(right[1])


class ColumnMoments(NamedTuple):
    """Of each column the weight observed, the mean and the variance, (D,) each; and the weight of the rows."""

    observed: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    weight: float


def column_moments(data: Any, weight: np.ndarray | None) -> ColumnMoments:
    """Of an array (n, D) or a stream of batches, in one pass."""
    if partitions_of(data) is not None:
        column = _columns_of_partitions(data)
    elif is_stream(data):
        column = _columns(pairs(data))
    else:
        column = _columns(_pieces(data, np.ones(len(data)) if weight is None else weight))
    if column.rows and not column.weight > 0:
        raise ValueError(NO_WEIGHT)
    variance = column.square / np.where(column.observed > 0, column.observed, 1)
    return ColumnMoments(column.observed, column.mean, variance, column.weight)


FEWEST = 5
"""Values that lie close together, where there are twice as many."""


@np.errstate(over="ignore")
def _local_variance(values: np.ndarray) -> float:
    """Variance of the values that lie closest together, a thirtieth of those that differ beyond rounding; NaN of one value.

    Of few values they are five, or half: the two closest of forty lie as close as chance has it.
    """
    values = np.sort(values[~np.isnan(values)])
    if not len(values):
        return np.nan
    rounding = 16 * np.finfo(float).eps * np.abs(values[[0, -1]]).max()
    values = values[np.append(True, np.diff(values) > rounding)].astype(float)
    count = max(2, min(FEWEST, len(values) // 2), len(values) // 30)
    return float(np.square((values[count - 1 :] - values[: 1 - count]).min()) / 12) if len(values) > 1 else np.nan


def _survey_of_sparse(data: SparseRows, weight: np.ndarray, size: int, generator: np.random.Generator) -> Survey:
    column = columns_of_sparse(data, weight)
    sample, of_sample = sample_of_sparse(data, weight, column, size, generator)
    return Survey(column.mean, column.variance, len(data), float(weight.sum()), column.observed, column.missing, sample,
                  of_sample, sample)  # fmt: skip


def _survey_of_sparse_batches(data: SparseBatches, size: int, generator: np.random.Generator) -> Survey:
    column = _Columns(0, 0.0, np.zeros(1), np.zeros(1), np.zeros(1), 0)
    for rows, weight in data:
        part = columns_of_sparse(rows, weight)
        square = part.variance * part.observed
        column = _merged(
            column, _Columns(len(rows), float(weight.sum()), part.observed, part.mean, square, part.missing)
        )
    if column.rows and not column.weight > 0:
        raise ValueError(NO_WEIGHT)
    sample, of_sample = sparse_reservoir(data, max(size, SPREAD_OUT), generator)
    first = slice(0, size)
    return _survey(column, sample.among(first), of_sample[first], sample)


def _pieces(data: Any, weight: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    step = max(64, PIECE // data.shape[1])
    for start in range(0, len(data), step):
        yield data[start : start + step], weight[start : start + step]


class _Columns(NamedTuple):
    """Rows and their weight; of each column the weight observed, the mean and the sum of squares about it; missing cells."""

    rows: int
    weight: float
    observed: np.ndarray
    mean: np.ndarray
    square: np.ndarray
    missing: int


@np.errstate(over="ignore", invalid="ignore")
def _columns(pieces: Iterator[tuple[np.ndarray, np.ndarray]]) -> _Columns:
    """Moments of each column, merged piece by piece (Chan, Golub and LeVeque, 1983)."""
    merged = _Columns(0, 0.0, np.zeros(1), np.zeros(1), np.zeros(1), 0)
    for rows, weight in pieces:
        merged = _merged(merged, _moments(with_nan(rows), weight))
    return merged


@np.errstate(over="ignore", invalid="ignore")
def _merged(left: _Columns, right: _Columns) -> _Columns:
    observed = left.observed + right.observed
    share = right.observed / np.where(observed > 0, observed, 1)
    gap = right.mean - left.mean
    return _Columns(
        left.rows + right.rows,
        left.weight + right.weight,
        observed,
        left.mean + gap * share,
        left.square + right.square + np.square(gap) * left.observed * share,
        left.missing + right.missing,
    )


def _moments(rows: np.ndarray, weight: np.ndarray) -> _Columns:
    if not len(rows):
        empty = np.zeros(rows.shape[1])
        return _Columns(0, 0.0, empty, empty, empty, 0)
    origin, seen = rows[0].astype(float), None
    if any_missing(rows):
        seen = ~np.isnan(rows)
        first = rows[seen.argmax(0), np.arange(rows.shape[1])]
        origin = np.where(seen.any(0), first, 0.0)
        rows = np.where(seen, rows, origin)
    observed = np.full(rows.shape[1], weight.sum()) if seen is None else weight @ seen
    missing = 0 if seen is None else int(seen.size - seen.sum())
    shift = weight @ (rows - origin) / np.where(observed > 0, observed, 1)
    deviation = np.square(rows - (origin + shift))
    square = weight @ (deviation if seen is None else np.where(seen, deviation, 0))
    mean = np.where(observed > 0, origin + shift, 0)
    return _Columns(len(rows), float(weight.sum()), observed, mean, square, missing)


def _systematic(
    data: Any, weight: np.ndarray, column: _Columns, size: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of a random projection, whatever the columns' units; of many, those at equal steps of weight."""
    if size == 0:
        return np.zeros((0, data.shape[1])), np.zeros(0)
    square = np.where(column.square > 0, column.square, 1.0)
    direction = generator.standard_normal(data.shape[1]) / np.sqrt(square)
    key = np.concatenate(
        [(_filled(with_nan(rows), column.mean) - column.mean) @ direction for rows, _ in _pieces(data, weight)]
    )
    picked, of_picked = at_equal_steps(key, weight, size)
    return with_nan(data[picked]).astype(float), of_picked


def _filled(rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(rows), mean, rows) if any_missing(rows) else rows
