"""How factor models with other numbers of components fit rows held out."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from sklearn.base import clone

from suffice.rows.missing import any_missing

if TYPE_CHECKING:
    from suffice.estimators.factors.base import FactorEstimator


MOST_SIZES, FEWEST_ROWS, PARTS = 10, 50, 5
MOST_ITERATIONS = 200


class HeldOutSizes(NamedTuple):
    """Numbers of components, and the mean log-likelihood of every fifth of so many rows held out, nats."""

    sizes: list[int]
    scores: list[float]
    n_rows: int


def held_out_sizes(estimator: FactorEstimator, rows: np.ndarray, weight: np.ndarray) -> HeldOutSizes | None:
    """Fits like a factor model's, with fewer and more components, scored on every fifth row, (n, D); None of few rows."""
    if len(rows) < FEWEST_ROWS:
        return None
    sizes = _sizes(estimator, any_missing(rows))
    return HeldOutSizes(sizes, [_score(estimator, size, rows, weight) for size in sizes], len(rows))


def _sizes(estimator: FactorEstimator, gaps: bool) -> list[int]:
    """Around the fitted number of components, fewer where each takes an iterative fit."""
    size, most = estimator.n_components, max(1, estimator.n_features_in_ - 1)
    if gaps:
        return sorted({max(1, size // 2), min(size, most), min(2 * size, most)})
    wide = np.unique(np.linspace(1, min(2 * size + 3, most), MOST_SIZES).round().astype(int))
    return sorted({*wide.tolist(), min(size, most)})


def _score(estimator: FactorEstimator, size: int, rows: np.ndarray, weight: np.ndarray) -> float:
    most = min(MOST_ITERATIONS, estimator.max_iter)
    model = cast(Any, clone(estimator)).set_params(n_components=size, max_iter=most, n_init=1)
    test = np.arange(len(rows)) % PARTS == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model.fit(rows[~test], sample_weight=weight[~test])
        except ValueError:
            return np.nan
    return model.score(rows[test], sample_weight=weight[test])
