"""Which rows look like noise before a fit: those whose neighbours are far away."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree
from scipy.special import expit

from suffice.latent.starts import Start

NEIGHBOUR = 12
"""The distance to this neighbour is looked at."""
ROUNDS = 50
LEAST, MOST = 0.01, 0.5
"""Shares of the rows between which noise begins."""
UNSURE = 0.9
"""What is taken of a row's chance, so that none is ruled out of either."""


def beside_noise(start: Start) -> Start:
    """A start of K components that leaves the rows which look like noise out, and puts them in a component K + 1."""

    def shares(
        rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
    ) -> np.ndarray:
        noise = noise_chances(rows, weight)
        own = start(rows, weight * (1 - noise), components - 1, restarts, generator)
        every = np.broadcast_to(noise[:, None], (restarts, len(rows), 1))
        return np.concatenate([own * (1 - every), every], -1)

    return shares


def noise_chances(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    r"""Chance (n,) that a row (D columns in comparable units) is noise, by the distance to its k-th neighbour.

    Where rows lie evenly, :math:`d_k^D` follows a gamma distribution of shape k, so that of clusters in noise two of them are
    mixed (Byers and Raftery, "Nearest-neighbor clutter removal", 1998).
    """
    volume = _volumes(rows, weight)
    shape = NEIGHBOUR
    spread = volume > np.quantile(volume, 0.9)
    chance = np.where(spread, UNSURE, 1 - UNSURE)
    for _ in range(ROUNDS):
        share = np.clip(weight @ chance / weight.sum(), LEAST, MOST)
        rates = [shape * (weight @ part) / max(weight @ (part * volume), 1e-300) for part in (chance, 1 - chance)]
        far, near = min(rates), max(rates)
        chance = expit(np.log(share / (1 - share)) + shape * np.log(far / near) + (near - far) * volume)
    bound = weight @ chance / weight.sum()
    kept = UNSURE * chance * min(1.0, MOST / max(bound, 1e-12))
    return np.maximum(kept, LEAST)


def _volumes(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Distance to the neighbour up to which rows weigh so many, to the power of D, in units of the median (n,)."""
    count = min(len(rows), NEIGHBOUR + 1)
    distance, found = KDTree(rows).query(rows, k=count)
    distance, found = distance.reshape(len(rows), -1), found.reshape(len(rows), -1)
    reached = np.cumsum(weight[found], 1) > NEIGHBOUR
    place = np.where(reached.any(1), reached.argmax(1), count - 1)
    own = distance[np.arange(len(rows)), place]
    positive = own[own > 0]
    middle = np.median(positive) if len(positive) else 1.0
    return np.exp(np.minimum(rows.shape[1] * np.log(np.maximum(own / middle, 1e-3)), 700.0))
