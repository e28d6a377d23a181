"""Loadings of factor models near a fitted one, turned as its own are."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import polar
from scipy.optimize import linear_sum_assignment

from suffice.latent.factors.canonical import canonical, standardised
from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.latent.factors.rotation import rotation


def turned(model: LinearGaussian, name: str | None, turn: np.ndarray, loadings: np.ndarray) -> dict[str, Any]:
    """Loadings (D, k) and the factors' correlation, rotated by this method from near ``turn``, like those of the fitted model."""
    if name is None:
        model = canonical(model)
        found = np.eye(loadings.shape[1])
    else:
        begin, _ = polar(turn)
        found = begin @ rotation(standardised(model) @ begin, name)
    own = np.linalg.solve(found, np.asarray(model.loadings).T).T
    order, sign = _like(own, loadings)
    found = found[:, order] * sign
    return {"loadings_": own[:, order] * sign, "factor_correlation_": found.T @ found}


def _like(own: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order and signs of columns so that they look like others."""
    alike = others.T @ own
    _, order = linear_sum_assignment(-np.abs(alike))
    return order, np.where(alike[np.arange(len(order)), order] < 0, -1.0, 1.0)
