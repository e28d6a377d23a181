"""Sums over all states of a few units, a tile of states at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax
from jax.nn import logsumexp
from jaxtyping import Float, Int

from suffice.runtime.arrays import Array
from suffice.runtime.types import DType

LARGEST_ENUMERATION = 20
STATES_AT_ONCE = 4096


def bits(index: Int[Array, ...], count: int, dtype: DType) -> Float[Array, "... count"]:
    """States of ``count`` binary units with these numbers, shape (..., count); the first unit is the lowest digit."""
    return ((index[..., None] >> jnp.arange(count, dtype=jnp.int32)) & 1).astype(dtype)


def log_sum(log_weight: Callable[[Any], Any], count: int) -> Float[Array, ""]:
    """Logarithm of the sum of exp(``log_weight``) over the states numbered from 0 to ``count`` - 1."""
    tile = min(count, STATES_AT_ONCE)

    def tile_sum(start: Int[Array, ""]) -> Float[Array, ""]:
        index = start + jnp.arange(tile, dtype=jnp.int32)
        return logsumexp(jnp.where(index < count, log_weight(index), -jnp.inf))

    return logsumexp(lax.map(tile_sum, jnp.arange(0, count, tile, dtype=jnp.int32)))
