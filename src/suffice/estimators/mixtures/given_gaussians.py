"""Means and precisions that are given to Gaussian components to start from."""

from __future__ import annotations

import numpy as np

from suffice.latent.families.gaussian import Gaussian
from suffice.runtime.types import ArrayLike
from suffice.validation import check_shape


def own_values(whole: bool, name: str, values: ArrayLike) -> np.ndarray:
    """Values of a parameter that are given as the family holds them: covariances in place of precisions."""
    values = np.array(values, float)
    return _inverse(whole, values) if name == "covariances" else values


def _inverse(whole: bool, precisions: np.ndarray) -> np.ndarray:
    if not whole:
        definite = (precisions > 0).all()
    elif definite := (np.diagonal(precisions, axis1=-2, axis2=-1) > 0).all():
        scaled, _ = _in_units(precisions)
        definite = np.allclose(scaled, np.swapaxes(scaled, -1, -2)) and (np.linalg.eigvalsh(scaled) > 0).all()
    if not definite:
        raise ValueError("precisions_init must be symmetric and positive definite.")
    return inverted(precisions) if whole else 1 / precisions


def _in_units(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Matrices (..., D, D) with a diagonal of 1, and the roots (..., D) of what it was."""
    scale = np.sqrt(np.diagonal(matrices, axis1=-2, axis2=-1))
    return matrices / scale[..., :, None] / scale[..., None, :], scale


def inverted(matrices: np.ndarray) -> np.ndarray:
    """Inverses of symmetric matrices (..., D, D), which are symmetric too, whatever the units of the columns."""
    scaled, scale = _in_units(matrices)
    inverse = np.linalg.inv(scaled)
    inverse = (inverse + np.swapaxes(inverse, -1, -2)) / 2
    return inverse / scale[..., :, None] / scale[..., None, :]


def with_given(
    whole: bool,
    means_init: ArrayLike | None,
    precisions_init: ArrayLike | None,
    components: Gaussian,
    origin: np.ndarray | None,
) -> Gaussian:
    """Components measured from ``origin`` with the means and precisions given put in."""
    means, covariances = np.asarray(components.means), np.asarray(components.covariances)
    if means_init is not None:
        means = np.broadcast_to(check_shape("means_init", means_init, means.shape[1:]) - origin, means.shape)
    if precisions_init is not None:
        given = check_shape("precisions_init", precisions_init, covariances.shape[1:])
        covariances = np.broadcast_to(_inverse(whole, given), covariances.shape)
    return type(components)(means, covariances, components.prior)
