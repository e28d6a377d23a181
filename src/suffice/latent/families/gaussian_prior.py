"""What maximisation of Gaussians adds to the data."""

from __future__ import annotations

import numpy as np

from suffice.model import Hyperparameters
from suffice.runtime.arrays import Array
from suffice.runtime.module import field, replaced


class GaussianPrior(Hyperparameters):
    """Conjugate prior as ``strength`` rows seen beforehand in each component, with ``mean`` (D,) and ``covariance`` (D, D).

    Without them, ``strength`` is None. ``floor`` (D,) is added to the diagonal of every covariance.
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

    def second_from(self, origin: Array) -> Array:
        """Their second moments measured from each component's origin, (..., K, D, D)."""
        mean = self.mean_from(origin)
        return self.rows * (self.covariance + mean[..., :, None] * mean[..., None, :])

    def among(self, columns: list[int]) -> GaussianPrior:
        """The prior of some columns."""
        parts = self.mean[columns], self.covariance[np.ix_(columns, columns)], self.floor[columns]
        return replaced(self, **dict(zip(("mean", "covariance", "floor"), parts, strict=True)))


class LowRankPrior(GaussianPrior):
    """What maximisation adds to the data, as ``GaussianPrior`` has it, and the ``rank`` of the covariance beside its diagonal."""

    rank: int = field(static=True)


def no_prior(features: int) -> GaussianPrior:
    """The prior that adds nothing."""
    nothing = np.zeros(features)
    return GaussianPrior(None, nothing, np.diag(nothing), nothing)
