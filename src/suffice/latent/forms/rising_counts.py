"""Log-density and moments of negative binomial counts, one component at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from suffice.latent.forms.natural import Moments
from suffice.latent.forms.rising import rising
from suffice.rows.missing import MaskedRows
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import any_jax, jnp, lax
from suffice.runtime.module import Module, field

FEW = 4
"""Different counts are looked up where rows are so many times as many."""


class RisingCounts(Module):
    """``means`` and ``dispersions`` (..., K, D) of counts, and log-weights (..., K).

    Moments are sums of [x, two of ``rising`` at these dispersions, 1]; with ``counted`` the observed cells stand before the 1.
    """

    means: Array
    dispersions: Array
    log_weights: Array
    counted: bool = field(static=True)
    accurate: ClassVar[bool] = True

    @property
    def size(self) -> int:
        """Number of statistics."""
        return (4 if self.counted else 3) * self.means.shape[-1] + 1

    def weighted(self, log_weights: Float[Array, "... K"]) -> RisingCounts:
        """The form with log-weights (..., K) added to the log-densities."""
        return RisingCounts(self.means, self.dispersions, self.log_weights + log_weights, self.counted)

    def features(self, rows: Array | MaskedRows) -> tuple[Array, Array]:
        """Counts, 0 where they are missing, and 1 for each observed cell, (n, D) each."""
        dtype = self.means.dtype
        if isinstance(rows, MaskedRows):
            return rows.filled(dtype), rows.observed().astype(dtype)
        return rows.astype(dtype), jnp.ones(rows.shape, dtype)

    def cells(self, counts: Array) -> Array:
        """Log-density of every cell of rows (n, D) under each component, (..., K, n, D)."""
        mean, dispersion = self.means[..., None, :], self.dispersions[..., None, :]
        return log_density(counts, mean, dispersion)

    def log_density(self, features: tuple[Array, Array]) -> Float[Array, "... K n"]:
        """Log-density of each row under each component, (..., K, n)."""
        counts, observed = features

        def one(component: tuple[Array, Array, Array]) -> Array:
            mean, dispersion, _ = component
            return (observed * log_density(counts, mean, dispersion)).sum(-1)

        return self._each(one, self.log_weights) + self.log_weights[..., None]

    def moments(
        self, features: tuple[Array, Array], responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        counts, observed = features

        def sums(component: tuple[Array, Array, Array]) -> tuple[Array, Array]:
            _, dispersion, share = component
            log, once, twice = _rising_of_counts(counts, 1 / dispersion)
            parts = [share @ counts, share @ once, share @ twice]
            parts += [share @ observed] if self.counted else []
            constant = share @ (observed * (log - lax.lgamma(counts + 1))).sum(-1)
            return jnp.concatenate([*parts, share.sum()[None]]), constant

        total, constant = self._each(sums, responsibility)
        return Moments(jnp.moveaxis(total, -1, 0), constant.sum(-1), "zero")

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows and components (...), of sums taken at these dispersions; with its slope."""
        width, total = self.means.shape[-1], jnp.moveaxis(moments.total, 0, -1)
        first, once = total[..., :width], total[..., width : 2 * width]
        cells = jnp.broadcast_to(total[..., 3 * width : -1] if self.counted else total[..., -1:], first.shape)
        away = self.dispersions - lax.stop_gradient(self.dispersions)
        slope = (first - once) / lax.stop_gradient(self.dispersions)
        spread = (first + cells / self.dispersions) * jnp.log1p(self.means * self.dispersions)
        return moments.common + (slope * away + first * jnp.log(self.means) - spread).sum((-1, -2))

    def _each(self, fn: Callable[[tuple[Array, Array, Array]], Any], other: Array) -> Any:
        """``fn`` of every component's means, dispersions and part of ``other``, one component at a time."""
        leading = self.means.shape[:-1]
        means, dispersions = (values.reshape(-1, values.shape[-1]) for values in (self.means, self.dispersions))
        results = lax.map(fn, (means, dispersions, other.reshape(len(means), *other.shape[len(leading) :])))
        return tree.map_leaves(lambda leaf: leaf.reshape(*leading, *leaf.shape[1:]), results)


def log_density(counts: Array, mean: Array, dispersion: Array) -> Array:
    """Log-density of counts, cell by cell."""
    product, _, _ = _rising_of_counts(counts, 1 / dispersion)
    spread = (counts + 1 / dispersion) * jnp.log1p(mean * dispersion)
    return product - lax.lgamma(counts + 1) + counts * jnp.log(mean) - spread


def _rising_of_counts(counts: Array, size: Array) -> tuple[Array, Array, Array]:
    """``rising`` of counts (n, D); NumPy works it out once for every count that there is."""
    if any_jax((counts, size)) or size.ndim > 1:
        return rising(counts, size)
    values, places = np.unique(counts, return_inverse=True)
    places = places.reshape(counts.shape)
    if len(values) > len(counts) / FEW:
        return rising(counts, size)
    found, columns = rising(values[:, None], size), np.arange(counts.shape[1])
    return found[0][places, columns], found[1][places, columns], found[2][places, columns]
