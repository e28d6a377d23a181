"""Sweeps over a grid pixel by pixel, row after row, done a diagonal at a time.

A pixel has to see the new values above it and left of it, and the old ones below it and right of it. All pixels of a diagonal
i + j = d do, once the diagonal before it is done, so the result is that of going through the pixels one by one.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Int

from suffice.energy.grid.relaxation import Relaxed, relax
from suffice.energy.grid.spins import likelier
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled


def slanted(images: np.ndarray) -> np.ndarray:
    """Images (B, H, W) by diagonals, (B, H + W - 1, H): pixel (i, j) at [i + j, i], 0 where there is none."""
    count, height, width = images.shape
    diagonals = np.zeros((count, height + width - 1, height), images.dtype)
    rows = np.arange(height)[:, None]
    diagonals[:, rows + np.arange(width), rows] = images
    return diagonals


def upright(diagonals: np.ndarray, width: int) -> np.ndarray:
    """Images (B, H, W) from their diagonals."""
    rows = np.arange(diagonals.shape[2])[:, None]
    return diagonals[:, rows + np.arange(width), rows]


@compiled
def raster_descent(
    images: Int[Array, "B diagonals H"], table: Int[Array, "2 9"], seen: Int[Array, "B diagonals H"], max_iter: int
) -> Relaxed:
    """Spins set to the likelier value one by one until none changes."""
    return relax(
        images, lambda x: _sweep(x, table, seen), lambda x: _sums(x, seen), max_iter=max_iter, tol=0.0
    )  # fmt: skip


def _sweep(
    images: Int[Array, "B diagonals H"], table: Int[Array, "2 9"], seen: Int[Array, "B diagonals H"]
) -> Int[Array, "B diagonals H"]:
    below = jnp.pad(images[:, 1:], ((0, 0), (0, 1), (0, 0)))

    def diagonal(
        before: Int[Array, "B H"], now: tuple[Int[Array, "B H"], Int[Array, "B H"], Int[Array, "B H"]]
    ) -> tuple[Int[Array, "B H"], Int[Array, "B H"]]:
        own, after, pixels = now
        above_and_left = before + jnp.pad(before[:, :-1], ((0, 0), (1, 0)))
        below_and_right = after + jnp.pad(after[:, 1:], ((0, 0), (0, 1)))
        new = likelier(table, above_and_left + below_and_right, pixels, own) * jnp.abs(pixels)
        return new, new

    own, after, pixels = (jnp.moveaxis(part, 1, 0) for part in (images, below, seen))
    _, swept = lax.scan(diagonal, jnp.zeros_like(images[:, 0]), (own, after, pixels))
    return jnp.moveaxis(swept, 0, 1)


def _sums(images: Int[Array, "B diagonals H"], seen: Int[Array, "B diagonals H"]) -> Int[Array, "B 3"]:
    after = images[:, 1:] + jnp.pad(images[:, 1:, 1:], ((0, 0), (0, 0), (0, 1)))
    terms = (images, images[:, :-1] * after, images * seen)
    return jnp.stack([term.sum((1, 2), dtype=jnp.int32) for term in terms], 1)
