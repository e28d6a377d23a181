"""Groups of rows in two, cut along directions in which their halves lie apart."""

from __future__ import annotations

import numpy as np

from suffice.latent.invariant_axes import along_axes
from suffice.latent.starts import Start

NEGLIGIBLE = 1e-3
"""Weight, beside the largest, of rows that do not matter to a cut."""
POWERS = 20
"""Products with the covariance that find about the direction of most variance."""
CUTS = 2
"""Ways in which each group is cut."""


def cut_in_two(shares: np.ndarray) -> Start:
    """A start of two components: restarts are ways to cut each group, whose ``shares`` (n, G) of the rows they divide.

    They are cuts across the direction of most variance, and across that of the smallest fourth moments, both where the sum of
    squares within the halves is least; all of the first group come first.
    """

    def start(
        rows: np.ndarray, weight: np.ndarray, components: int, restarts: int, generator: np.random.Generator
    ) -> np.ndarray:
        halves = [half for own in shares.T for half in _cuts(rows, weight * own)]
        sides = np.stack([halves, ~np.stack(halves)], -1)
        return sides * np.repeat(shares.T, CUTS, axis=0)[..., None]

    return start


def _cuts(rows: np.ndarray, weight: np.ndarray) -> list[np.ndarray]:
    """Which rows are in the first half, in each way, (n,)."""
    near = np.flatnonzero(weight > NEGLIGIBLE * weight.max(initial=0.0))
    own = weight[near]
    seen = [_along_most_variance(rows[near], own), along_axes(rows[near], own, 1)]
    chosen = [line[:, 0] if line.shape[1] == 1 else seen[0][:, 0] for line in seen]
    found = np.zeros((CUTS, len(rows)), bool)
    found[:, near] = [_lower_half(line, own) for line in chosen]
    return list(found)


def _along_most_variance(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Rows along the direction of most variance (n, 1), by the power method from the row farthest off."""
    centred = rows - weight @ rows / weight.sum()
    direction = centred[np.square(centred).sum(1).argmax()]
    for _ in range(POWERS):
        moved = (weight * (centred @ direction)) @ centred
        direction = moved / max(np.linalg.norm(moved), np.finfo(float).tiny)
    return (centred @ direction)[:, None]


def _lower_half(line: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Which places on a line (n,) are below the cut that leaves the least squares within both sides: between, the most."""
    order = np.argsort(line, kind="stable")
    count, moment = np.cumsum(weight[order]), np.cumsum((weight * line)[order])
    left, right = count[:-1], count[-1] - count[:-1]
    between = np.square(moment[:-1]) / left + np.square(moment[-1] - moment[:-1]) / np.maximum(right, 1e-300)
    lower = np.zeros(len(line), bool)
    lower[order[: 1 + (between.argmax() if len(between) else 0)]] = True
    return lower
