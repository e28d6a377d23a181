"""What models of labelled columns share: cells are encoded as numbers, and results come back in their own labels."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import validate_data

from suffice.data.encode import ColumnEncoder
from suffice.data.kinds import KINDS
from suffice.data.labels import UnknownCategoryWarning
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.latent.conditioning import check_value
from suffice.rows.missing import with_nan
from suffice.rows.streams import WEIGHTS_OF_STREAMS, CheckedBatches, Weighing, is_stream
from suffice.validation import check_choice


class EncodedColumns:
    """Columns that hold labels; ``encoder_`` knows them."""

    encoder_: ColumnEncoder
    handle_unknown: str
    n_features_in_: int
    _prepared: Callable[[np.ndarray], np.ndarray]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # pyright: ignore[reportAttributeAccessIssue]
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _new_encoder(self) -> ColumnEncoder:
        raise NotImplementedError

    def _learn_labels(self, X: Any) -> None:
        self._refuse_sparse(X)
        self._take_labels(self._new_encoder().fit(X))

    def _take_labels(self, encoder: ColumnEncoder) -> None:
        self.encoder_ = encoder
        self.n_features_in_ = self.encoder_.n_features_in_
        vars(self).pop("feature_names_in_", None)
        if hasattr(self.encoder_, "feature_names_in_"):
            self.feature_names_in_ = self.encoder_.feature_names_in_

    def _refuse_sparse(self, X: Any) -> None:
        if issparse(X):
            raise TypeError(
                "Sparse data was passed for X, and no label stands for the cells that a sparse matrix leaves out; give "
                "X.toarray(), or for zeros and ones or counts BernoulliMixture or PoissonMixture with accept_sparse=True."
            )

    def _table(self, X: Any, reset: bool) -> np.ndarray:
        self._refuse_sparse(X)
        if reset:
            self._learn_labels(X)
        elif not hasattr(X, "columns") and np.asarray(X).ndim == 2:
            validate_data(self, X, reset=False, skip_check_array=True)
        return self._prepared(self.encoder_.set_params(handle_unknown=self.handle_unknown).transform(X))

    def _labelled(self, values: np.ndarray) -> Any:
        """Rows of codes and numbers in the table's own labels: binary cells by the likelier value, counts rounded."""
        values = np.array(values, float)
        for column, kind in enumerate(self.encoder_.kinds_):
            if kind in ("bernoulli", "poisson", "categorical"):
                values[..., column] = np.rint(values[..., column])
        if values.ndim == 2:
            return self.encoder_.inverse_transform(values)
        return [self.encoder_.inverse_transform(rows) for rows in values]

    def _on_codes(self) -> Self:
        """The same mixture of plain arrays of codes and numbers."""
        mixture, encoder = copy(self), self.encoder_.among(range(self.n_features_in_))
        known = self.encoder_.categories_
        encoder.categories_ = [None if labels is None else np.arange(len(labels), dtype=float) for labels in known]
        encoder.dtypes_, encoder.labels_, encoder.is_pandas_ = ["double"] * self.n_features_in_, None, False
        mixture.encoder_ = encoder
        for part in (mixture, encoder):
            vars(part).pop("feature_names_in_", None)
        return mixture

    def _groups(self) -> dict[str, np.ndarray]:
        """Positions of the columns of each kind that occurs."""
        kinds = np.array(self.encoder_.kinds_)
        return {kind: np.flatnonzero(kinds == kind) for kind in KINDS if (kinds == kind).any()}

    def _sizes_of(self, columns: np.ndarray) -> tuple[int, ...]:
        return tuple(len(self.encoder_.categories_[column]) for column in columns)


@dataclass(eq=False, repr=False, kw_only=True)
class EncodedMixture(EncodedColumns, MixtureEstimator):
    """Base of the mixtures whose columns hold labels."""

    handle_unknown: str = "missing"

    def _checked(self, X: Any, sample_weight: Any) -> tuple[Any, np.ndarray | None]:
        check_choice("handle_unknown", self.handle_unknown, ("error", "missing"))
        if is_stream(X):
            return self._checked_stream(X, sample_weight), None
        weight = np.ones(1) if sample_weight is None else np.asarray(sample_weight)
        if weight.ndim != 1 or np.all(weight != 0) or np.all(weight == 0):
            return super()._checked(X, sample_weight)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnknownCategoryWarning)
            self._learn_labels(_safe_indexing(X, np.flatnonzero(weight)))
            rows = self._table(X, reset=False)
        return rows, self._checked_weight(weight, rows)

    def _checked_stream(self, X: Any, sample_weight: Any) -> CheckedBatches:
        """Batches as codes and numbers, without rows of weight 0, once a first pass has found the kinds and labels."""
        if sample_weight is not None:
            raise ValueError(WEIGHTS_OF_STREAMS)
        weighing = Weighing(X)
        self._take_labels(self._new_encoder().fit_batches(rows for rows, _ in weighing))
        return CheckedBatches(weighing, self._batch)

    def _batch(self, rows: Any, first: int) -> np.ndarray:
        return self._table(rows, reset=False)

    def _given_rows(self, cells: np.ndarray, columns: list[int]) -> np.ndarray:
        rows = np.full((len(cells), self.n_features_in_), np.nan)
        for place, column in enumerate(columns):
            rows[:, column] = self._column_codes(cells[:, place], column)
        return self._prepared(rows)

    def _column_codes(self, cells: np.ndarray, column: int) -> np.ndarray:
        """Codes of a column's labels, or its numbers."""
        name = getattr(self, "feature_names_in_", np.arange(self.n_features_in_))[column]
        components = self.model_.components
        return np.array([check_value(components, column, self._encoded(column, cell), name) for cell in cells])

    def _hand_on(self, part: Any, columns: list[int]) -> None:
        part.encoder_ = self.encoder_.among(columns)

    def _encoded(self, column: int, value: Any) -> Any:
        """The code of a label of a column."""
        labels = self.encoder_.categories_[column]
        if labels is None:
            return value
        found = np.flatnonzero(labels == value)
        return float(found[0]) if len(found) else value


def on_codes(estimator: Any) -> Any:
    """The same fitted mixture, of rows as ``coded_rows`` gives them; one that takes numbers anyway as it is."""
    return estimator._on_codes() if isinstance(estimator, EncodedColumns) else estimator


def coded_rows(estimator: Any, X: Any) -> Any:
    """Rows of codes and numbers, ``(n, D)`` with NaN for missing cells; those of a mixture that takes numbers as they are."""
    if not isinstance(estimator, EncodedColumns):
        return X

    def coded(rows: Any, first: int = 0) -> np.ndarray:
        return with_nan(estimator._table(rows, reset=False)).astype(float)

    return CheckedBatches(X, coded) if is_stream(X) else coded(X)
