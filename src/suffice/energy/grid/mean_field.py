"""The mean-field approximation of an Ising field: independent pixels, as close to the posterior as they can be."""

from __future__ import annotations

from typing import TypeAlias

import jax.numpy as jnp
from jax import lax
from jax.scipy.special import xlogy
from jaxtyping import Bool, Float, Int

from suffice.energy.grid.checkerboard import Layout, inner, neighbour_sum, replaced
from suffice.energy.grid.relaxation import Relaxed, relax
from suffice.energy.grid.spins import Observed, sums
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled

Means: TypeAlias = tuple[Float[Array, "B padded"], Float[Array, "B padded"]]
"""Means of the black and the white spins, with margins."""


@compiled
def mean_field(
    means: Means, parameters: Float[Array, " 3"], seen: Observed, layout: Layout, max_iter: int, tol: float
) -> Relaxed[Means]:
    """Means m_i = tanh(beta sum_j m_j + eta y_i - h), a colour at a time, until none moves."""
    h, beta, eta = parameters

    def mean(
        other: Float[Array, "B padded"], to_the_right: Bool[Array, "1 cells"], pixels: Int[Array, "B cells"]
    ) -> Float[Array, "B cells"]:
        field = beta * neighbour_sum(other, to_the_right, layout) + eta * pixels - h
        return jnp.tanh(field) * jnp.abs(pixels)

    def sweep(
        means: Means,
    ) -> Means:
        black = replaced(means[0], mean(means[1], seen.odd, seen.black), layout)
        black = lax.optimization_barrier(black)
        return black, replaced(means[1], mean(black, ~seen.odd, seen.white), layout)

    def measure(means: Means) -> Float[Array, "B 4"]:
        energy = sums(means, seen, layout) @ jnp.stack([h, -beta, -eta])
        pixels = (jnp.abs(seen.black), jnp.abs(seen.white))
        entropy = sum(_entropy(inner(m, layout), there).sum(1) for m, there in zip(means, pixels, strict=True))
        signs = sums(labels(means, seen, layout), seen, layout)
        return jnp.concatenate([signs.astype(energy.dtype), (energy - entropy)[:, None]], 1)

    return relax(means, sweep, measure, max_iter=max_iter, tol=tol)


def labels(means: Means, seen: Observed, layout: Layout) -> tuple[Int[Array, "B padded"], Int[Array, "B padded"]]:
    """Signs of means, those of the noisy pixels where a mean is 0; the two colours, int8, with margins."""
    pixels = (seen.black, seen.white)
    signs = [jnp.sign(inner(m, layout)).astype(jnp.int8) for m in means]
    filled = [jnp.where(sign == 0, y, sign) for sign, y in zip(signs, pixels, strict=True)]
    black, white = (replaced(jnp.zeros(m.shape, jnp.int8), y, layout) for m, y in zip(means, filled, strict=True))
    return black, white


def _entropy(means: Float[Array, "B cells"], there: Int[Array, "B cells"]) -> Float[Array, "B cells"]:
    up, down = (1 + means) / 2, (1 - means) / 2
    return -(xlogy(up, up) + xlogy(down, down)) * there
