r"""Rising factorials :math:`\Gamma(x + r) / \Gamma(r) = \prod_{j < x} (r + j)`, without losing digits where r is large."""

from __future__ import annotations

import jax.numpy as jnp

from suffice.runtime.arrays import Array

BERNOULLI_NUMBERS = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
SHIFT = 8
"""From here on Stirling's series has all digits; smaller arguments are moved up by as much."""


def rising(x: Array, r: Array) -> tuple[Array, Array, Array]:
    r"""Logarithm of :math:`\prod_j (1 + j / r)` over j < x, and the sums of r / (r + j) and of its square.

    These two are r times the first derivative of :math:`\log \prod_j (r + j)` in r, and -r^2 times the second. ``x`` may be
    fractional: the products are then quotients of gamma functions. By Stirling's series (Abramowitz and Stegun, 6.1.40).
    """
    above, below = jnp.where(x + r < SHIFT, SHIFT, 0.0), jnp.where(r < SHIFT, SHIFT, 0.0)
    high, low, apart = x + r + above, r + below, x + (above - below)
    steps = [(1 / (x + r + i), 1 / (r + i)) for i in range(SHIFT)]
    log = (high - 0.5) * jnp.log1p(apart / low) - apart + apart * jnp.log(low) - x * jnp.log(r)
    once = jnp.log1p(apart / low) + apart / (2 * high * low)
    twice = apart / (high * low) + apart * (high + low) / (2 * (high * low) ** 2)
    for k, number in enumerate(BERNOULLI_NUMBERS, 1):
        up, down = high ** (-2 * k), low ** (-2 * k)
        log = log + number / (2 * k * (2 * k - 1)) * (up * high - down * low)
        once = once - number / (2 * k) * (up - down)
        twice = twice + number * (down / low - up / high)
    for top, bottom in steps:
        top, bottom = jnp.where(above > 0, top, 0.0), jnp.where(below > 0, bottom, 0.0)
        log = log + jnp.log(jnp.where(above > 0, top, 1.0)) - jnp.log(jnp.where(below > 0, bottom, 1.0))
        once = once - top + bottom
        twice = twice + jnp.square(bottom) - jnp.square(top)
    return log, r * once, jnp.square(r) * twice
