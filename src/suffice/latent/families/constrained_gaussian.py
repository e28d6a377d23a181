"""Gaussian components whose covariances are tied, diagonal or spherical."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import jax.numpy as jnp
import numpy as np

from suffice.latent.families.columns import Columns
from suffice.latent.families.family import Family, kept_where
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.forms.cells import CellDeviations
from suffice.latent.forms.conditional import LOG_TWO_PI
from suffice.latent.forms.natural import STATISTICS, Covariance, Linear, Moments, Natural
from suffice.latent.forms.whiten import gram
from suffice.latent.ties import Labels, distinct, group_means
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array


class TiedGaussian(Gaussian):
    """K Gaussians that share one covariance matrix, ``covariances`` (..., D, D).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import TiedGaussian
    >>> TiedGaussian(np.zeros((3, 2)), np.eye(2)).parameter_count()
    9
    """

    covariance_type: ClassVar[Covariance] = "tied"
    shared_parameters: ClassVar[tuple[str, ...]] = ("covariances",)

    def among(self, components: Any) -> Self:
        """These components alone; the covariance is all components'."""
        return type(self)(np.asarray(self.means)[:, components], self.covariances, self.prior)

    @classmethod
    def _spread_like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.broadcast_to(np.diag(variance), (*shape[:-1], len(variance), len(variance)))

    def _with_variances(self, variances: np.ndarray) -> np.ndarray:
        return super()._with_variances(variances.mean(-2))

    def _matrices(self) -> Array:
        return self.covariances[..., None, :, :]

    def _products(self, whitening: Array, log_scale: Array) -> Linear:
        slope = jnp.einsum("...de,...fe,...f->...d", whitening, whitening, self.means)
        constant = log_scale - jnp.square(jnp.einsum("...de,...d->...e", whitening, self.means)).sum(-1) / 2
        accurate = self._small(self._terms(jnp, gram(whitening)))
        return Linear(slope, constant, whitening[..., 0, :, :], accurate)

    def _covariances(self, moments: Moments, second: Array, shift: Array, counts: Array) -> Array:
        weight = counts[..., 0]
        total = jnp.broadcast_to(moments.common, self.covariances.shape) + self._prior_second(moments).sum(-3)
        between = jnp.einsum("...k,...kd,...ke->...de", weight, shift, shift)
        return (total - between) / weight.sum(-1)[..., None, None] + jnp.diag(self.prior.floor)

    def _second_at(self, rows: Array, prior: Array) -> Array:
        return rows.sum(-2)[..., None] * (self.covariances - jnp.diag(self.prior.floor)) - prior.sum(-3)

    def _rescued(self, covariances: Array, definite: Array, rounding: Array) -> tuple[Array, Array]:
        return super()._rescued(covariances, definite, rounding.max(-2))

    def _accepted(self, covariances: Array, definite: Array, weight: Array) -> tuple[Array, Array]:
        return (weight > 0) & definite[..., None], kept_where(definite, covariances, self.covariances)

    def _roots(self) -> np.ndarray:
        return np.broadcast_to(super()._roots(), (self.means.shape[-2], *self.covariances.shape))


class DiagonalGaussian(Gaussian):
    """K Gaussians of independent columns, ``covariances`` (..., K, D) holding the variances.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import DiagonalGaussian
    >>> DiagonalGaussian(np.zeros((3, 2)), np.ones((3, 2))).parameter_count()
    12
    """

    covariance_type: ClassVar[Covariance] = "diag"
    missing: ClassVar[MissingLayout] = "mask"

    @classmethod
    def column_parameters(cls) -> tuple[str, ...]:
        """Means and variances."""
        return ("means", "covariances")

    @classmethod
    def _spread_like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.broadcast_to(variance, (*shape, len(variance)))

    def _with_variances(self, variances: np.ndarray) -> np.ndarray:
        return variances

    def _variances(self) -> Array:
        return self.covariances

    def _whitening(self) -> tuple[Array, Array]:
        """Reciprocal standard deviations, (..., K, D), and half the logarithm of the precision's determinant."""
        whitening = 1 / jnp.sqrt(jnp.broadcast_to(self._variances(), self.means.shape))
        return whitening, jnp.log(whitening).sum(-1)

    def _products(self, whitening: Array, log_scale: Array) -> Natural:
        precision = jnp.square(whitening)
        constant = log_scale - (precision * jnp.square(self.means)).sum(-1) / 2
        natural = [-self._precisions(precision) / 2, precision * self.means, constant[..., None]]
        accurate = self._small(self._terms(jnp, precision))
        return Natural(jnp.concatenate(natural, -1), STATISTICS[self.covariance_type], accurate)

    def _precisions(self, precision: Array) -> Array:
        return precision

    def missing_form(self, centred: bool) -> Natural | CellDeviations:
        """Products with sufficient statistics of the observed cells, or their deviations from each mean."""
        whitening, _ = self._whitening()
        constant = jnp.log(whitening) - LOG_TWO_PI / 2
        if centred:
            return CellDeviations(
                self.means, whitening, constant, jnp.zeros_like(constant[..., 0]), self.covariance_type
            )
        precision = jnp.square(whitening)
        constant = constant - precision * jnp.square(self.means) / 2
        natural = [
            -self._precisions(precision) / 2,
            precision * self.means,
            constant,
            jnp.zeros_like(constant[..., :1]),
        ]
        accurate = self._small(self._terms(jnp, precision))
        return Natural(jnp.concatenate(natural, -1), STATISTICS[self.covariance_type], accurate)

    def variances(self) -> np.ndarray:
        """Variance of every column in every component, (..., K, D)."""
        return np.broadcast_to(np.asarray(self._variances()), self.means.shape)

    def completed(self, form: Any, features: Any, share: Array) -> tuple[Array, Array]:
        """Means of the missing cells, which do not depend on the observed ones, and standard deviations."""
        return Family.completed(self, form, features, share)

    def cell_moments(self) -> tuple[Array, Array]:
        """Means and variances."""
        return self.means, jnp.broadcast_to(self._variances(), self.means.shape)

    def _precision(self) -> np.ndarray:
        return 1 / np.asarray(self._variances())

    def _terms(self, numpy: Any, precision: Any) -> Any:
        return (1 + numpy.square(numpy.asarray(self.means)) * precision).sum(-1)

    def _covariances(self, moments: Moments, second: Array, shift: Array, counts: Array) -> Array:
        total = second + jnp.diagonal(self._prior_second(moments), axis1=-2, axis2=-1)
        variances = total / jnp.where(counts > 0, counts, 1) - jnp.square(shift) + self.prior.floor
        return jnp.where(counts > 0, variances, self.covariances)

    def _shared_means(self, means: Array, counts: Array, labels: Labels) -> Array:
        reference = group_means(means, labels)
        weight = counts / jnp.broadcast_to(self._variances(), means.shape)
        total = group_means(weight, labels)
        return reference + group_means(weight * (means - reference), labels) / jnp.where(total > 0, total, 1)

    def _pooled(self, covariances: Array, counts: Array, labels: Labels) -> tuple[Array, Array]:
        pooled, weight = super()._pooled(covariances, counts, labels)
        return jnp.where((pooled > 0) & jnp.isfinite(pooled), pooled, self.covariances), weight

    def _shared_covariance_count(self, labels: Labels) -> int:
        return int(distinct(labels, self.means.shape[-1]).sum())

    def _second_at(self, rows: Array, prior: Array) -> Array:
        return rows * (self.covariances - self.prior.floor) - jnp.diagonal(prior, axis1=-2, axis2=-1)

    def _cells(self, counts: Array) -> Array:
        return jnp.broadcast_to(counts, (self.means.shape[-1] + 1, *counts.shape))

    def _rescued(self, covariances: Array, definite: Array, rounding: Array) -> tuple[Array, Array]:
        rescued = jnp.maximum(covariances, rounding)
        return rescued, self._positive_definite(rescued)

    def _positive_definite(self, covariances: Array) -> Array:
        return ((covariances > 0) & jnp.isfinite(covariances)).all(-1)

    def log_prior(self) -> Array | float:
        """Expected log-density of the prior's rows."""
        if self.prior.strength is None:
            return 0.0
        whitening, half_log_determinant = self._whitening()
        spread = jnp.square(self.means - self.prior.mean) + jnp.diagonal(self.prior.covariance)
        return self.prior.strength * (half_log_determinant - (jnp.square(whitening) * spread).sum(-1) / 2).sum(-1)

    def _roots(self) -> np.ndarray:
        variances = np.broadcast_to(np.asarray(self._variances(), float), self.means.shape)
        return np.sqrt(variances)[..., None] * np.eye(self.means.shape[-1])

    def _among(self, columns: list[int]) -> np.ndarray:
        return np.asarray(self.covariances)[..., columns]

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        """Gaussians of the other columns as they were, and the log-density (..., K) of the values."""
        return super(Gaussian, self).conditional(columns, values)

    def parameter_count(self) -> int:
        """Means and variances."""
        return int(np.prod(self.means.shape)) + int(np.prod(self.covariances.shape))


class TiedDiagonalGaussian(DiagonalGaussian):
    """K Gaussians of independent columns that share their variances, ``covariances`` (..., D).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import TiedDiagonalGaussian
    >>> TiedDiagonalGaussian(np.zeros((3, 2)), np.ones(2)).parameter_count()
    8
    """

    def among(self, components: Any) -> Self:
        """These components alone; the variances are all components'."""
        return type(self)(np.asarray(self.means)[:, components], self.covariances, self.prior)

    @classmethod
    def _spread_like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.broadcast_to(variance, (*shape[:-1], len(variance)))

    def _with_variances(self, variances: np.ndarray) -> np.ndarray:
        return variances.mean(-2)

    def _variances(self) -> Array:
        return self.covariances[..., None, :]

    def _precisions(self, precision: Array) -> Array:
        return jnp.broadcast_to(precision, self.means.shape)

    def _covariances(self, moments: Moments, second: Array, shift: Array, counts: Array) -> Array:
        cells = jnp.broadcast_to(counts, shift.shape)
        total = second + jnp.diagonal(self._prior_second(moments), axis1=-2, axis2=-1) - cells * jnp.square(shift)
        seen = cells.sum(-2)
        variances = total.sum(-2) / jnp.where(seen > 0, seen, 1) + self.prior.floor
        return jnp.where(seen > 0, variances, self.covariances)

    def _second_at(self, rows: Array, prior: Array) -> Array:
        return rows * (self.covariances - self.prior.floor)[..., None, :] - jnp.diagonal(prior, axis1=-2, axis2=-1)

    def _rescued(self, covariances: Array, definite: Array, rounding: Array) -> tuple[Array, Array]:
        return super()._rescued(covariances, definite, rounding.max(-2))

    def _accepted(self, covariances: Array, definite: Array, weight: Array) -> tuple[Array, Array]:
        return (weight > 0) & definite[..., None], kept_where(definite, covariances, self.covariances)


class SphericalGaussian(DiagonalGaussian):
    """K Gaussians with one variance each, ``covariances`` (..., K).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import SphericalGaussian
    >>> SphericalGaussian(np.zeros((3, 2)), np.ones(3)).parameter_count()
    9
    """

    covariance_type: ClassVar[Covariance] = "spherical"

    @classmethod
    def column_parameters(cls) -> tuple[str, ...]:
        """Means alone: the variance is that of all columns."""
        return ("means",)

    @classmethod
    def _spread_like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return np.full(shape, variance.mean())

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Rows in one unit for all columns."""
        return rows / np.sqrt(columns.variance.mean()) if alone else super().coordinates(rows, columns)

    def _with_variances(self, variances: np.ndarray) -> np.ndarray:
        return variances.mean(-1)

    def _variances(self) -> Array:
        return self.covariances[..., None]

    def _precisions(self, precision: Array) -> Array:
        return precision[..., :1]

    def _among(self, columns: list[int]) -> np.ndarray:
        return np.asarray(self.covariances)

    def _covariances(self, moments: Moments, second: Array, shift: Array, counts: Array) -> Array:
        total = second[..., 0] + jnp.trace(self._prior_second(moments), axis1=-2, axis2=-1)
        cells = jnp.broadcast_to(counts, shift.shape)
        variance = (total - (cells * jnp.square(shift)).sum(-1)) / jnp.where(cells.sum(-1) > 0, cells.sum(-1), 1)
        return variance + self.prior.floor.mean()

    def _covariance_cells(self, counts: Array) -> Array:
        return jnp.broadcast_to(counts, self.means.shape).sum(-1, keepdims=True)

    def _shared_covariance_count(self, labels: Labels) -> int:
        return int(distinct(labels, 1).sum())

    def _second_at(self, rows: Array, prior: Array) -> Array:
        excess = (self.covariances - self.prior.floor.mean())[..., None]
        return self.means.shape[-1] * rows * excess - jnp.trace(prior, axis1=-2, axis2=-1)[..., None]

    def _rescued(self, covariances: Array, definite: Array, rounding: Array) -> tuple[Array, Array]:
        return super()._rescued(covariances, definite, rounding.mean(-1))

    def _positive_definite(self, covariances: Array) -> Array:
        return (covariances > 0) & jnp.isfinite(covariances)


GAUSSIANS: dict[str, type[Gaussian]] = {
    family.covariance_type: family for family in (Gaussian, TiedGaussian, DiagonalGaussian, SphericalGaussian)
}
