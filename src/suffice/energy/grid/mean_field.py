"""The mean-field approximation of an Ising field: independent pixels, as close to the posterior as they can be."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.special import xlogy

from suffice.energy.grid.checkerboard import Layout, inner, neighbour_sum, replaced
from suffice.energy.grid.relaxation import Relaxed, relax
from suffice.energy.grid.spins import Observed, sums


@partial(jax.jit, static_argnames=("layout", "max_iter"))
def mean_field(
    means: Any, parameters: Any, seen: Observed, layout: Layout, max_iter: int, tol: Any
) -> Relaxed:  # fmt: skip
    """Means m_i = tanh(beta sum_j m_j + eta y_i - h), a colour at a time, until none moves."""
    h, beta, eta = parameters

    def mean(other: Any, to_the_right: Any, pixels: Any) -> Any:
        field = beta * neighbour_sum(other, to_the_right, layout) + eta * pixels - h
        return jnp.tanh(field) * jnp.abs(pixels)

    def sweep(means: Any) -> Any:
        black = replaced(means[0], mean(means[1], seen.odd, seen.black), layout)
        black = lax.optimization_barrier(black)
        return black, replaced(means[1], mean(black, ~seen.odd, seen.white), layout)

    def measure(means: Any) -> Any:
        energy = sums(means, seen, layout) @ jnp.stack([h, -beta, -eta])
        pixels = (jnp.abs(seen.black), jnp.abs(seen.white))
        entropy = sum(_entropy(inner(m, layout), there).sum(1) for m, there in zip(means, pixels, strict=True))
        signs = sums(labels(means, seen, layout), seen, layout)
        return jnp.concatenate([signs.astype(energy.dtype), (energy - entropy)[:, None]], 1)

    return relax(means, sweep, measure, max_iter=max_iter, tol=tol)


def labels(means: Any, seen: Observed, layout: Layout) -> Any:
    """Signs of means, those of the noisy pixels where a mean is 0; the two colours, int8, with margins."""
    pixels = (seen.black, seen.white)
    signs = [jnp.sign(inner(m, layout)).astype(jnp.int8) for m in means]
    filled = [jnp.where(sign == 0, y, sign) for sign, y in zip(signs, pixels, strict=True)]
    return tuple(replaced(jnp.zeros(m.shape, jnp.int8), sign, layout) for m, sign in zip(means, filled, strict=True))


def _entropy(means: Any, there: Any) -> Any:
    up, down = (1 + means) / 2, (1 - means) / 2
    return -(xlogy(up, up) + xlogy(down, down)) * there
