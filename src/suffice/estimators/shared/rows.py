"""Rows and weights that an estimator is given, checked."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import _check_sample_weight, validate_data

from suffice.rows.sparse import SparseRows
from suffice.rows.streams import WEIGHTS_OF_STREAMS, CheckedBatches, devices_of, is_stream, pairs
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.precision import scope
from suffice.validation import check_not_infinite


class RowChecks:
    """What estimators of rows with missing cells have in common: arrays, frames, streams and sharded arrays, checked."""

    n_features_in_: int
    accept_sparse: bool | None = None
    _least_rows: ClassVar[int] = 1
    _kinds: ClassVar[tuple[Any, ...]] = (np.float64, np.float32)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = bool(self.accept_sparse)
        return tags

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Rows as the family takes them."""
        return rows

    def _checked(self, X: Any, sample_weight: Any) -> tuple[Any, np.ndarray | None]:
        if is_stream(X):
            if sample_weight is not None:
                raise ValueError(WEIGHTS_OF_STREAMS)
            self._take_names(X)
            return CheckedBatches(X, self._batch), None
        if devices_of(X):
            rows = self._table(np.asarray(X), reset=True)
            with scope("float64"):
                spread = jax.device_put(rows, X.sharding)
            return spread, None if sample_weight is None else self._checked_weight(sample_weight, rows)
        if issparse(X) and self.accept_sparse:
            sparse = self._sparse_rows(X, reset=True)
            if sample_weight is not None:
                sparse.weight = self._checked_weight(sample_weight, sparse)
            return sparse, None
        rows = self._table(X, reset=True)
        return rows, None if sample_weight is None else self._checked_weight(sample_weight, rows)

    def _sparse_rows(self, X: Any, reset: bool) -> SparseRows:
        matrix: Any = validate_data(self, X, reset=reset, accept_sparse="csr", dtype=self._kinds, ensure_all_finite=False,
                               ensure_min_samples=self._least_rows if reset else 1)  # fmt: skip
        if np.isinf(matrix.data).any():
            raise ValueError(
                "Input X contains infinity. Infinite cells are not supported: make them NaN, which means missing."
            )
        return SparseRows(matrix, self._prepared)

    def _table(self, X: Any, reset: bool) -> np.ndarray:
        if issparse(X) and self.accept_sparse:
            return self._sparse_rows(X, reset)[:]
        if issparse(X) and self.accept_sparse is not None:
            raise TypeError("Sparse data was passed for X; set accept_sparse=True to take it, or give X.toarray().")
        rows: Any = validate_data(self, X, reset=reset, dtype=self._kinds, ensure_all_finite=False, order="C",
                             ensure_min_samples=self._least_rows if reset else 1)  # fmt: skip
        check_not_infinite(rows, getattr(self, "feature_names_in_", None))
        return self._prepared(rows)

    def _checked_weight(self, sample_weight: Any, rows: Any) -> np.ndarray:
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not weight.sum() > 0:
            raise ValueError(NO_WEIGHT)
        return weight

    def _take_names(self, batches: Any) -> None:
        names = getattr(batches, "columns", None)
        if names is not None:
            self.feature_names_in_ = np.asarray(list(names), object)
        rows, _ = next(pairs(batches), (None, None))
        if rows is None or rows.ndim != 2 or not rows.shape[1]:
            raise ValueError("The stream's first batch is no table of rows; batches (rows, D) are expected.")
        self.n_features_in_ = rows.shape[1]

    def _batch(self, rows: Any, first: int) -> np.ndarray:
        rows = np.asarray(rows)
        if rows.ndim != 2 or rows.shape[1] != self.n_features_in_:
            raise ValueError(
                f"A batch has shape {rows.shape}; (rows, {self.n_features_in_}) is expected, as in the first."
            )
        rows = rows if rows.dtype in self._kinds else np.asarray(rows, np.float64)
        check_not_infinite(rows, getattr(self, "feature_names_in_", None), first)
        return self._prepared(rows)

    def _named(self, columns: np.ndarray) -> str:
        names = getattr(self, "feature_names_in_", columns if not len(columns) else np.arange(columns.max() + 1))
        return ", ".join(str(names[c]) for c in columns[:20])

    def _refuse_empty(self, observed: np.ndarray) -> None:
        """Refuse columns of which no cell has weight."""
        if (observed == 0).any():
            raise ValueError(
                f"Columns {self._named(np.flatnonzero(observed == 0))} hold no value (in any row of positive weight): "
                "every cell is missing. Drop them."
            )
