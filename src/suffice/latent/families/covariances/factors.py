"""Covariances of many columns, kept as what they are made of: loadings on few latent variables, and noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from suffice.choices import CovarianceType
from suffice.latent.collapsed import flat_columns
from suffice.latent.families.covariances.covariance import Covariance
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module
from suffice.validation import check_matrix

INSTEAD = "take the loadings and the noise variance, of which it is made"


class FactorCovariance(Module):
    r"""Covariances :math:`W_k W_k^\top + \Psi_k` of K components, or one of all.

    Parameters
    ----------
    loadings
        W, ``(..., K or 1, D, q)``.
    noise_variance
        Diagonal of :math:`\Psi`, ``(..., K or 1, 1 or D)``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import FactorCovariance
    >>> FactorCovariance(np.ones((1, 2, 1)), np.array([[0.5]])).values
    array([[[1.5, 1. ],
            [1. , 1.5]]])
    """

    loadings: Array
    noise_variance: Array

    covariance_type: ClassVar[CovarianceType] = "full"
    missing: ClassVar[MissingLayout] = "mask"

    @property
    def values(self) -> np.ndarray:
        """The matrices put together, (..., K or 1, D, D), where they fit into memory."""
        loadings = np.asarray(self.loadings)
        features = loadings.shape[-2]
        check_matrix("A covariance", features, INSTEAD, int(np.prod(loadings.shape[:-2])))
        noise = np.broadcast_to(self.noise_variance, loadings.shape[:-1])
        return loadings @ np.swapaxes(loadings, -1, -2) + noise[..., None] * np.eye(features)

    def by_column(self) -> Array:
        """Variance of every column, (..., K or 1, D)."""
        return jnp.square(self.loadings).sum(-1) + self.noise_variance

    def among(self, columns: Sequence[int]) -> FactorCovariance:
        """Those of some columns alone."""
        noise = np.asarray(self.noise_variance)
        own = noise if noise.shape[-1] == 1 else np.take(noise, columns, -1)
        return FactorCovariance(np.take(np.asarray(self.loadings), columns, -2), own)

    def coloured(self, noise: np.ndarray, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Standard normal rows (n, D) given the covariance of each one's component (n,)."""
        loadings, variance = np.asarray(self.loadings, float), np.asarray(self.noise_variance, float)
        latent = generator.standard_normal((len(noise), loadings.shape[-1]))
        found = np.empty_like(noise)
        for k in np.unique(component):
            here, own = component == k, min(k, len(loadings) - 1)
            found[here] = latent[here] @ loadings[own].T + np.sqrt(variance[own]) * noise[here]
        return found

    def parameter_count(self) -> int:
        """Axes and the variances along them, and the noise."""
        features, rank = self.loadings.shape[-2:]
        count = features * rank - rank * (rank - 1) // 2 + self.noise_variance.shape[-1]
        return int(np.prod(self.loadings.shape[:-2])) * count


def flat_directions(covariance: Covariance | FactorCovariance, varying: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Columns that take part in a direction with hardly more spread than the least (D,), out of those ``varying`` (D,).

    Of latent variables and noise these are all columns, where the noise of all is so small, or those whose own is.
    """
    if not isinstance(covariance, FactorCovariance):
        return flat_columns(np.asarray(covariance.values), covariance.covariance_type, varying, least)
    noise = np.asarray(covariance.noise_variance)
    if noise.shape[-1] == 1:
        return flat_columns(noise[..., 0], "spherical", varying, least)
    return flat_columns(noise, "diag", varying, least)
