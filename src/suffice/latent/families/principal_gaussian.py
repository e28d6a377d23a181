"""Gaussian components whose covariances are low rank plus noise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax

from suffice.latent.families.gaussian import Gaussian, GaussianPrior
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels
from suffice.runtime.arrays import Array


class PrincipalGaussian(Gaussian):
    r"""K Gaussians with covariances :math:`W_k W_k^\top + \sigma_k^2 I`, each W with ``rank`` columns.

    Maximisation takes the covariance that a full Gaussian would have and keeps its largest eigenvalues; the others become their
    mean (Tipping and Bishop, "Mixtures of probabilistic principal component analysers", 1999). Marginals and conditionals are
    full Gaussians.

    Parameters
    ----------
    means
        ``(..., K, D)``.
    covariances
        ``(..., K, D, D)``.
    prior
        As that of ``Gaussian``.
    rank
        Latent variables of each component, below D.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import PrincipalGaussian
    >>> PrincipalGaussian(np.zeros((2, 5)), np.stack([np.eye(5)] * 2), rank=1).parameter_count()
    22
    """

    rank: int = eqx.field(static=True)

    def __init__(self, means: Any, covariances: Any, prior: GaussianPrior | None = None, rank: int = 1):
        super().__init__(means, covariances, prior)
        self.rank = rank

    def maximize(self, moments: Moments) -> tuple[Self, Array]:
        """Weighted mean, and the covariance with its smallest eigenvalues averaged; prior and floor included."""
        return self._averaged(*self._full().maximize(moments))

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """The same with means, or covariances, that stay or are shared."""
        fitted, valid = self._full().maximize_restricted(moments, frozen, tied)
        return (self._of(fitted), valid) if "covariances" in frozen else self._averaged(fitted, valid)

    def translated(self, shift: Array) -> Self:
        """Means and the prior's mean moved by ``shift`` (D,)."""
        return self._of(self._full().translated(shift))

    def marginal(self, columns: Sequence[int]) -> Gaussian:  # type: ignore[override]
        """Full Gaussians of these columns."""
        return self._full().marginal(columns)

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Gaussian, np.ndarray]:  # type: ignore[override]
        """Full Gaussians of the other columns, and the log-density (..., K) of the values."""
        return self._full().conditional(columns, values)

    def without_prior(self) -> Self:
        """The same means and covariances without prior or floor."""
        return type(self)(self.means, self.covariances, None, self.rank)

    def parameter_count(self) -> int:
        """Means, axes and the variances along them, and a noise variance for each component."""
        features = self.means.shape[-1]
        one = features * (self.rank + 1) - self.rank * (self.rank - 1) // 2 + 1
        return int(np.prod(self.means.shape[:-1])) * one

    def _full(self) -> Gaussian:
        return Gaussian(self.means, self.covariances, self.prior)

    def _of(self, components: Gaussian) -> Self:
        return type(self)(components.means, components.covariances, components.prior, self.rank)

    def _averaged(self, components: Gaussian, valid: Array) -> tuple[Self, Array]:
        covariances = averaged_spectrum(components.covariances, self.rank)
        return type(self)(components.means, covariances, components.prior, self.rank), valid


def averaged_spectrum(matrices: Array, rank: int) -> Array:
    """Symmetric matrices (..., D, D) of which all eigenvalues but the ``rank`` largest are replaced by their mean."""

    def one(matrix: Array) -> Array:
        values, vectors = jnp.linalg.eigh(matrix)
        noise = values[: len(values) - rank].mean()
        largest = vectors[:, len(values) - rank :]
        extra = values[len(values) - rank :] - noise
        return (largest * extra) @ largest.T + noise * jnp.eye(len(values), dtype=matrix.dtype)

    return lax.map(one, matrices.reshape(-1, *matrices.shape[-2:])).reshape(matrices.shape)
