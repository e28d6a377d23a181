"""Symmetric matrices, and what is kept of them: the upper triangle, row by row."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


@lru_cache(64)
def _upper(size: int) -> np.ndarray:
    return np.stack(np.triu_indices(size))


@lru_cache(64)
def _places(size: int) -> np.ndarray:
    position = np.zeros((size, size), int)
    position[tuple(_upper(size))] = np.arange(size * (size + 1) // 2)
    return np.maximum(position, position.T)


def upper_triangle(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Places on and above the diagonal, as new arrays: JAX would keep the type that those of another precision had."""
    i, j = _upper(size).copy()
    return i, j


def packed(matrix: Float[Array, "... D D"]) -> Float[Array, "... P"]:
    """Upper triangle of symmetric matrices (..., D, D) along the first axis, (D(D+1)/2, ...)."""
    i, j = upper_triangle(matrix.shape[-1])
    return jnp.moveaxis(matrix[..., i, j], -1, 0)


def unpacked(triangle: Float[Array, "... P"], features: int) -> Float[Array, "... D D"]:
    """Symmetric matrices (..., D, D) from upper triangles (D(D+1)/2, ...)."""
    return first_axis_last(triangle)[..., _places(features).copy()]


def bordered(second: Array, rest: Array) -> Array:
    """Moments of x with a 1 put after it (..., D + 1, D + 1), from those of x (..., D, D) and of [x, 1] (..., D + 1)."""
    return jnp.concatenate([jnp.concatenate([second, rest[..., None, :-1]], -2), rest[..., None]], -1)


def first_axis_last(array: Array) -> Array:
    """The first axis put last, of NumPy and JAX arrays alike."""
    return array.transpose(*range(1, array.ndim), 0)
