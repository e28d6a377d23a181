"""What maximisation of Gaussians adds to the data."""

from __future__ import annotations

import numpy as np

from suffice.model import Hyperparameters
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import field, replaced


class GaussianPrior(Hyperparameters):
    r"""Conjugate prior as ``strength`` rows seen beforehand in each component, with ``mean`` (D,) or (K, D) and ``covariance``.

    The covariance is (D, D), or (D,) for the variances of independent columns. Without such rows, ``strength`` is None.
    ``floor`` (D,), all above 0 or all 0, bounds every covariance: :math:`\Sigma_k \succeq \mathrm{diag}(floor)`.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import DiagonalGaussian, GaussianPrior, Mixture
    >>> prior = GaussianPrior(2.0, np.zeros(1), np.ones(1), np.zeros(1))
    >>> start = Mixture(np.ones(1), DiagonalGaussian(np.zeros((1, 1)), np.ones((1, 1)), prior))
    >>> em(start, np.full((8, 1), 5.0)).model.components.means
    array([[4.]])
    """

    strength: Array | float | None
    mean: Array
    covariance: Array
    floor: Array

    @property
    def rows(self) -> Array | float:
        """How many rows, 0 without them."""
        return 0.0 if self.strength is None else self.strength

    def mean_from(self, origin: Array) -> Array:
        """Their mean measured from each component's origin, (..., K, D)."""
        return self.mean - origin

    @property
    def variances(self) -> Array:
        """Their variance in each column, (D,)."""
        return self.covariance if self.covariance.ndim == 1 else jnp.diagonal(self.covariance)

    @property
    def matrix(self) -> Array:
        """Their covariance, (D, D)."""
        return jnp.diag(self.covariance) if self.covariance.ndim == 1 else self.covariance

    def squares_from(self, origin: Array) -> Array:
        """Sums of their squares measured from each component's origin, (..., K, D)."""
        return self.rows * (self.variances + jnp.square(self.mean_from(origin)))

    def second_from(self, origin: Array) -> Array:
        """Their second moments measured from each component's origin, (..., K, D, D)."""
        mean = self.mean_from(origin)
        return self.rows * (self.matrix + mean[..., :, None] * mean[..., None, :])

    def among(self, columns: list[int]) -> GaussianPrior:
        """The prior of some columns."""
        own = self.covariance[columns] if self.covariance.ndim == 1 else self.covariance[np.ix_(columns, columns)]
        parts = self.mean[..., columns], own, self.floor[columns]
        return replaced(self, **dict(zip(("mean", "covariance", "floor"), parts, strict=True)))


class LowRankPrior(GaussianPrior):
    """What maximisation adds to the data, as ``GaussianPrior`` has it, and the ``rank`` of the covariance beside its diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import LowRankGaussian, LowRankPrior
    >>> prior = LowRankPrior(None, np.zeros(5), np.zeros((5, 5)), np.zeros(5), rank=1)
    >>> LowRankGaussian(np.zeros((3, 5)), np.eye(5), prior).parameter_count()
    25
    """

    rank: int = field(static=True)


def no_prior(features: int) -> GaussianPrior:
    """The prior that adds nothing."""
    nothing = np.zeros(features)
    return GaussianPrior(None, nothing, nothing, nothing)
