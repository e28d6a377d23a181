"""The E-step of linear Gaussian models: what rows say of their latent variables, and the sums of it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from suffice.latent.forms.conditional import LOG_TWO_PI
from suffice.latent.forms.small_inverses import inverted
from suffice.latent.forms.triangles import packed, unpacked, upper_triangle
from suffice.model import PreparedEStep
from suffice.rows.missing import MaskedRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import Module

MANY_LATENT = 64
"""Latent variables beyond which products of every two of a column's loadings are too many to be written out."""


class FactorStatistics(Module):
    """Sums over rows for the M-step, with s = [z z' for i <= j, z, 1] and F its length; rows are measured from the mean."""

    gram: Array
    latent: Array
    cross: Array
    square: Array
    log_likelihood: Array
    weight: Array


class Inferred(NamedTuple):
    """What rows say of their latent variables: ``mean`` (k, n), ``covariance`` (k, k, n), or (k, k, 1) where none is missing."""

    mean: Array
    covariance: Array
    log_density: Array
    deviation: Array
    observed: Array | None


class LatentPosterior(PreparedEStep):
    """The E-step of a linear Gaussian model: ``mean`` (..., D), ``loadings`` (..., D, k), ``noise`` (..., D)."""

    mean: Array
    loadings: Array
    noise: Array

    elementwise: ClassVar[bool] = True

    def __call__(self, rows: Array | MaskedRows, weight: Array, given: Array | None = None) -> FactorStatistics:
        if self.mean.ndim == 1:
            return self._sums(rows, weight)
        return lax.map(lambda restart: restart._sums(rows, weight), self)

    def inferred(self, rows: Array | MaskedRows) -> Inferred:
        """Posterior of the latent variables of each row, and the row's log-density."""
        deviation, observed = self.deviations(rows)
        precision = lax.optimization_barrier(1 / self.noise)
        scaled = self.loadings * precision[:, None]
        size = self.loadings.shape[1]
        inner = self._inner(scaled, observed)
        covariance, half_log = inverted(inner + jnp.eye(size)[..., None])
        mean = (covariance * lax.optimization_barrier(scaled.T @ deviation.T)).sum(1)
        residual = deviation - mean.T @ self.loadings.T
        level = LOG_TWO_PI + jnp.log(self.noise)
        level = level.sum() if observed is None else observed @ level
        residual = residual if observed is None else residual * observed
        log_density = -(level + jnp.square(residual) @ precision + jnp.square(mean).sum(0)) / 2 - half_log
        return Inferred(mean, covariance, log_density, deviation, observed)

    def _inner(self, scaled: Array, observed: Array | None) -> Array:
        """Sums of w w' over noise, of the columns that rows observe, (k, k, n), or (k, k, 1) where none is missing."""
        if observed is None:
            return (scaled.T @ self.loadings)[..., None]
        if self.loadings.shape[1] > MANY_LATENT:
            each = lax.map(lambda seen: (scaled * seen[:, None]).T @ self.loadings, observed)
            return jnp.moveaxis(each, 0, -1)
        pairs = packed(self.loadings[:, :, None] * scaled[:, None, :])
        return jnp.moveaxis(unpacked(pairs @ observed.T, self.loadings.shape[1]), 0, -1)

    def completed(self, latent: Array, covariance: Array) -> tuple[Array, Array]:
        """Expected value of every cell and its standard deviation, (n, D) each, of latent variables of this posterior."""
        size = self.loadings.shape[1]
        twice = np.where(np.equal(*upper_triangle(size)), 1.0, 2.0)[:, None]
        pairs = packed(self.loadings[:, :, None] * self.loadings[:, None, :]) * twice
        variance = packed(jnp.moveaxis(covariance, -1, 0)).T @ pairs + self.noise
        mean = self.mean + latent.T @ self.loadings.T
        return mean, jnp.sqrt(jnp.broadcast_to(variance, mean.shape))

    def deviations(self, rows: Array | MaskedRows) -> tuple[Array, Array | None]:
        """Rows from the mean, 0 where a cell is missing, and 1 where it is observed; None where none is missing."""
        if not isinstance(rows, MaskedRows):
            return rows.astype(self.mean.dtype) - self.mean, None
        observed = rows.observed().astype(self.mean.dtype)
        return (rows.filled(self.mean.dtype) - self.mean) * observed, observed

    def _sums(self, rows: Array | MaskedRows, weight: Array) -> FactorStatistics:
        inferred = self.inferred(rows)
        log_likelihood = weight @ inferred.log_density
        return sums_of(
            inferred.mean, inferred.covariance, inferred.deviation, inferred.observed, weight, log_likelihood
        )


def sums_of(
    mean: Array, covariance: Array, deviation: Array, observed: Array | None, weight: Array, log_likelihood: Array
) -> FactorStatistics:
    """Sums over rows of deviations (n, D), given means (k, n) and covariances (k, k, n or 1) of their latent variables."""
    ones = jnp.ones((1, mean.shape[1]), mean.dtype)
    i, j = upper_triangle(len(mean))
    statistics = jnp.concatenate([covariance[i, j] + mean[i] * mean[j], mean, ones]) * weight
    latent = statistics.sum(1)
    gram = latent[:, None] if observed is None else statistics @ observed
    cross = (jnp.concatenate([mean, ones]) * weight) @ deviation
    return FactorStatistics(gram, latent, cross, weight @ jnp.square(deviation), log_likelihood, weight.sum())


def codes_of(inferred: Inferred) -> tuple[Array, Array]:
    """Posterior means (n, k) and covariances (n, k, k) with the rows first."""
    mean, covariance = inferred.mean.T, jnp.moveaxis(inferred.covariance, -1, 0)
    return mean, jnp.broadcast_to(covariance, (len(mean), *covariance.shape[1:]))
