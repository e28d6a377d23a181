"""One variance of all columns for each component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from suffice.choices import CovarianceType
from suffice.latent.families.covariances.covariance import averages
from suffice.latent.families.covariances.sums import Sums
from suffice.latent.families.covariances.variances import Variances, positive
from suffice.latent.families.family import kept_where
from suffice.latent.ties import Labels, distinct
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


class SphericalCovariance(Variances):
    r"""One variance for each component, of all columns.

    .. math:: \Sigma_k = \sigma_k^2 I

    Parameters
    ----------
    values
        ``(..., K)``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import SphericalCovariance
    >>> SphericalCovariance(np.ones(3)).parameter_count()
    3
    """

    covariance_type: ClassVar[CovarianceType] = "spherical"
    isotropic: ClassVar[bool] = True

    @classmethod
    def like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The columns' average."""
        return np.full(shape, variance.mean())

    def by_column(self) -> Array:
        """The values, with an axis for the columns."""
        return self.values[..., None]

    def quadratic(self, precision: Array) -> Array:
        """One, of the sum of squares."""
        return precision[..., :1]

    def with_variances(self, variances: np.ndarray) -> Self:
        """The columns' average."""
        return self.holding(variances.mean(-1))

    def estimate(self, sums: Sums) -> Self:
        """Mean squares about the new means over all columns."""
        total = sums.second[..., 0] + sums.prior.sum(-1)
        cells = jnp.broadcast_to(sums.counts, sums.shift.shape)
        seen = cells.sum(-1)
        variance = (total - (cells * jnp.square(sums.shift)).sum(-1)) / jnp.where(seen > 0, seen, 1)
        return self.holding(variance)

    def bounded(self, floor: Array) -> Self:
        """At least the columns' average floor."""
        return self.holding(jnp.maximum(self.values, floor.mean(-1)))

    def pooled(self, found: Self, sums: Sums, labels: Labels) -> tuple[Self, Array]:
        """Averages weighted with cells."""
        cells = jnp.broadcast_to(sums.counts, sums.shift.shape).sum(-1, keepdims=True)
        pooled, weight = averages(found.values, cells, labels)
        return self.holding(jnp.where(positive(pooled), pooled, self.values)), weight

    def definite(self) -> Array:
        """Where the variance is positive."""
        return positive(self.values)

    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """Component by component."""
        valid = (weight > 0) & definite
        return valid, self.holding(kept_where(valid, found.values, self.values))

    def second_at(self, rows: Array, prior: Array) -> Array:
        """Of all columns together, (..., K, 1)."""
        return prior.shape[-1] * rows * self.values[..., None] - prior.sum(-1, keepdims=True)

    def among(self, columns: Sequence[int]) -> Self:
        """The same."""
        return self

    def parameter_count(self, labels: Labels | None = None) -> int:
        """One for each component, or for each label."""
        return int(np.prod(self.values.shape)) if labels is None else int(distinct(labels, 1).sum())
