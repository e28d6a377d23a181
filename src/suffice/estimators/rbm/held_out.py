"""Rows of an RBM's fit that are held out, and those that are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.rows.stored import Stored, at_equal_steps, check_held_out

SHOWN = 2000


def hold_out(units: Any, weight: np.ndarray, fraction: float, seed: int) -> tuple[Any, np.ndarray, Any]:
    """Rows (n, U) to learn from, their weights (n,), and complete rows (m, U) held out; stored ones lose their weight."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(weight > 0))
    count = max(1, round(fraction * len(order)))
    if count >= len(order):
        raise ValueError(f"{len(order)} rows cannot be divided by validation_fraction={fraction!r}.")
    if not isinstance(units, Stored):
        return units[order[count:]], weight[order[count:]], _complete_rows(units[order[:count]])
    check_held_out(units.nbytes, fraction)
    left = weight.copy()
    left[order[:count]] = 0.0
    return units, left, units[np.sort(order[:count])]


def shown(units: Any, weight: np.ndarray) -> tuple[Any, np.ndarray]:
    """All rows and weights; of stored ones at most 2,000 rows of positive weight at equal steps, in memory."""
    if not isinstance(units, Stored):
        return units, weight
    there = at_equal_steps(weight, SHOWN)
    return units[there], weight[there]


def _complete_rows(units: Any) -> Any:
    if not isinstance(units, np.ndarray):
        return units
    complete = units[~np.isnan(units).any(axis=1)]
    if not len(complete):
        raise ValueError(
            "Every row held out has missing cells, so none has a free energy; leave out validation_fraction."
        )
    return complete
