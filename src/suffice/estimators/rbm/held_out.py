"""Rows of an RBM's fit that are held out."""

from __future__ import annotations

import numpy as np

from suffice.runtime.types import Sparse


def hold_out(
    units: np.ndarray | Sparse, weight: np.ndarray, fraction: float, seed: int
) -> tuple[np.ndarray | Sparse, np.ndarray, np.ndarray | Sparse]:
    """Rows (n, U) to learn from, their weights (n,), and complete rows (m, U) held out."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(weight > 0))
    count = max(1, round(fraction * len(order)))
    if count >= len(order):
        raise ValueError(f"{len(order)} rows cannot be divided by validation_fraction={fraction!r}.")
    return units[order[count:]], weight[order[count:]], _complete_rows(units[order[:count]])


def _complete_rows(units: np.ndarray | Sparse) -> np.ndarray | Sparse:
    if not isinstance(units, np.ndarray):
        return units
    complete = units[~np.isnan(units).any(axis=1)]
    if not len(complete):
        raise ValueError(
            "Every row held out has missing cells, so none has a free energy; leave out validation_fraction."
        )
    return complete
