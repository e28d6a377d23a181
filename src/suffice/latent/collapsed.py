"""Components without spread in some direction, and the columns that take part in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

NOTHING = 1e-12
"""Share of a column's local variance that is no spread, where there is no floor."""
TAKES_PART = 0.25
"""Share in directions without spread, of the share of the column that has most, from which a column takes part in them."""


def flat_columns(covariances: np.ndarray, covariance_type: str, varying: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Columns (..., D) of each component that take part in a direction with hardly more spread than the least (D,).

    Of a covariance that all components share, the leading axes are without theirs. Only columns ``varying`` (D,) count.
    """
    if covariance_type == "spherical":
        return np.asarray(covariances <= 2 * least.mean())[..., None] & varying
    if covariance_type == "diag":
        return (covariances <= 2 * least) & varying
    found = np.zeros(covariances.shape[:-1], bool)
    if varying.any():
        found[..., varying] = _of_matrices(covariances[..., varying, :][..., varying], least[varying])
    return found


def by_columns(flat: np.ndarray, named: Callable[[np.ndarray], str]) -> dict[str, np.ndarray]:
    """Components that have collapsed, given by the columns (K, D) in which they are flat, by words that name these."""
    found = {}
    for columns in np.unique(flat[flat.any(1)], axis=0):
        words = named(np.flatnonzero(columns))
        where = f"in column {words}" if columns.sum() == 1 else f"in some direction of columns {words}"
        found[f"collapsed: no spread {where}"] = np.flatnonzero((flat == columns).all(1))
    return found


def _of_matrices(matrices: np.ndarray, least: np.ndarray) -> np.ndarray:
    rounding = 4 * len(least) * np.finfo(float).eps * np.diagonal(matrices, axis1=-2, axis2=-1)
    scale = np.sqrt(np.maximum(least, rounding))
    units = matrices / scale[..., :, None] / scale[..., None, :]
    known = np.asarray(np.isfinite(units).all((-2, -1)))[..., None, None]
    values, vectors = np.linalg.eigh(np.where(known, units, 9 * np.eye(len(least))))
    share = (np.square(vectors) * (values <= 2)[..., None, :]).sum(-1)
    return (share > 0) & (share >= TAKES_PART * share.max(-1, keepdims=True))
