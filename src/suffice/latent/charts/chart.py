"""Coordinates put together and taken apart."""

from __future__ import annotations

import numpy as np

from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


def joined(parts: list[Array], leading: int) -> Array:
    """Arrays with so many leading axes in common, all their numbers along one last axis."""
    return jnp.concatenate([part.reshape(*part.shape[:leading], -1) for part in parts], -1)


def parted(position: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
    """The numbers along the last axis as arrays of these shapes, after the leading axes."""
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    return [
        position[..., start:end].reshape(*position.shape[:-1], *shape)
        for start, end, shape in zip(ends[:-1], ends[1:], shapes, strict=True)
    ]


def of_squares(slope: Array, root: Array) -> Array:
    """Slope in a square root, given that in its square times the square; none where the square cannot be told from 0."""
    tiny = jnp.finfo(root.dtype).eps
    seen = jnp.square(root) > tiny
    return jnp.where(seen, 2 * slope / jnp.where(seen, root, 1.0), 0.0)
