"""Alpha-expansion: labels of a Potts field, one label at a time by a minimum cut (Boykov, Veksler and Zabih 2001)."""

from __future__ import annotations

import numpy as np

from suffice.energy.grid.cut import minimum_cut


def expanded(labels: np.ndarray, alpha: int, cost: np.ndarray, beta: float) -> tuple[np.ndarray, bool]:
    """The labelling of least energy among those in which pixels keep their label or take ``alpha``, and if that is proven."""
    kept = np.take_along_axis(cost, labels[..., None], 2)[..., 0]
    unary = cost[..., alpha] - kept
    right = _between(unary[:, :-1], unary[:, 1:], labels[:, :-1], labels[:, 1:], alpha, beta)
    down = _between(unary[:-1], unary[1:], labels[:-1], labels[1:], alpha, beta)
    found = minimum_cut(unary, 0.0, right, 0.0, down)
    return np.where(found.ones, alpha, labels), found.proven


def _between(
    unary: np.ndarray, unary_next: np.ndarray, label: np.ndarray, label_next: np.ndarray, alpha: int, beta: float
) -> np.ndarray:
    """Adds to the costs of taking alpha what neighbours say; gives the cost of a pixel that keeps and a next one that takes."""
    both, first, second = (beta * (a != b) for a, b in ((label, label_next), (label, alpha), (alpha, label_next)))
    unary += second - both
    unary_next -= second
    return np.asarray(first + second - both)
