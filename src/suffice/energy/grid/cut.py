"""Minimum cuts of grids with real capacities, by a maximum flow of whole numbers fine enough to prove them minimal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suffice.energy.grid.flow import Flow, push_all, reached_from_excess

DIGITS = 52
"""Binary digits of the largest capacity; sums of a pixel's and its neighbours' stay below 2^63."""


class Cut(NamedTuple):
    """Pixels labelled 1 as ``ones`` (H, W), their energy, how far below it another may come, and if no farther than rounding."""

    ones: np.ndarray
    energy: float
    gap: float
    proven: bool


class Costs(NamedTuple):
    """Costs of a pixel that is 1 beside one that is 0, to its right and left (H, W - 1), below and above (H - 1, W)."""

    right: np.ndarray
    left: np.ndarray
    down: np.ndarray
    up: np.ndarray

    def of_pixels(self, shape: tuple[int, ...]) -> np.ndarray:
        """Sums over the neighbours of each pixel, a bound on what these can do."""
        total = np.zeros(shape)
        for part, cost in ((total[:, :-1], self.right + self.left), (total[:-1], self.down + self.up)):
            part += cost
        for part, cost in ((total[:, 1:], self.right + self.left), (total[1:], self.down + self.up)):
            part += cost
        return total

    def between(self, ones: np.ndarray) -> float:
        """What a labelling costs at unequal neighbours."""
        zeros = ~ones
        return float(
            self.right[ones[:, :-1] & zeros[:, 1:]].sum()
            + self.left[zeros[:, :-1] & ones[:, 1:]].sum()
            + self.down[ones[:-1] & zeros[1:]].sum()
            + self.up[zeros[:-1] & ones[1:]].sum()
        )


def minimum_cut(
    unary: np.ndarray,
    right: float | np.ndarray,
    left: float | np.ndarray,
    down: float | np.ndarray,
    up: float | np.ndarray,
) -> Cut:
    """The labelling z in {0, 1} of a grid with the least sum of ``unary`` z and of the costs of unequal neighbours."""
    unary = np.asarray(unary, float)
    costs = _costs(unary.shape, right, left, down, up)
    most = costs.of_pixels(unary.shape)
    clipped = np.clip(unary, -2 * most, 2 * most)
    ones, least = _of_whole_numbers(clipped, costs)
    ones = np.where(np.abs(unary) > most, unary < 0, ones)
    least += float(np.minimum(unary - clipped, 0).sum())
    energy = float(unary[ones].sum()) + costs.between(ones)
    gap = max(energy - least, 0.0)
    return Cut(ones, energy, gap, gap <= _rounding(unary, costs))


def _costs(shape: tuple[int, ...], *given: float | np.ndarray) -> Costs:
    height, width = shape
    beside, below = (height, width - 1), (height - 1, width)
    shapes = (beside, beside, below, below)
    return Costs(*(np.broadcast_to(np.asarray(cost, float), own) for cost, own in zip(given, shapes, strict=True)))


def _rounding(unary: np.ndarray, costs: Costs) -> float:
    """A difference in energy that rounding may make."""
    capacities = [np.abs(unary).ravel(), *(cost.ravel() for cost in costs)]
    least = min((float(part[part > 0].min()) for part in capacities if (part > 0).any()), default=0.0)
    return 1e-8 * least + 1e-14 * float(np.abs(np.minimum(unary, 0)).sum() + 1e-300)


def _of_whole_numbers(unary: np.ndarray, costs: Costs) -> tuple[np.ndarray, float]:
    """The smallest set of ones among the labellings of least energy in whole numbers, and what no energy comes below."""
    largest = max((float(cost.max()) for cost in costs if cost.size), default=0.0)
    if largest == 0:
        return np.zeros(unary.shape, bool), 0.0
    unit = 2.0 ** (np.ceil(np.log2(largest)) - DIGITS)
    flow, pixels = _flow(unary, costs, unit)
    lost = float(np.abs(unary + unit * flow.excess[pixels].reshape(unary.shape)).sum())
    push_all(flow, pixels)
    ones = np.zeros(len(flow.excess), bool)
    ones[reached_from_excess(flow, pixels)] = True
    excess = flow.excess[pixels]
    return ones[pixels].reshape(unary.shape), -unit * float(excess[excess > 0].sum(dtype=float)) - lost


def _flow(unary: np.ndarray, costs: Costs, unit: float) -> tuple[Flow, np.ndarray]:
    """A grid with an empty column to its right, an empty row above and one below, in whole numbers, and its pixels' places."""
    height, width = unary.shape
    places = (np.arange(1, height + 1)[:, None] * (width + 1) + np.arange(width)).astype(np.intp)
    size = (height + 2) * (width + 1)

    def laid(values: np.ndarray, where: np.ndarray) -> np.ndarray:
        found = np.zeros(size, np.int64)
        found[where] = values
        return found

    right, left, down, up = (np.floor(cost / unit).astype(np.int64) for cost in costs)
    room = [
        laid(right, places[:, :-1]),
        laid(left, places[:, 1:]),
        laid(down, places[:-1]),
        laid(up, places[1:]),
    ]
    excess = laid(-np.rint(unary / unit).astype(np.int64), places)
    return Flow(excess, np.stack(room), np.array([1, -1, width + 1, -width - 1])), places.ravel()
