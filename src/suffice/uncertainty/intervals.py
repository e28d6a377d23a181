"""Intervals for parameters, within what is possible for them."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, ndtri


def intervals(estimate: np.ndarray, error: np.ndarray, kinds: np.ndarray, level: float) -> np.ndarray:
    """Lower and upper ends (Q, 2): normal about log-odds of shares, logarithms of what is positive, and any other estimate."""
    reach = ndtri((1 + level) / 2) * np.array([-1.0, 1.0])
    with np.errstate(all="ignore"):
        share = expit(logit(estimate)[:, None] + (error / (estimate * (1 - estimate)))[:, None] * reach)
        positive = estimate[:, None] * np.exp((error / estimate)[:, None] * reach)
    plain = estimate[:, None] + error[:, None] * reach
    found = np.where((kinds == "share")[:, None], share, np.where((kinds == "positive")[:, None], positive, plain))
    return np.where((error > 0)[:, None], found, estimate[:, None])


def percentiles(draws: np.ndarray, level: float) -> np.ndarray:
    """Lower and upper ends (Q, 2) of what is in the middle of draws (S, Q)."""
    return np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0).T
