"""Estimates that solve equations of the rows: their covariance, and Wald's test of what is linear in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import chdtrc

Scores = Callable[[np.ndarray], np.ndarray]
"""What each row adds (n, P) to the equations at parameters (P,)."""
STEP = 1e-5
RANK = 1e-10


def robust_covariance(scores: Scores, at: np.ndarray, weight: np.ndarray) -> np.ndarray:
    r"""The sandwich :math:`A^{-1} B A^{-\top}` (P, P), A the slope of the rows' summed scores and B the sum of their products."""
    steps = STEP * np.diag(np.maximum(1.0, np.abs(at)))
    slope = np.stack([(weight @ (scores(at + step) - scores(at - step))) / (2 * step.sum()) for step in steps], 1)
    own = scores(at)
    inverse = np.linalg.pinv(slope, rcond=RANK)
    return inverse @ (own.T * weight) @ own @ inverse.T


def wald(estimate: np.ndarray, covariance: np.ndarray) -> dict[str, float]:
    r"""Test that an estimate (P,) is 0: :math:`W = \hat\theta^\top V^{-1} \hat\theta`, chi-squared.

    Where it has no error in some direction, it differs from 0 surely, or not at all: W is infinite, or without that direction.
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    told = values > RANK * max(values.max(initial=0.0), 0.0)
    parts = np.square(vectors.T @ estimate)
    sure = ~told & (parts > RANK**2 * parts.sum()) & (RANK * parts > np.maximum(values, 0.0))
    freedom = int((told | sure).sum())
    statistic = np.inf if sure.any() else float((parts[told] / values[told]).sum())
    return {"statistic": statistic, "dof": freedom, "p_value": float(chdtrc(freedom, statistic)) if freedom else 1.0}
