"""The E-step of Gaussians with covariance matrices where cells are missing: missing cells are regressed on observed ones.

With precision matrix P and deviations d from a mean, 0 at missing cells m, the conditional covariance of d_m is (P_mm)^-1 and
its conditional mean -(P_mm)^-1 (P d)_m: one inverse for each pattern and covariance matrix, as large as the number of missing
cells. The squared distance of the observed cells is that of the whole row with these means put in, to which an error in them
adds only its square. Little and Rubin, *Statistical Analysis with Missing Data* (2019), section 11.2, with the precision swept
in place of the covariance.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float

from suffice.latent.forms.natural import Moments
from suffice.latent.forms.one_pattern import completed_together
from suffice.latent.forms.small_inverses import inverted
from suffice.latent.forms.triangles import bordered, packed
from suffice.latent.forms.whiten import gram
from suffice.rows.missing import PatternRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import add_at, any_jax, inner_product, is_jax, jnp, lax
from suffice.runtime.module import Module, field

LOG_TWO_PI = float(np.log(2 * np.pi))


class Completed(NamedTuple):
    """Rows with conditional means in their missing cells: ``deviation`` (C, n, D) from the mean of each of C components."""

    rows: PatternRows
    deviation: Array
    covariance: Array
    half_log: Array


class Conditional(Module):
    """Log-density and moments of rows in ``PatternRows``: ``means`` (..., K, D), ``whitening`` (..., K or 1, D, D)."""

    means: Array
    whitening: Array
    log_scale: Array
    tied: bool = field(static=True)
    about: str = field(static=True)
    accurate: ClassVar[bool] = True

    def weighted(self, log_weights: Float[Array, "... K"]) -> Conditional:
        """The form with log-weights (..., K) added to the log-densities."""
        return Conditional(self.means, self.whitening, self.log_scale + log_weights, self.tied, self.about)

    def features(self, rows: PatternRows) -> Completed:
        """The rows with the conditional means of their missing cells under each component."""
        rows = PatternRows(rows.values.astype(self.means.dtype), rows.pattern, rows.missing)
        precision = gram(self._matrices())
        if len(rows.missing) == 1 and not any_jax((*rows.dynamic_values(), self.means, precision)):
            return Completed(*completed_together(rows, np.asarray(self.means), np.asarray(precision)))
        covariance, half_log = inverses(precision, rows.missing)
        return Completed(rows, self._completed(rows, precision, covariance), covariance, half_log)

    def log_density(self, completed: Completed) -> Float[Array, "... K n"]:
        """Log-density of the observed cells of each row under each component, (..., K, n)."""
        rows, distance = completed.rows, self._distance(completed.deviation)
        absent = (rows.missing < self.means.shape[-1]).sum(1) * LOG_TWO_PI / 2
        constant = (absent[:, None] - completed.half_log)[rows.pattern].T[self._matrix()]
        return self.log_scale[..., None] + (constant - distance / 2).reshape(*self.log_scale.shape, -1)

    def moments(
        self, completed: Completed, responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Expected sums over rows, with weighted responsibilities (..., K, n)."""
        leading, features = responsibility.shape[:-1], self.means.shape[-1]
        share = responsibility.reshape(-1, responsibility.shape[-1])

        def sums(component: tuple[Array, Array]) -> tuple[Array, Array]:
            deviation, share = component
            second = lax.optimization_barrier(deviation * share[:, None]).T @ deviation
            return second, jnp.append(share @ deviation, share.sum())

        second, rest = lax.map(sums, (completed.deviation, share))
        second, rest = second.reshape(*leading, features, features), rest.reshape(*leading, -1)
        if self.about == "zero":
            second, rest = _about_zero(second, rest, self.means)
        spread = self._spread(completed, share)
        if self.tied:
            return Moments(jnp.moveaxis(rest, -1, 0), second.sum(-3) + spread.reshape(second.sum(-3).shape), self.about)
        return Moments(packed(bordered(second + spread.reshape(second.shape), rest)), None, self.about)

    def conditional(self, completed: Completed) -> tuple[Array, Array]:
        """Conditional mean and variance of every cell under each component, (..., K, n, D); observed cells have variance 0."""
        mean = completed.deviation + self.means.reshape(-1, 1, self.means.shape[-1])
        missing = completed.rows.missing
        place = (missing[:, :, None] == jnp.arange(self.means.shape[-1])).astype(mean.dtype)
        variance = jnp.diagonal(completed.covariance) @ place
        shape = *self.means.shape[:-1], *mean.shape[1:]
        return mean.reshape(shape), variance[completed.rows.pattern][:, self._matrix()].swapaxes(0, 1).reshape(shape)

    def _matrices(self) -> Array:
        return self.whitening.reshape(-1, *self.whitening.shape[-2:])

    def _matrix(self) -> np.ndarray:
        """Which of the covariance matrices each component has."""
        components, matrices = prod(self.means.shape[:-1]), prod(self.whitening.shape[:-2])
        return np.arange(components) // (components // matrices)

    def _distance(self, deviation: Array) -> Array:
        """Squared distances (C, n) of the completed rows from each mean; with NumPy of all components at once."""
        whitening = self._matrices()
        if is_jax(deviation):
            return lax.map(lambda row: jnp.square(row[0] @ whitening[row[1]]).sum(-1), (deviation, self._matrix()))
        scaled = deviation.reshape(len(whitening), -1, deviation.shape[-1]) @ whitening
        return inner_product(scaled, scaled).reshape(deviation.shape[:2])

    def _completed(self, rows: PatternRows, precision: Array, covariance: Array) -> Array:
        features, width = self.means.shape[-1], rows.missing.shape[1]
        means = self.means.reshape(-1, features)
        if width == 0:
            return rows.values - means[:, None]
        place = (rows.missing[:, :, None] == jnp.arange(features))[rows.pattern]
        absent = place.any(1)
        column = np.arange(len(rows.values))[:, None], jnp.minimum(rows.missing, features - 1)[rows.pattern]
        of_pattern = lax.optimization_barrier(jnp.moveaxis(covariance, (3, 2), (0, 1)))

        def one(component: tuple[Array, Array]) -> Array:
            mean, matrix = component
            known = jnp.where(absent, 0, rows.values - mean)
            slope = (known @ precision[matrix])[column]
            unknown = -(of_pattern[matrix][rows.pattern] * slope[:, None, :]).sum(-1)
            return known + jnp.where(place, unknown[:, :, None], 0).sum(1)

        return lax.map(one, (means, self._matrix()))

    def _spread(self, completed: Completed, share: Array) -> Array:
        """Conditional covariances of the missing cells summed over rows, (J, D, D)."""
        missing, (width, _, patterns, matrices) = completed.rows.missing, completed.covariance.shape
        features = self.means.shape[-1]
        if width == 0:
            return jnp.zeros((matrices, features, features), share.dtype)
        of_matrix = share.reshape(matrices, -1, share.shape[-1]).sum(1)
        of_pattern = add_at(np.zeros((patterns, matrices), share.dtype), completed.rows.pattern, of_matrix.T)
        place = (missing.T[:, None] * (features + 1) + missing.T[None]).reshape(-1)
        wide = np.zeros(((features + 1) ** 2, matrices), share.dtype)
        wide = add_at(wide, place, (completed.covariance * of_pattern).reshape(-1, matrices))
        return jnp.moveaxis(wide.reshape(features + 1, features + 1, matrices)[:-1, :-1], -1, 0)


def inverses(matrices: Array, columns: Array) -> tuple[Array, Array]:
    """Inverse (M, M, P, J) of the part of each symmetric matrix (J, D, D) that each list of columns (P, M) names."""
    (patterns, width), features = columns.shape, matrices.shape[-1]
    named = (columns < features).T
    column = jnp.minimum(columns, features - 1).T
    parts = jnp.moveaxis(matrices, 0, -1)[column[:, None], column[None]]
    itself = jnp.eye(width, dtype=matrices.dtype)[..., None, None]
    parts = jnp.where((named[:, None] & named[None])[..., None], parts, itself)
    parts = parts.reshape(width, width, patterns * len(matrices))
    inverse, half_log = inverted(parts) if width else (parts, jnp.zeros(parts.shape[-1], parts.dtype))
    return inverse.reshape(width, width, patterns, len(matrices)), half_log.reshape(patterns, len(matrices))


def _about_zero(second: Array, rest: Array, means: Array) -> tuple[Array, Array]:
    """Moments about zero from those about means: x x' (..., K, D, D) and [x, 1] (..., K, D + 1)."""
    first, weight = rest[..., :-1], rest[..., -1:]
    cross = first[..., :, None] * means[..., None, :]
    second = (
        second + cross + jnp.swapaxes(cross, -1, -2) + weight[..., None] * means[..., :, None] * means[..., None, :]
    )
    return second, jnp.concatenate([first + weight * means, weight], -1)
