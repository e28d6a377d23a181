"""Gaussian components without spread in some direction."""

from __future__ import annotations

import numpy as np

COLLAPSED = "have collapsed: they have no spread in some direction"


def collapsed(
    covariances: np.ndarray, covariance_type: str, variance: np.ndarray, constant: np.ndarray, reg_covar: float
) -> np.ndarray:
    """Whether each component, or all that share a covariance, has no spread in some direction beyond the floor."""
    least, most = _spread(covariances, covariance_type, variance, ~constant)
    return least <= 2 * reg_covar if reg_covar else least <= 1e-12 * most


def _spread(
    covariances: np.ndarray, covariance_type: str, variance: np.ndarray, varying: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest variance of each component in any direction, in units of the columns' variance."""
    if not varying.any():
        return np.ones(1), np.ones(1)
    if covariance_type == "spherical":
        share = covariances / variance.mean()
        return share, share
    scale = np.sqrt(variance[varying])
    if covariance_type == "diag":
        shares = covariances[:, varying] / scale**2
    else:
        shares = np.linalg.eigvalsh(covariances[..., varying, :][..., varying] / scale[:, None] / scale)
    return shares.min(-1), shares.max(-1)
