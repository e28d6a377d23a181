"""Deviations from each mean where cells of independent columns are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from jaxtyping import Float

from suffice.latent.forms.natural import SQUARES, Covariance, Moments
from suffice.rows.missing import MaskedRows
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import Module, field, replaced


class CellDeviations(Module):
    """Log-density of the observed cells: ``constant`` minus half the square of ``whitening`` times the deviation, summed."""

    means: Array
    whitening: Array
    constant: Array
    log_weights: Array
    covariance_type: Covariance = field(static=True)
    accurate: ClassVar[bool] = True

    def weighted(self, log_weights: Float[Array, "... K"]) -> CellDeviations:
        """The form with log-weights (..., K) added to the log-densities."""
        return replaced(self, log_weights=self.log_weights + log_weights)

    def features(self, rows: MaskedRows) -> tuple[Array, Array]:
        """Columns with 0 for missing cells, and 1 where they are observed, (D, n) each."""
        dtype = self.means.dtype
        return lax.optimization_barrier((rows.filled(dtype).T, rows.observed().T.astype(dtype)))

    def log_density(self, features: tuple[Array, Array]) -> Float[Array, "... K n"]:
        """Log-density of the observed cells of each row under each component, (..., K, n)."""
        columns, observed = features

        def square(mean: Array, whitening: Array) -> Array:
            return jnp.square(observed * (columns - mean[:, None]) * whitening[:, None]).sum(0)

        return self.constant @ observed + self.log_weights[..., None] - self._each(square, self.whitening) / 2

    def moments(
        self, features: tuple[Array, Array], responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        columns, observed = features
        squares = SQUARES[self.covariance_type]

        def sums(mean: Array, share: Array) -> Array:
            deviation = lax.optimization_barrier(observed * (columns - mean[:, None]))
            return jnp.concatenate(
                [squares(deviation, share), deviation @ share, observed @ share, share.sum(keepdims=True)]
            )

        return Moments(jnp.moveaxis(self._each(sums, responsibility), -1, 0), None, "means")

    def _each(self, fn: Callable[[Array, Array], Array], other: Array) -> Array:
        """``fn`` of every component's mean and its part of ``other``, one component at a time."""
        leading = self.means.shape[:-1]
        parts = self.means.reshape(-1, self.means.shape[-1]), other.reshape(-1, other.shape[-1])
        results = lax.map(lambda part: fn(*part), parts)
        return tree.map_leaves(lambda leaf: leaf.reshape(*leading, *leaf.shape[1:]), results)
