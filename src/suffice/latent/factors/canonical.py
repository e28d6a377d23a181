"""Factors in one form of the many that have the same distribution: orthogonal, ordered, with fixed signs."""

from __future__ import annotations

import numpy as np

from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.runtime.module import replaced


def canonical(model: LinearGaussian) -> LinearGaussian:
    r"""The same distribution with loadings W for which :math:`W^\top \Psi^{-1} W` is diagonal and falling, of fixed signs.

    The largest loading of a factor is positive: of those over standard deviations where each column has noise of its own.
    """
    root = np.sqrt(np.broadcast_to(model.noise_variance, model.mean.shape))[:, None]
    left, values, _ = np.linalg.svd(model.loadings / root, full_matrices=False)
    turned = replaced(model, loadings=root * left * values)
    compared = turned.loadings if model.noise_variance.shape == (1,) else standardised(turned)
    return replaced(turned, loadings=turned.loadings * signs(np.asarray(compared)), expanded=False)


def standardised(model: LinearGaussian) -> np.ndarray:
    """Loadings over the standard deviations of the columns, (D, k): the same whatever the columns' units."""
    loadings = np.asarray(model.loadings)
    return loadings / np.sqrt(model.variances())[:, None]


def signs(columns: np.ndarray) -> np.ndarray:
    """1 or -1 for each column, so that its entry of largest size is positive."""
    largest = np.take_along_axis(columns, np.abs(columns).argmax(0)[None], 0)[0]
    return np.where(largest < 0, -1.0, 1.0)
