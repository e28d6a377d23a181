"""Responsibilities to start a mixture from, for every restart; none depends on the order of rows or on their repetition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from suffice.latent.invariant_axes import along_axes
from suffice.latent.kmeans import kmeans, kmeans_plus_plus

Start = Callable[[np.ndarray, np.ndarray, int, int, np.random.Generator], np.ndarray]

STRETCH = 0.5
"""Standard deviation of the logarithm of what columns are stretched by."""


def from_kmeans(
    rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
) -> np.ndarray:
    """Rows belong to the nearest centre of k-means, begun with greedy k-means++; (R, n, K)."""
    return _nearest(rows, kmeans(rows, weight, kmeans_plus_plus(rows, weight, components, restarts, generator)))


def from_axes(
    rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
) -> np.ndarray:
    """The same along the directions in which groups show: K - 1 at most, which is what K centres span; (R, n, K)."""
    return from_kmeans(along_axes(rows, weight, max(1, components - 1)), weight, components, restarts, generator)


def from_stretched(
    rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
) -> np.ndarray:
    """The same where every column is stretched at random, so that other groups are the nearest; (R, n, K)."""
    stretch = np.exp(STRETCH * generator.standard_normal(rows.shape[1]))
    return from_kmeans(rows * stretch, weight, components, restarts, generator)


def from_deviations(deviations: np.ndarray) -> Start:
    """The same where columns have these standard deviations (D,); (R, n, K)."""

    def start(
        rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
    ) -> np.ndarray:
        centred = rows - weight @ rows / weight.sum()
        seen = np.sqrt(weight @ np.square(centred) / weight.sum())
        return from_kmeans(rows * (deviations / np.where(seen > 0, seen, 1.0)), weight, components, restarts, generator)

    return start


def from_seeds(
    rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
) -> np.ndarray:
    """Rows belong to the nearest seed of greedy k-means++; (R, n, K)."""
    return _nearest(rows, kmeans_plus_plus(rows, weight, components, restarts, generator))


def from_random_rows(
    rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
) -> np.ndarray:
    """Rows belong to the nearest of K rows drawn at random; (R, n, K)."""
    level = np.cumsum(weight)
    drawn = np.searchsorted(level, generator.random((restarts, components)) * level[-1])
    return _nearest(rows, rows[np.minimum(drawn, len(rows) - 1)])


def from_random_shares(
    rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
) -> np.ndarray:
    """Rows are shared out smoothly by random directions; (R, n, K)."""
    directions = generator.standard_normal((restarts, rows.shape[1], components)) / np.sqrt(rows.shape[1])
    score = rows @ directions
    share = np.exp(score - score.max(-1, keepdims=True))
    return share / share.sum(-1, keepdims=True)


STARTS: dict[str, Start] = {
    "kmeans": from_kmeans,
    "k-means++": from_seeds,
    "random_from_data": from_random_rows,
    "random": from_random_shares,
}


def _nearest(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    nearest = [(rows @ own.T - np.square(own).sum(-1) / 2).argmax(-1) for own in centres]
    return np.eye(centres.shape[1])[np.stack(nearest)]
