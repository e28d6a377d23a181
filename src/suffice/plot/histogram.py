"""Cells counted in bins of equal width, whatever the cells are."""

from __future__ import annotations

import numpy as np

MOST_BINS = 60
FINEST = 1e-9
"""Least range of the bins, as a share of the largest cell: below it their edges would be the same number."""


def bin_count(cells: np.ndarray, most: int = MOST_BINS) -> int:
    """How many bins suit so many cells so spread: the finer of the rules of Freedman and Diaconis and of Sturges."""
    if len(cells) < 2:
        return 1
    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(np.ptp(cells))
        width = 2.0 * float(np.subtract(*np.percentile(cells, [75, 25]))) / np.cbrt(len(cells))
    by_width = spread / width if 0 < width < np.inf and spread < np.inf else 0.0
    return int(min(most, max(np.ceil(min(by_width, most)), np.ceil(np.log2(len(cells)) + 1))))


def bin_edges(cells: np.ndarray, count: int | None = None) -> np.ndarray:
    """Edges of equal bins over the range of the cells, some room wide where they are all alike."""
    cells = cells[np.isfinite(cells)]
    count = bin_count(cells) if count is None else count
    low, high = (float(cells.min()), float(cells.max())) if len(cells) else (0.0, 1.0)
    least = FINEST * max(abs(low), abs(high))
    if high - low <= least:
        room = max(0.5, 0.05 * abs(low))
        low, high = low - room, high + room
    share = np.linspace(0.0, 1.0, count + 1)
    return low * (1 - share) + high * share


def histogram(
    cells: np.ndarray, count: int | None = None, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of the cells in each bin, and the edges of the bins."""
    edges = bin_edges(cells, count)
    counts, _ = np.histogram(cells, edges, weights=weight)
    return counts.astype(float), edges


@np.errstate(over="ignore", invalid="ignore")
def density(cells: np.ndarray, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Heights of bars whose areas sum to one, and the edges of the bins."""
    counts, edges = histogram(cells, weight=weight)
    return counts / max(float(counts.sum()), 1e-300) / np.diff(edges), edges
