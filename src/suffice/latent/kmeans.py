"""k-means and k-means++, all restarts at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.rows.block import TILE
from suffice.rows.place import place
from suffice.rows.row_function import RowFunction
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.precision import scope
from suffice.runtime.road import passes_by_numpy

ITERATIONS = 8
"""Lloyd's iterations of a start, which expectation-maximisation goes on from: twenty lead to no better ends."""


class Assignment(RowFunction):
    """Sums over rows of the nearest centre's count and rows, ``centres`` (R, K, D)."""

    centres: Array

    def __call__(self, rows: Array, weight: Array) -> tuple[Array, Array]:
        score = self.centres @ rows.T - jnp.square(self.centres).sum(-1, keepdims=True) / 2
        nearest = (score.argmax(-2)[..., None, :] == jnp.arange(score.shape[-2])[:, None]) * weight
        return nearest @ rows, nearest.sum(-1)


def kmeans_plus_plus(
    rows: np.ndarray, weight: np.ndarray, n_clusters: int, restarts: int, generator: np.random.Generator
) -> np.ndarray:
    """Seeds of k-means, (R, K, D): each is the best of some rows drawn in proportion to the squared distance from those so far.

    Of 2 + log K rows it is the one that leaves the smallest sum of squared distances (Arthur and Vassilvitskii, 2007).
    """
    square = np.square(rows).sum(1)
    nearest, seeds = np.ones((len(rows), restarts)), np.empty((restarts, n_clusters, rows.shape[1]))
    for step in range(n_clusters):
        drawn = _drawn(nearest, weight, 2 + int(np.log(n_clusters)) if step else 1, generator)
        distance = _distances(rows, square, drawn)
        closer = distance if not step else np.minimum(nearest[..., None], distance)
        best = np.einsum("n,nrt->rt", weight, closer).argmin(1)
        nearest = np.take_along_axis(closer, best[None, :, None], 2)[..., 0]
        seeds[:, step] = rows[drawn[np.arange(restarts), best]]
    return seeds


def _drawn(nearest: np.ndarray, weight: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Numbers of the rows drawn for each restart (R, T), given squared distances (n, R)."""
    share = np.where(nearest.sum(0) > 0, nearest, 1.0) * weight[:, None]
    level, target = np.cumsum(share, axis=0), generator.random((nearest.shape[1], count))
    found = [np.searchsorted(own, part * own[-1]) for own, part in zip(level.T, target, strict=True)]
    return np.minimum(np.stack(found), len(nearest) - 1)


def _distances(rows: np.ndarray, square: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Squared distances (n, R, T) from the rows of these numbers (R, T), 0 where they are rounding."""
    towards = rows[chosen.reshape(-1)]
    distance = np.maximum(square[:, None] - 2 * rows @ towards.T + square[chosen.reshape(-1)], 0)
    distance[distance < 1e-12 * square.max(initial=1.0)] = 0
    return distance.reshape(len(rows), *chosen.shape)


def kmeans(rows: np.ndarray, weight: np.ndarray, centres: np.ndarray, *, max_iter: int = ITERATIONS) -> np.ndarray:
    """Centres after Lloyd's iterations, every restart at once; a centre without rows stays where it is."""
    with scope("float64"):
        width = centres.shape[0] * centres.shape[1]
        if passes_by_numpy(rows.size * width) >= max_iter:
            placed = place(rows, weight, precision="float64", tile=TILE, width=width)
            return np.asarray(lloyd(placed.total, np.asarray(centres, float), max_iter))
        from suffice.latent.compiled_kmeans import compiled_lloyd

        return np.asarray(compiled_lloyd(rows, weight, np.asarray(centres, float), max_iter))


def lloyd(total: Callable[[Assignment], Any], centres: Array, max_iter: Any) -> Array:
    """Centres (R, K, D) after Lloyd's iterations; ``total`` sums over rows."""

    def iterate(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        now, _, step = carry
        first, count = total(Assignment(now))
        moved = jnp.where(count[..., None] > 0, first / jnp.where(count > 0, count, 1)[..., None], now)
        return moved, now, step + 1

    def unsettled(carry: tuple[Array, Array, Array]) -> Array:
        now, before, step = carry
        return (step < max_iter) & (now != before).any()

    return lax.while_loop(unsettled, iterate, (centres, centres + 1, jnp.zeros((), jnp.int32)))[0]
