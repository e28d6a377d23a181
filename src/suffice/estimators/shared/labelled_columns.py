"""Columns that hold labels: cells are encoded as numbers, and results come back in the table's own labels."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils import _safe_indexing, get_tags

from suffice.data.alignment import aligned
from suffice.data.coded import coded_columns
from suffice.data.encode import ColumnEncoder
from suffice.data.frame import Frame, frame_from, release_unused
from suffice.data.labels import UnknownCategoryWarning
from suffice.estimators.shared.rows import Input, validate
from suffice.latent.families.kinds import KINDS, LEFT_OUT
from suffice.rows.missing import with_nan
from suffice.rows.streams import WEIGHTS_OF_STREAMS, CheckedBatches, Weighing, is_stream
from suffice.runtime.types import ArrayLike, Batch, Cell, TableLike
from suffice.validation import check_choice

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.utils import Tags

    from suffice.estimators.factors.base import FactorEstimator
    from suffice.estimators.mixtures.base import MixtureEstimator
    from suffice.latent.families.family import Family


@dataclass(frozen=True)
class LabelledColumns(Input):
    """Columns whose labels the estimator's ``encoder_`` knows, once a fit has made it from a new one."""

    new_encoder: ColumnEncoder = field(default_factory=ColumnEncoder)

    @property
    def encoder(self) -> ColumnEncoder:
        """What turns the table into numbers, and back."""
        return self.estimator.encoder_

    def tags(self, tags: Tags) -> Tags:
        """What scikit-learn should know of rows."""
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def learn(self, X: TableLike, sample_weight: ArrayLike | None) -> tuple[Any, np.ndarray | None]:
        """Codes and numbers of rows for a fit, in memory or in batches, and their weights; rows without tell no label."""
        check_choice("handle_unknown", self.estimator.handle_unknown, ("error", "missing"))
        if is_stream(X):
            return self._learn_stream(cast("Iterable[Batch]", X), sample_weight), None
        weight = np.ones(1) if sample_weight is None else np.asarray(sample_weight)
        if weight.ndim != 1 or np.all(weight != 0) or np.all(weight == 0):
            return self.in_memory(X, sample_weight)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnknownCategoryWarning)
            self._learn_labels(_safe_indexing(X, np.flatnonzero(weight)))
            rows = self.table(X)
        return rows, self.weight(weight, rows)

    def table(self, X: TableLike, *, reset: bool = False) -> np.ndarray:
        """Codes and numbers (n, D), NaN where cells are missing; with ``reset`` the labels are learned."""
        _refuse_sparse(X)
        if reset:
            rows = self._learned(frame_from(X, self.new_encoder))
            release_unused()
            return rows
        if not hasattr(X, "columns") and np.asarray(X).ndim == 2:
            validate(self.estimator, X, reset=False, skip_check_array=True)
        return self._encoded(X)

    def rows(self, X: TableLike, *, reset: bool = False) -> np.ndarray:
        """Rows as ``table`` has them; sparse ones are refused."""
        return self.table(X, reset=reset)

    def batch(self, rows: TableLike, first: int) -> np.ndarray:
        """Codes and numbers of a stream's batch."""
        return self.table(rows)

    def with_known(self, cells: np.ndarray, columns: list[int]) -> np.ndarray:
        """Codes and numbers of rows of which only these columns are known; a label that the fit did not see is refused."""
        rows = np.full((len(cells), self.count), np.nan)
        rows[:, columns] = self.encoder.codes_of(cells, columns)
        return self.prepare(rows)

    def value(self, column: int, value: Cell, label: Any, components: Family) -> float:
        """The code of a label of a column, or its number, NaN where it is missing; others are refused."""
        cell = np.empty((1, 1), object)
        cell[0, 0] = value
        return float(self.encoder.codes_of(cell, [column])[0, 0])

    def labelled(self, rows: np.ndarray) -> Any:
        """Rows of codes and numbers in the table's own labels: binary cells by the likelier value, counts rounded."""
        rows = np.array(rows, float)
        for column, kind in enumerate(self.encoder.kinds_):
            if KINDS[kind].discrete:
                rows[..., column] = np.rint(rows[..., column])
        if rows.ndim == 2:
            return self.encoder.inverse_transform(rows)
        return [self.encoder.inverse_transform(part) for part in rows]

    def among(self, columns: list[int]) -> dict[str, Any]:
        """Attributes by which an estimator of these columns knows them."""
        names = {} if self.names is None else {"feature_names_in_": self.names[columns]}
        return {"n_features_in_": len(columns), **names, "encoder_": self.encoder.among(columns)}

    def groups(self) -> dict[str, np.ndarray]:
        """Positions of the columns of each kind that occurs."""
        kinds = np.array(self.encoder.kinds_)
        return {kind: np.flatnonzero(kinds == kind) for kind in KINDS if (kinds == kind).any()}

    def sizes(self, columns: Iterable[int]) -> tuple[int, ...]:
        """Numbers of categories, one of columns left out; none for columns of numbers, and of two labels as 0 and 1."""
        labels = [self.encoder.categories_[c] for c in columns if KINDS[self.encoder.kinds_[c]].labels > 2]
        return tuple(1 if own is None else len(own) for own in labels)

    def movable(self) -> np.ndarray:
        """Which columns (D,) may be measured from another origin."""
        return np.array([KINDS[kind].movable for kind in self.encoder.kinds_])

    def _learn_stream(self, X: Iterable[Batch], sample_weight: ArrayLike | None) -> CheckedBatches:
        """Batches as codes and numbers, without rows of weight 0, once a first pass has found the kinds and labels."""
        if sample_weight is not None:
            raise ValueError(WEIGHTS_OF_STREAMS)
        weighing = Weighing(X)
        self._take(self.new_encoder.fit_batches(weighing))
        return CheckedBatches(weighing, self.batch)

    def _learned(self, frame: Frame) -> np.ndarray:
        self._take(self.new_encoder.fit(frame))
        return self._encoded(frame)

    def _encoded(self, X: TableLike | Frame) -> np.ndarray:
        encoder = self.encoder.set_params(handle_unknown=self.estimator.handle_unknown)
        columns = aligned(frame_from(X, encoder), encoder).columns
        return coded_columns(columns, encoder._coded, self.prepare)

    def _learn_labels(self, X: TableLike) -> None:
        _refuse_sparse(X)
        self._take(self.new_encoder.fit(X))

    def _take(self, encoder: ColumnEncoder) -> None:
        owner = self.estimator
        owner.encoder_, owner.n_features_in_ = encoder, encoder.n_features_in_
        if hasattr(encoder, "feature_names_in_"):
            owner.feature_names_in_ = encoder.feature_names_in_
        elif hasattr(owner, "feature_names_in_"):
            del owner.feature_names_in_


def _refuse_sparse(X: TableLike) -> None:
    if issparse(X):
        raise TypeError(
            "Sparse data was passed for X, and no label stands for the cells that a sparse matrix leaves out; give "
            "X.toarray(), or for zeros and ones or counts BernoulliMixture or PoissonMixture."
        )


def takes_labels(estimator: BaseEstimator) -> bool:
    """Whether rows of a mixture or classifier may hold text."""
    return get_tags(estimator).input_tags.string


def with_kinds_of(fitted: Any, estimator: Any) -> Any:
    """An estimator, to be fitted to some of the rows of another one, whose columns have the kinds found in all of them."""
    if "kinds" not in estimator.get_params():
        return estimator
    made: Any = clone(estimator)
    return made.set_params(kinds=list(fitted.encoder_.kinds_))


Mixed = TypeVar("Mixed", bound=BaseEstimator)


def on_codes(estimator: Mixed) -> Mixed:
    """The same fitted mixture, of rows as ``coded_rows`` gives them; one that takes numbers anyway as it is."""
    if not takes_labels(estimator):
        return estimator
    mixture: Any = copy(estimator)
    encoder = mixture.encoder_.among(range(mixture.n_features_in_))
    known = encoder.categories_
    encoder.categories_ = [None if labels is None else np.arange(len(labels), dtype=float) for labels in known]
    left_out = [kind == LEFT_OUT for kind in encoder.kinds_]
    encoder.categories_ = [np.zeros(1) if out else own for own, out in zip(encoder.categories_, left_out, strict=True)]
    encoder.kinds_ = ["categorical" if out else kind for kind, out in zip(encoder.kinds_, left_out, strict=True)]
    encoder.dtypes_, encoder.labels_, encoder.is_pandas_ = ["double"] * mixture.n_features_in_, None, False
    mixture.encoder_ = encoder
    for part in (mixture, encoder):
        if hasattr(part, "feature_names_in_"):
            del part.feature_names_in_
    return mixture


def coded_rows(estimator: MixtureEstimator | FactorEstimator, X: TableLike) -> TableLike | CheckedBatches:
    """Rows of codes and numbers, ``(n, D)`` with NaN for missing cells; those of a mixture that takes numbers as they are."""
    if not takes_labels(estimator):
        return X

    def coded(rows: TableLike, first: int = 0) -> np.ndarray:
        return with_nan(estimator._input.table(rows)).astype(float)

    return CheckedBatches(X, coded) if is_stream(X) else coded(X)
