"""What every classifier shares: labels and weights, checked, and what follows from log p(x, k) by Bayes' rule."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import _safe_indexing, assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, column_or_1d

from suffice.estimators.classifiers.answers import Answers
from suffice.latent.spread import SINGLE
from suffice.rows.streams import is_stream, on_host
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_at_least, check_shape, check_squares, summing_to_one


@dataclass(eq=False, repr=False)
class Classifier(ClassifierMixin, Answers):
    """Base of the classifiers that know log p(x, k): labels, and what follows from Bayes' rule."""

    _: KW_ONLY
    priors: Any = None
    weight_concentration_prior: float | None = None
    unlabelled: Any = None
    random_state: Any = None

    classes_: np.ndarray = field(init=False)
    class_prior_: np.ndarray = field(init=False)
    n_features_in_: int = field(init=False)

    def __sklearn_tags__(self) -> Any:
        return self._input.tags(super().__sklearn_tags__())

    def _class_prior(self) -> np.ndarray | None:
        """The class probabilities given, checked; None where they are to be estimated."""
        if self.priors is None:
            return None
        weights = check_shape("priors", self.priors, (len(self.classes_),))
        if (weights < 0).any() or not np.isclose(weights.sum(), 1):
            raise ValueError(f"priors sum to {weights.sum():g}; class priors are at least 0 and sum to 1.")
        return summing_to_one(weights)

    def _concentration(self) -> float:
        if self.weight_concentration_prior is None:
            return 1.0
        check_at_least("weight_concentration_prior", self.weight_concentration_prior, 1.0)
        return float(self.weight_concentration_prior)

    def _labelled_rows(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, places of their classes (-1 unknown) and weights, for a fit; the classes are learned."""
        rows, labels, weight = self._checked(X, y, sample_weight, reset=True)
        known = ~self._is_unlabelled(labels)
        self._take_classes(np.unique(labels[known]))
        return rows, self._codes(labels, known), weight

    def _take_classes(self, classes: np.ndarray) -> None:
        if not len(classes):
            raise ValueError(
                f"Every row is unlabelled ({self.unlabelled!r}); at least one row of each class is needed."
            )
        check_classification_targets(classes)
        self.classes_ = classes

    def _settle_columns(self, X: TableLike) -> None:
        """Take from the rows of a fit how columns are read, where the cells alone do not say it."""

    def _settle_for_steps(self) -> None:
        """Read the columns, where that is free, so that sums over rows suffice."""

    def _batch_rows(
        self, X: TableLike, y: ArrayLike, classes: ArrayLike | None, sample_weight: ArrayLike | None, first: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, places of their classes and weights, for ``partial_fit``."""
        if first and classes is None:
            raise ValueError(
                "classes=None was given; the first call of partial_fit needs all classes that there will be."
            )
        told = self.classes_ if classes is None else np.unique(classes)
        if not first and not np.array_equal(told, self.classes_):
            raise ValueError(
                f"classes={told.tolist()} was given, but the first call had {self.classes_.tolist()}; give the same, or None."
            )
        self.classes_ = told
        rows, labels, weight = self._checked(X, y, sample_weight, reset=first)
        if first:
            self._settle_for_steps()
        if self._is_unlabelled(labels).any():
            raise ValueError(
                f"Rows are unlabelled ({self.unlabelled!r}); partial_fit takes labelled rows, fit takes both."
            )
        return rows, self._codes(labels, np.ones(len(labels), bool)), weight

    def _checked(
        self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None, reset: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, labels and weights of the rows that have any."""
        if is_stream(X):
            raise ValueError(
                f"X comes in batches; {type(self).__name__} takes rows in memory: call partial_fit with each batch of rows and "
                "labels, or put the batches together."
            )
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        rows = self._input.rows(on_host(X), reset=reset)
        labels = column_or_1d(y, warn=True)
        check_consistent_length(rows, labels)
        self._check_labels(labels)
        if sample_weight is None:
            return rows, labels, np.ones(len(rows))
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not weight.any():
            raise ValueError(NO_WEIGHT)
        kept = np.flatnonzero(weight)
        if len(kept) < len(rows):
            rows = self._input.rows(_safe_indexing(X, kept), reset=reset)
        return rows, labels[kept], weight[kept]

    def _check_labels(self, labels: np.ndarray) -> None:
        known = ~self._is_unlabelled(labels)
        if labels.dtype.kind == "f":
            assert_all_finite(labels[known & ~np.isnan(labels)], input_name="y")
        if labels.dtype.kind == "f" and np.isnan(labels[known]).any():
            raise ValueError(
                "y contains NaN; give every row a class, or unlabelled=np.nan if NaN means that it is unknown."
            )

    def _is_unlabelled(self, labels: np.ndarray) -> np.ndarray:
        if self.unlabelled is None:
            return np.zeros(len(labels), bool)
        if self.unlabelled != self.unlabelled:
            return labels != labels
        return np.asarray(labels == self.unlabelled)

    def _codes(self, labels: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Places among the classes, (n,), and -1 where the class is not known."""
        codes = np.minimum(np.searchsorted(self.classes_, labels[known]), len(self.classes_) - 1).astype(np.int32)
        wrong = self.classes_[codes] != labels[known]
        if wrong.any():
            raise ValueError(
                f"y holds {labels[known][wrong.argmax()]!r}, which is none of the classes {self.classes_.tolist()[:20]}."
            )
        if known.all():
            return codes
        every = np.full(len(labels), -1, np.int32)
        every[known] = codes
        return every

    def _named(self, chosen: np.ndarray) -> str:
        return ", ".join(repr(name) for name in self.classes_[chosen].tolist()[:20])


def refuse_wild(spread: np.ndarray, squared: np.ndarray) -> None:
    """Refuse columns of this spread (D,) whose squares are no double, of those (D,) whose squares are taken."""
    wild = (spread > 0) & ~((spread > 1e-145) & (spread < 1e145)) & squared
    check_squares(", ".join(map(str, np.flatnonzero(wild))))


def precision_of_spread(spread: np.ndarray, squared: np.ndarray, precision: str) -> str:
    """The precision, or double where squares of columns (D,) whose squares are taken are too large or small for single."""
    if precision == "float64":
        return precision
    low, high = np.sqrt(SINGLE)
    held = (spread == 0) | ~squared | ((spread > low) & (spread < high))
    return precision if held.all() else "float64"


def refuse_empty(empty: np.ndarray) -> None:
    """Refuse columns, (D,), without any value."""
    if empty.any():
        named = ", ".join(map(str, np.flatnonzero(empty)[:20]))
        raise ValueError(f"Columns {named} hold no value: every cell is missing. Drop them.")
