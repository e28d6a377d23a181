"""How well factors reproduce a covariance matrix: chi-squared, RMSEA, TLI, SRMR."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from suffice.latent.factors.linear_gaussian import LinearGaussian

RMSEA_LEVEL = 0.9


def fit_statistics(model: LinearGaussian, covariance: np.ndarray, rows: float) -> dict[str, float]:
    """Statistics of factors fitted to a covariance matrix (D, D) of so many rows; a perfect fit without degrees of freedom."""
    features, size = model.loadings.shape
    check_rows(rows, features, size)
    scale = np.sqrt(np.diagonal(covariance))
    seen, told = (matrix / scale / scale[:, None] for matrix in (covariance, model.covariance()))
    freedom, most = ((features - size) ** 2 - features - size) // 2, features * (features - 1) // 2
    counted, counted_alone = rows - 1 - (2 * features + 5) / 6 - 2 * size / 3, rows - 1 - (2 * features + 5) / 6
    value = max(0.0, counted * _distance(seen, told))
    alone = counted_alone * _distance(seen, np.eye(features))
    residual = (seen - told)[np.tril_indices(features)]
    infinite = not np.isfinite(value) and not np.isfinite(alone)
    own, other = (counted, counted_alone) if infinite else (value, alone)
    return {
        "chi2": value,
        "dof": freedom,
        "p_value": float(chi2.sf(value, freedom)) if freedom > 0 else 1.0,
        **_rmsea(value, freedom, rows),
        "tli": _tucker_lewis(own / freedom, other / most, infinite) if freedom > 0 else 1.0,
        "srmr": float(np.sqrt(np.square(residual).mean())),
    }


def check_rows(rows: float, features: int, size: int) -> None:
    """Refuse so few rows that Bartlett's correction leaves nothing."""
    least = 1 + (2 * features + 5) / 6 + 2 * size / 3
    if not rows > least:
        raise ValueError(
            f"{rows:g} rows are too few for chi-squared of {features} columns and {size} factor{'' if size == 1 else 's'}; more "
            f"than {least:.3g} are expected."
        )


def _distance(seen: np.ndarray, told: np.ndarray) -> float:
    """Twice the Kullback-Leibler divergence of normal rows of these covariances; infinite of a singular one."""
    signs, logs = zip(*(np.linalg.slogdet(matrix) for matrix in (seen, told)), strict=True)
    if min(signs) <= 0:
        return np.inf
    return float(logs[1] - logs[0] + np.trace(np.linalg.solve(told, seen)) - len(seen))


def _rmsea(value: float, freedom: int, rows: float) -> dict[str, float]:
    """Root mean square error of approximation with the ends of its 90 % interval; as infinite as chi-squared is."""
    if freedom <= 0 or not np.isfinite(value):
        return dict.fromkeys(("rmsea", "rmsea_low", "rmsea_high"), np.inf if freedom > 0 else 0.0)
    ends = [_noncentrality(value, freedom, (1 + sign * RMSEA_LEVEL) / 2) for sign in (1, -1)]
    each = [max(0.0, value - freedom), *ends]
    found = [float(np.sqrt(part / (freedom * (rows - 1)))) for part in each]
    return dict(zip(("rmsea", "rmsea_low", "rmsea_high"), found, strict=True))


def _noncentrality(value: float, freedom: int, share: float) -> float:
    """That under which chi-squared is below the value with this probability; 0 where it always is less."""
    if chi2.cdf(value, freedom) <= share:
        return 0.0
    far = value + 10 * np.sqrt(value) + 50
    found: Any = brentq(lambda part: ncx2.cdf(value, freedom, part) - share, 0.0, far)
    return float(found)


def _tucker_lewis(own: float, alone: float, infinite: bool) -> float:
    """What of the misfit of uncorrelated columns the factors take away, by misfits for each degree of freedom.

    Where both are infinite, its limit, by how fast they grow. Where uncorrelated columns fit there is nothing to take away: 1
    where the factors fit as well, or else 0.
    """
    if infinite:
        return float(1 - own / alone)
    if alone <= 1:
        return float(own <= 1)
    return float((alone - own) / (alone - 1))
