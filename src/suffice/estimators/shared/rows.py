"""Rows and weights that an estimator is given: checked, and as its model takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils.validation import _check_sample_weight

from suffice.estimators.shared.given import validate
from suffice.latent.conditioning import check_value
from suffice.rows.frequencies import frequencies
from suffice.rows.sparse import SparseRows, prepared
from suffice.rows.sparse_stream import SparseBatches
from suffice.rows.streams import (
    WEIGHTS_OF_STREAMS,
    CheckedBatches,
    devices_of,
    is_stream,
    on_host,
    parted,
    partitions_of,
)
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.arrays import Array
from suffice.runtime.precision import scope
from suffice.runtime.types import ArrayLike, Cell, TableLike
from suffice.validation import check_not_infinite, unmasked

if TYPE_CHECKING:
    from sklearn.utils import Tags

    from suffice.latent.families.family import Family


Rows: TypeAlias = Array | SparseRows | CheckedBatches
"""Rows for a fit as a model takes them, in memory, over devices, sparse or in batches."""


def as_they_are(rows: np.ndarray) -> np.ndarray:
    """Rows of numbers, of which the model takes any."""
    return rows


def takes_any(rows: np.ndarray) -> None:
    """No rows of numbers are refused."""


@dataclass(frozen=True)
class Input:
    """The columns of an estimator's rows; their number and names are attributes of the estimator, as scikit-learn has them."""

    estimator: Any
    prepare: Callable[[np.ndarray], np.ndarray] = as_they_are
    least_rows: int = 1

    @property
    def count(self) -> int:
        """Number of columns of the fit."""
        return self.estimator.n_features_in_

    @property
    def names(self) -> np.ndarray | None:
        """Names (D,), if the fit knew them."""
        return getattr(self.estimator, "feature_names_in_", None)

    def named(self, columns: np.ndarray) -> str:
        """Columns at these positions, for a sentence."""
        names = columns if not len(columns) else np.arange(columns.max() + 1)
        names = names if self.names is None else self.names
        return ", ".join(str(names[c]) for c in columns[:20])

    def refuse_empty(self, observed: np.ndarray) -> None:
        """Refuse columns of which no cell has weight."""
        if (observed == 0).any():
            raise ValueError(
                f"Columns {self.named(np.flatnonzero(observed == 0))} hold no value (in any row of positive weight): "
                "every cell is missing. Drop them."
            )

    def weight(self, sample_weight: ArrayLike | None, rows: np.ndarray | SparseRows) -> np.ndarray:
        """Weights (n,) of rows, not all 0."""
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not weight.sum() > 0:
            raise ValueError(NO_WEIGHT)
        return weight

    def weight_of(self, X: TableLike, sample_weight: ArrayLike | None, rows: int) -> np.ndarray:
        """The weights given as numbers of rows, those that a stream brings, or 1 for so many rows."""
        if sample_weight is None and is_stream(X):
            sample_weight = np.concatenate([weight for _, weight in parted(X)])
        return np.ones(rows) if sample_weight is None else frequencies(self.weight(sample_weight, np.empty((rows, 1))))

    def weight_of_batch(self, sample_weight: ArrayLike | None, rows: np.ndarray, *, needed: bool) -> np.ndarray:
        """Weights (n,) of a batch as numbers of rows, which may all be 0 unless weight is needed."""
        given = np.asarray(sample_weight)
        if given.shape != (len(rows),) or given.any():
            return frequencies(_check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True))
        if needed:
            raise ValueError(NO_WEIGHT)
        return np.zeros(len(rows))

    def known(self) -> dict[str, Any]:
        """Attributes by which the estimator knows the columns."""
        names = ("n_features_in_", "feature_names_in_", "encoder_")
        return {name: getattr(self.estimator, name) for name in names if hasattr(self.estimator, name)}

    def table(self, X: TableLike, *, reset: bool = False) -> np.ndarray:
        """Rows (n, D) as the model takes them; with ``reset`` their columns are those to come."""
        raise NotImplementedError

    def rows(self, X: TableLike, *, reset: bool = False) -> Any:
        """The same, or sparse where they are."""
        raise NotImplementedError

    def batch(self, rows: TableLike, first: int) -> np.ndarray:
        """Rows of a stream's batch, of which the first one has this number, as the model takes them."""
        raise NotImplementedError

    def in_memory(self, X: TableLike, sample_weight: ArrayLike | None) -> tuple[Any, np.ndarray | None]:
        """Rows for a fit as the model takes them, spread over devices as ``X`` is, and their weights."""
        spread = bool(devices_of(X))
        rows: Any = self.table(np.asarray(X) if spread else X, reset=True)
        weight = None if sample_weight is None else self.weight(sample_weight, rows)
        if spread:
            with scope("float64"):
                import jax

                rows = jax.device_put(rows, cast(jax.Array, X).sharding)
        return rows, weight

    def batches(self, X: TableLike) -> Iterable[np.ndarray]:
        """Rows as the model takes them, batch by batch."""
        if is_stream(X):
            return (rows for rows, _ in CheckedBatches(X, self.batch) if len(rows))
        return [self.table(on_host(X))]


@dataclass(frozen=True)
class PlainColumns(Input):
    """Columns of numbers: arrays, frames, streams, sharded arrays and, where they are accepted, sparse matrices.

    ``check`` refuses rows of a fit, in memory, that mean something else.
    """

    kinds: tuple[Any, ...] = (np.float64, np.float32)
    accept_sparse: bool | None = None
    check: Callable[[np.ndarray], None] = takes_any

    def tags(self, tags: Tags) -> Tags:
        """What scikit-learn should know of rows."""
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self._takes_sparse
        return tags

    @property
    def _takes_sparse(self) -> bool:
        return self.accept_sparse is not None

    def learn(self, X: TableLike, sample_weight: ArrayLike | None) -> tuple[Any, np.ndarray | None]:
        """Rows for a fit, in memory, in batches or spread over devices, and their weights."""
        if is_stream(X):
            if sample_weight is not None:
                raise ValueError(WEIGHTS_OF_STREAMS)
            sparse = self._take_columns(X)
            return SparseBatches(X, self.batch) if sparse else CheckedBatches(X, self._dense_batch), None
        if issparse(X) and self._takes_sparse:
            sparse = self._sparse(X, reset=True)
            if sample_weight is not None:
                sparse.weight = self.weight(sample_weight, sparse)
            return sparse, None
        return self.in_memory(X, sample_weight)

    def table(self, X: TableLike, *, reset: bool = False) -> np.ndarray:
        """Rows (n, D) as the model takes them; with ``reset`` their columns are those to come."""
        if issparse(X) and self._takes_sparse:
            return self._sparse(X, reset).dense()
        rows: Any = validate(self.estimator, X, reset=reset, dtype=self.kinds, ensure_all_finite=False, order="C",
                                  ensure_min_samples=self.least_rows if reset else 1)  # fmt: skip
        check_not_infinite(rows, self.names)
        if reset:
            self.check(rows)
        return self.prepare(rows)

    def rows(self, X: TableLike, *, reset: bool = False) -> Any:
        """Rows as ``table`` has them, or sparse where they are."""
        return self._sparse(X, reset) if issparse(X) and self._takes_sparse else self.table(X, reset=reset)

    def batch(self, rows: TableLike, first: int) -> Any:
        """Rows of a stream's batch, of which the first one has this number, as the model takes them."""
        return self._checked_batch(rows if issparse(rows) else np.asarray(unmasked(rows)), first)

    def _checked_batch(self, rows: Any, first: int) -> Any:
        if rows.ndim != 2 or rows.shape[1] != self.count:
            raise ValueError(f"A batch has shape {rows.shape}; (rows, {self.count}) is expected, as in the first.")
        if issparse(rows):
            return self._prepared_sparse(csr_array(rows, dtype=np.float64))
        rows = rows if rows.dtype in self.kinds else np.asarray(rows, np.float64)
        check_not_infinite(rows, self.names, first)
        return self.prepare(rows)

    def _dense_batch(self, rows: TableLike, first: int) -> np.ndarray:
        if issparse(rows):
            raise ValueError("A batch is sparse, and the first one is not: give all batches sparse, or all dense.")
        return self.batch(rows, first)

    def batches(self, X: TableLike) -> Iterable[Any]:
        """Rows as the model takes them, batch by batch."""
        if issparse(X) and self._takes_sparse:
            return [self._sparse(X, reset=False)]
        return super().batches(X)

    def with_known(self, cells: np.ndarray, columns: list[int]) -> np.ndarray:
        """Rows as the model takes them of which only these columns are known."""
        rows = np.full((len(cells), self.count), np.nan)
        rows[:, columns] = np.asarray(cells, float)
        check_not_infinite(rows, self.names)
        return self.prepare(rows)

    def value(self, column: int, value: Cell, label: Any, components: Family) -> float:
        """A value of a column as the model takes it, NaN where it is missing; one that no row can have is refused."""
        missing = value is None or (isinstance(value, Real) and np.isnan(float(value)))
        return np.nan if missing else check_value(components, column, value, label)

    def labelled(self, rows: np.ndarray) -> Any:
        """The model's rows as they are handed out."""
        return rows

    def among(self, columns: list[int]) -> dict[str, Any]:
        """Attributes by which an estimator of these columns knows them."""
        names = {} if self.names is None else {"feature_names_in_": self.names[columns]}
        return {"n_features_in_": len(columns), **names}

    def _sparse(self, X: TableLike, reset: bool) -> SparseRows:
        matrix: Any = validate(self.estimator, X, reset=reset, accept_sparse="csr", dtype=self.kinds,
                                    ensure_all_finite=False, ensure_min_samples=self.least_rows if reset else 1)  # fmt: skip
        return self._prepared_sparse(matrix)

    def _prepared_sparse(self, matrix: Any) -> SparseRows:
        if not self._takes_sparse:
            raise TypeError("Sparse data was passed for X, and dense data is required: give X.toarray().")
        if not matrix.has_canonical_format:  # cells that are stored in parts
            matrix = matrix.copy()
            matrix.sum_duplicates()
        if np.isinf(matrix.data).any():
            raise ValueError(
                "Input X contains infinity. Infinite cells are not supported: make them NaN, which means missing."
            )
        if self.prepare(np.zeros((1, 1)))[0, 0] != 0:
            raise ValueError(
                "Sparse data was passed for X, whose cells that are not stored are 0, and these would count as 1; set binarize "
                "to 0 or more, or give X.toarray()."
            )
        return prepared(SparseRows(matrix), self.prepare)

    def _take_columns(self, batches: TableLike) -> bool:
        """Learn the columns from a stream's first batch; whether that is sparse."""
        names = getattr(batches, "columns", None)
        if names is not None:
            self.estimator.feature_names_in_ = np.asarray(list(names), object)
        there = partitions_of(batches)
        if there is not None:
            self.estimator.n_features_in_ = there.header.width
            return False
        rows, _ = next(parted(batches), (None, None))
        rows = rows if rows is None or issparse(rows) else np.asarray(rows)
        if rows is None or rows.ndim != 2 or not rows.shape[1]:
            raise ValueError("The stream's first batch is no table of rows; batches (rows, D) are expected.")
        self.estimator.n_features_in_ = rows.shape[1]
        return issparse(rows)
