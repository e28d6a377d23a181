"""Sums and maxima of rows of small whole numbers: eighths of a row are combined place by place first, many at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import jax.numpy as jnp
from jaxtyping import Num

from suffice.runtime.arrays import Array


def row_totals(values: Num[Array, "B n"]) -> Num[Array, " B"]:
    """Sums of rows (B, n); of int8 as int32, where no eight of them add to more than 127."""
    if jnp.issubdtype(values.dtype, jnp.floating):
        return values.sum(1)
    return _folded(values, jnp.add).sum(1, dtype=jnp.int32)


def row_maxima(values: Num[Array, "B n"]) -> Num[Array, " B"]:
    """Largest value of each row (B, n) of numbers that are at least 0."""
    return _folded(values, jnp.maximum).max(1)


def _folded(values: Num[Array, "B n"], combine: Callable[[Any, Any], Any]) -> Num[Array, "B eighth"]:
    eighth = -(-values.shape[1] // 8)
    padded = jnp.pad(values, ((0, 0), (0, 8 * eighth - values.shape[1])))
    return reduce(combine, [padded[:, part * eighth : (part + 1) * eighth] for part in range(8)])
