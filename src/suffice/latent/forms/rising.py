r"""Rising factorials :math:`\Gamma(x + r) / \Gamma(r) = \prod_{j < x} (r + j)`, without losing digits where r is large."""

from __future__ import annotations

from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

BERNOULLI_NUMBERS = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
SHIFT = 8
"""From here on Stirling's series has all digits; smaller arguments are moved up by as much."""


def rising(x: Array, r: Array) -> tuple[Array, Array, Array]:
    r"""Logarithm of :math:`\prod_j (1 + j / r)` over j < x, and the sums of r / (r + j) and of its square.

    These two are r times the first derivative of :math:`\log \prod_j (r + j)` in r, and -r^2 times the second. ``x`` may be
    fractional: the products are then quotients of gamma functions. By Stirling's series (Abramowitz and Stegun, 6.1.40).
    """
    x, r = jnp.broadcast_arrays(x, r)
    ends = jnp.stack([x + r, r])
    near = ends < SHIFT
    moved = jnp.where(near, ends + SHIFT, ends)
    (high, low), apart = moved, x + (near[0].astype(x.dtype) - near[1]) * SHIFT
    steps = jnp.where(near, ends, 1.0) + jnp.arange(SHIFT, dtype=x.dtype).reshape(-1, *(1,) * ends.ndim)
    product = jnp.log(jnp.where(near, steps.prod(0), 1.0))
    first, second = (jnp.where(near, (steps**-power).sum(0), 0.0) for power in (1, 2))
    square, series = jnp.square(1 / moved), [jnp.zeros_like(moved)] * 3
    for k, number in reversed(list(enumerate(BERNOULLI_NUMBERS, 1))):
        terms = number / (2 * k * (2 * k - 1)), number / (2 * k), number
        series = [term + square * rest for term, rest in zip(terms, series, strict=True)]
    logs, slopes, curves = series[0] / moved, square * series[1], square * series[2] / moved
    log = (high - 0.5) * jnp.log1p(apart / low) - apart + apart * jnp.log(low) - x * jnp.log(r)
    once = jnp.log1p(apart / low) + apart / (2 * high * low)
    twice = apart / (high * low) + apart * (high + low) / (2 * (high * low) ** 2)
    log = log + (logs[0] - logs[1]) - (product[0] - product[1])
    once = once - (slopes[0] - slopes[1]) - (first[0] - first[1])
    twice = twice - (curves[0] - curves[1]) - (second[0] - second[1])
    return log, r * once, jnp.square(r) * twice
