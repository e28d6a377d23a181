"""What classifiers say of rows that they were not fitted to."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.estimators.shared.labelled_columns import with_kinds_of

if TYPE_CHECKING:
    import pyarrow as pa

    from suffice.estimators.classifiers.class_conditional import ClassConditional
    from suffice.estimators.classifiers.mixtures import MixtureClassifier


FOLDS = 5
MANY_ROWS = 100_000
"""From so many rows on a fifth is held out once, and not each fifth in turn."""
TOO_FEW = "A class has one row, so these are the rows that the classifier was fitted to: expect less of others."


@dataclass(frozen=True)
class Tested:
    """Places of labelled rows (n,), the probability of each class (n, K) there, and how they were held out, in a sentence."""

    rows: np.ndarray
    probability: np.ndarray
    how: str


def cross_validated(
    estimator: ClassConditional | MixtureClassifier,
    rows: np.ndarray | pa.Table,
    target: np.ndarray,
    weight: np.ndarray | None = None,
) -> Tested:
    """Predictions by classifiers like the fitted one, each of rows it has not seen; rows of unknown class are in every fit."""
    from sklearn.model_selection import StratifiedKFold

    known = np.flatnonzero(np.isin(target, estimator.classes_) & (True if weight is None else weight > 0))
    least = np.unique(target[known], return_counts=True)[1].min()
    if least < 2:
        return Tested(known, estimator.predict_proba(_some(rows, known)), TOO_FEW)
    folds = StratifiedKFold(int(min(FOLDS, least)), shuffle=True, random_state=0)
    parts = [known[part] for _, part in folds.split(known, target[known])][: 1 if len(known) > MANY_ROWS else None]
    found = [_held_out(estimator, rows, target, weight, part) for part in parts]
    how = f"Measured on rows held out of the fit: {'one part' if len(parts) == 1 else 'each part in turn'} of {folds.n_splits}."
    return Tested(np.concatenate(parts), np.concatenate(found), how)


def _held_out(
    estimator: ClassConditional | MixtureClassifier,
    rows: np.ndarray | pa.Table,
    target: np.ndarray,
    weight: np.ndarray | None,
    part: np.ndarray,
) -> np.ndarray:
    """Probability of each class at some rows by a fit to the others."""
    from sklearn.base import clone

    others = np.setdiff1d(np.arange(len(target)), part)
    fold: Any = with_kinds_of(estimator, clone(estimator))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the fit to all rows has said them
        fold.fit(_some(rows, others), target[others], sample_weight=None if weight is None else weight[others])
        return fold.predict_proba(_some(rows, part))


def _some(rows: np.ndarray | pa.Table, chosen: np.ndarray) -> np.ndarray | pa.Table:
    return rows[chosen] if isinstance(rows, np.ndarray) else rows.take(chosen)
