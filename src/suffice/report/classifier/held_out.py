"""What a classifier says of rows that it was not fitted to."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

FOLDS = 5
MANY_ROWS = 100_000
"""From so many rows on a fifth is held out once, and not each fifth in turn."""


@dataclass(frozen=True)
class HeldOut:
    """Predictions of labelled rows."""

    rows: np.ndarray
    probability: np.ndarray
    how: str


def held_out(estimator: Any, rows: Any, target: np.ndarray, weight: np.ndarray | None) -> HeldOut:
    """Predictions by classifiers like the fitted one, each of rows that it has not seen."""
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold

    known = np.flatnonzero(np.isin(target, estimator.classes_) & (True if weight is None else weight > 0))
    least = np.unique(target[known], return_counts=True)[1].min()
    if least < 2:
        probability = estimator.predict_proba(_some(rows, known))
        return HeldOut(known, probability, "A class has one row, so these are the rows that the classifier was fitted to: "
                       "expect less of others.")  # fmt: skip
    folds = StratifiedKFold(int(min(FOLDS, least)), shuffle=True, random_state=0)
    chosen, found = [], []
    for _, test in folds.split(known, target[known]):
        test = known[test]
        train = np.setdiff1d(np.arange(len(target)), test)
        given = None if weight is None else weight[train]
        chosen.append(test)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the fit to all rows has said them
            fold: Any = clone(estimator)
            fold.fit(_some(rows, train), target[train], sample_weight=given)
            found.append(fold.predict_proba(_some(rows, test)))
        if len(known) > MANY_ROWS:
            break
    once = len(chosen) == 1
    how = f"Measured on rows held out of the fit: {'one part' if once else 'each part in turn'} of {folds.n_splits}."
    return HeldOut(np.concatenate(chosen), np.concatenate(found), how)


def _some(rows: Any, chosen: np.ndarray) -> Any:
    return rows[chosen] if isinstance(rows, np.ndarray) else rows.take(chosen)
