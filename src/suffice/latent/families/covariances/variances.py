"""Covariances without correlations: columns are independent given the component."""

from __future__ import annotations

from abc import abstractmethod
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from suffice.latent.charts.covariances import DeviationChart
from suffice.latent.families.covariances.covariance import Covariance, keeps_digits
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.latent.forms.cells import CellDeviations
from suffice.latent.forms.conditional import LOG_TWO_PI
from suffice.latent.forms.natural import STATISTICS, Natural
from suffice.latent.ties import Labels, group_means
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


class Variances(Covariance):
    """Variances of columns, of each component or of all."""

    missing: ClassVar[MissingLayout] = "mask"
    chart: ClassVar[Any] = DeviationChart()

    @abstractmethod
    def quadratic(self, precision: Array) -> Array:
        """Precisions (..., K, D) as the squares that are kept have them, (..., K, D or 1)."""

    def whitening(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Reciprocal standard deviations."""
        whitening = 1 / jnp.sqrt(jnp.broadcast_to(self.by_column(), shape))
        return whitening, jnp.log(whitening).sum(-1)

    def products(self, means: Array, whitening: Array, log_scale: Array) -> Natural:
        """Products with [x^2, x, 1]."""
        precision = jnp.square(whitening)
        constant = log_scale - (precision * jnp.square(means)).sum(-1) / 2
        natural = [-self.quadratic(precision) / 2, precision * means, constant[..., None]]
        return self._natural(means, precision, natural)

    def missing_form(self, means: Array, centred: bool) -> Natural | CellDeviations:
        """Products with sufficient statistics of the observed cells, or their deviations from each mean."""
        whitening, _ = self.whitening(means.shape)
        constant = jnp.log(whitening) - LOG_TWO_PI / 2
        if centred:
            return CellDeviations(means, whitening, constant, jnp.zeros_like(constant[..., 0]), self.covariance_type)
        precision = jnp.square(whitening)
        constant = constant - precision * jnp.square(means) / 2
        rest = [precision * means, constant, jnp.zeros_like(constant[..., :1])]
        return self._natural(means, precision, [-self.quadratic(precision) / 2, *rest])

    def _natural(self, means: Array, precision: Array, parts: list[Array]) -> Natural:
        accurate = keeps_digits(self._terms(jnp, jnp.asarray(means), precision), means.shape[-1])
        return Natural(jnp.concatenate(parts, -1), STATISTICS[self.covariance_type], accurate)

    def accurate(self, means: Array) -> bool:
        """Whether means are few standard deviations from the origin."""
        terms = self._terms(np, np.asarray(means), 1 / np.asarray(self.by_column()))
        return bool(keeps_digits(terms, means.shape[-1]))

    def _terms(self, numpy: ModuleType, means: Array, precision: Array) -> Array:
        return (1 + numpy.square(means) * precision).sum(-1)

    def common_means(self, means: Array, counts: Array, labels: Labels) -> Array:
        """Averages weighted with the precisions, column by column."""
        reference = group_means(means, labels)
        weight = counts / jnp.broadcast_to(self.by_column(), means.shape)
        total = group_means(weight, labels)
        return reference + group_means(weight * (means - reference), labels) / jnp.where(total > 0, total, 1)

    def cells(self, counts: Array, features: int) -> Array:
        """The weight of the cells of each column, and of the rows."""
        return jnp.broadcast_to(counts, (features + 1, *counts.shape))

    def expected_log_density(self, offset: Array, prior: GaussianPrior) -> Array:
        """Half the logarithm of the precision's determinant less half the expected squared distance."""
        whitening, half_log_determinant = self.whitening(offset.shape)
        spread = jnp.square(offset) + prior.variances
        return half_log_determinant - (jnp.square(whitening) * spread).sum(-1) / 2

    def coloured(self, noise: np.ndarray, component: np.ndarray, count: int) -> np.ndarray:
        """Times standard deviations."""
        deviations = np.sqrt(np.asarray(self.by_column(), float))
        return noise * np.broadcast_to(deviations, (count, deviations.shape[-1]))[component]


def positive(values: Array) -> Array:
    """Which are above 0 and finite."""
    return (values > 0) & jnp.isfinite(values)
