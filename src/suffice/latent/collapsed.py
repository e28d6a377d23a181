"""Gaussian components without spread in some direction."""

from __future__ import annotations

import numpy as np

COLLAPSED = "have collapsed: they have no spread in some direction"
NOTHING = 1e-12
"""Share of a column's local variance that is no spread, where there is no floor."""


def collapsed(covariances: np.ndarray, covariance_type: str, varying: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Whether each component, or all that share a covariance, has hardly more spread in some direction than the least (D,).

    Only columns that are ``varying`` (D,) count.
    """
    if not varying.any():
        return np.zeros(1, bool)
    if covariance_type == "spherical":
        return covariances <= 2 * least.mean()
    if covariance_type == "diag":
        return np.asarray(np.any(covariances[..., varying] <= 2 * least[varying], axis=-1))
    matrices = covariances[..., varying, :][..., varying]
    rounding = 4 * varying.sum() * np.finfo(float).eps * np.diagonal(matrices, axis1=-2, axis2=-1)
    scale = np.sqrt(np.maximum(least[varying], rounding))
    return np.linalg.eigvalsh(matrices / scale[..., :, None] / scale[..., None, :])[..., 0] <= 2
