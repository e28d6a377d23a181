"""Factors in one form of the many that have the same distribution: orthogonal, ordered, with fixed signs."""

from __future__ import annotations

import numpy as np

from suffice.latent.factors.linear_gaussian import LinearGaussian


def canonical(model: LinearGaussian) -> LinearGaussian:
    """The same distribution with loadings W for which :math:`W^\top \\Psi^{-1} W` is diagonal and falling, of fixed signs."""
    root = np.sqrt(np.broadcast_to(model.noise_variance, model.mean.shape))[:, None]
    left, values, _ = np.linalg.svd(model.loadings / root, full_matrices=False)
    loadings = root * left * values
    return LinearGaussian(model.mean, loadings * signs(loadings), model.noise_variance, frozen=model.frozen,
                          floor=model.floor)  # fmt: skip


def signs(columns: np.ndarray) -> np.ndarray:
    """1 or -1 for each column, so that its entry of largest size is positive."""
    largest = np.take_along_axis(columns, np.abs(columns).argmax(0)[None], 0)[0]
    return np.where(largest < 0, -1.0, 1.0)
