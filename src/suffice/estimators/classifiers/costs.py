"""Decisions by what mistakes cost."""

from __future__ import annotations

import numpy as np

from suffice.runtime.types import ArrayLike


def cheapest(probability: np.ndarray, costs: ArrayLike, classes: np.ndarray) -> np.ndarray:
    """Places (n,) of the decisions of least expected cost, by probabilities (n, K) and costs (K, K)."""
    return (probability @ check_costs(costs, classes)).argmin(1)


def check_costs(costs: ArrayLike, classes: np.ndarray) -> np.ndarray:
    """Costs (K, K) as numbers, which make no mistake cheaper than the right decision."""
    try:
        found = np.asarray(costs, float)
    except (TypeError, ValueError):
        found = np.full(0, np.nan)
    count = len(classes)
    if found.shape != (count, count) or not np.isfinite(found).all():
        raise ValueError(
            f"costs has shape {np.shape(costs)}; finite numbers ({count}, {count}) are expected: a line for each true class of "
            f"{classes.tolist()}, a column for each decision."
        )
    wrong = np.flatnonzero((found < np.diagonal(found)[:, None]).any(1))
    if len(wrong):
        raise ValueError(
            "costs makes a mistake cheaper than the right decision where the class is "
            f"{classes.tolist()[wrong[0]]!r}; each line is least on the diagonal."
        )
    return found
