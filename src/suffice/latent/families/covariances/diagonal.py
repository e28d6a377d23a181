"""Variances of each column, of each component or of all."""

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


class ColumnVariances(Variances):
    """A variance for each column."""

    covariance_type: ClassVar[CovarianceType] = "diag"

    def quadratic(self, precision: Array) -> Array:
        """All of them."""
        return precision

    def definite(self) -> Array:
        """Where all columns vary."""
        return jnp.all(positive(self.values), -1)

    def among(self, columns: Sequence[int]) -> Self:
        """Those columns' variances."""
        return self.holding(np.asarray(self.values)[..., columns])


class DiagonalCovariance(ColumnVariances):
    r"""Variances of the columns of each component.

    .. math:: \Sigma_k = \operatorname{diag}(\sigma_{k1}^2, \dots, \sigma_{kD}^2)

    Parameters
    ----------
    values
        ``(..., K, D)``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import DiagonalCovariance
    >>> DiagonalCovariance(np.ones((3, 2))).parameter_count()
    6
    """

    @classmethod
    def like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The same for all components."""
        return np.broadcast_to(variance, (*shape, len(variance)))

    def by_column(self) -> Array:
        """The values."""
        return self.values

    def with_variances(self, variances: np.ndarray) -> Self:
        """These."""
        return self.holding(variances)

    def estimate(self, sums: Sums) -> Self:
        """Mean squares about the new means; a column that no row of a component has keeps its variance."""
        total = sums.second + sums.prior
        variances = total / jnp.where(sums.counts > 0, sums.counts, 1) - jnp.square(sums.shift)
        return self.holding(jnp.where(sums.counts > 0, variances, self.values))

    def bounded(self, floor: Array) -> Self:
        """No variance below the floor."""
        return self.holding(jnp.maximum(self.values, floor))

    def pooled(self, found: Self, sums: Sums, labels: Labels) -> tuple[Self, Array]:
        """Averages weighted with cells, column by column."""
        pooled, weight = averages(found.values, sums.counts, labels)
        return self.holding(jnp.where(positive(pooled), pooled, self.values)), weight

    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """Component by component."""
        valid = (weight > 0) & definite
        return valid, self.holding(kept_where(valid, found.values, self.values))

    def second_at(self, rows: Array, prior: Array) -> Array:
        """(..., K, D)."""
        return rows * self.values - prior

    def parameter_count(self, labels: Labels | None = None) -> int:
        """As many as there are values, or one for each label of each column."""
        return int(np.prod(self.values.shape)) if labels is None else int(distinct(labels, self.values.shape[-1]).sum())


class TiedDiagonalCovariance(ColumnVariances):
    r"""Variances of the columns, the same for all components.

    .. math:: \Sigma_k = \operatorname{diag}(\sigma_1^2, \dots, \sigma_D^2)

    Parameters
    ----------
    values
        ``(..., D)``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import TiedDiagonalCovariance
    >>> TiedDiagonalCovariance(np.ones(2)).parameter_count()
    2
    """

    shared: ClassVar[bool] = True

    @classmethod
    def like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """These."""
        return np.broadcast_to(variance, (*shape[:-1], len(variance)))

    def by_column(self) -> Array:
        """The values, with an axis for the components."""
        return self.values[..., None, :]

    def with_variances(self, variances: np.ndarray) -> Self:
        """The components' average."""
        return self.holding(variances.mean(-2))

    def estimate(self, sums: Sums) -> Self:
        """Mean squares within components; a column that no row has keeps its variance."""
        cells = jnp.broadcast_to(sums.counts, sums.shift.shape)
        total = sums.second + sums.prior - cells * jnp.square(sums.shift)
        seen = cells.sum(-2)
        variances = total.sum(-2) / jnp.where(seen > 0, seen, 1)
        return self.holding(jnp.where(seen > 0, variances, self.values))

    def bounded(self, floor: Array) -> Self:
        """No variance below the floor, or the largest of the components' floors."""
        return self.holding(jnp.maximum(self.values, floor if floor.ndim == 1 else floor.max(-2)))

    def pooled(self, found: Self, sums: Sums, labels: Labels) -> tuple[Self, Array]:
        """As found: all components share them."""
        return found, sums.weight

    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """All or nothing."""
        return (weight > 0) & definite[..., None], self.holding(kept_where(definite, found.values, self.values))

    def second_at(self, rows: Array, prior: Array) -> Array:
        """(..., K, D)."""
        return rows * self.values[..., None, :] - prior

    def parameter_count(self, labels: Labels | None = None) -> int:
        """As many as there are values."""
        return int(np.prod(self.values.shape))
