"""What a mixture says of single cells given the others of their row: chances of labels, and intervals of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtr

from suffice.latent.imputation import completed_by
from suffice.latent.mixture import Mixture
from suffice.latent.readers import Responsibilities, read
from suffice.rows.missing import with_nan
from suffice.uncertainty.tables import chances_of

HALVINGS = 200
DOUBLINGS = 1000
FAR = 40.0
"""Standard deviations from a mean beyond which nothing is left of a normal distribution."""

Cumulative = Callable[[np.ndarray], np.ndarray]
"""Probability (n,) of each row's cell up to its value (n,)."""


def cell_chances(model: Mixture, rows: np.ndarray, column: int) -> np.ndarray:
    """Chances (n, C) of a column's labels given each row's other cells."""
    share = read(model, [_hidden(rows, column)], Responsibilities)
    return share @ chances_of(model.marginal([column]).components)[0]


def cell_intervals(model: Mixture, rows: np.ndarray, column: int, level: float) -> np.ndarray:
    """Quantiles (n, 2) between which a column's number lies with this probability, given each row's other cells."""
    rows = _hidden(rows, column)
    share = read(model, [rows], Responsibilities)
    part = _alone(model, column)
    below = (1 - level) / 2
    if part.movable:
        means, spreads = _normals(model, rows, column)
        box = getattr(model.components, "box", None)
        box = None if box is None else box.among([column])
        low, high = (means - FAR * spreads).min(1), (means + FAR * spreads).max(1)
        cumulative = _of_normals(share, means, spreads, box)
        return np.stack([_quantile(cumulative, q, low, high) for q in (below, 1 - below)], 1)
    start = np.full(len(rows), -1.0 if part.discrete else 0.0)
    cumulative = _of_column(share, part)
    return np.stack([_rising(cumulative, q, start, part.discrete) for q in (below, 1 - below)], 1)


def _hidden(rows: np.ndarray, column: int) -> np.ndarray:
    hidden = with_nan(rows).astype(float)
    hidden[:, column] = np.nan
    return hidden


def _alone(model: Mixture, column: int) -> Any:
    """The family of one column, of numbers."""
    found: Any = model.marginal([column]).components
    part = getattr(found, "parts", (found,))[0]
    if part.labels:
        raise ValueError(
            f"Column {column} holds labels, whose cells have probabilities; ask cell_probabilities in place of intervals."
        )
    return part


def _normals(model: Mixture, rows: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (n, K) of a cell in every component given the others."""
    parts = [completed_by(model, rows, k) for k in range(len(model.weights))]
    return tuple(np.stack([found[part][:, column] for found in parts], 1) for part in (0, 1))  # type: ignore[return-value]


def _of_normals(share: np.ndarray, means: np.ndarray, spreads: np.ndarray, box: Any) -> Cumulative:
    def cumulative(values: np.ndarray) -> np.ndarray:
        each = ndtr((values[:, None] - means) / np.maximum(spreads, 1e-300))
        if box is not None:
            each[:, -1] = np.clip((values - box.low) / box.sides, 0.0, 1.0)
        return (share * each).sum(1)

    return cumulative


def _of_column(share: np.ndarray, part: Any) -> Cumulative:
    return lambda values: np.einsum("nk,kn->n", share, part.cumulative(values))


def _quantile(cumulative: Cumulative, chance: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where it reaches a chance, between bounds (n,), by halving."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = cumulative(middle) >= chance
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def _rising(cumulative: Cumulative, chance: float, start: np.ndarray, whole: bool) -> np.ndarray:
    """The same from where it is 0 on; of whole numbers the first that reaches the chance."""
    reach = np.ones(len(start))
    for _ in range(DOUBLINGS):
        short = cumulative(start + reach) < chance
        if not short.any():
            break
        reach = np.where(short, 2 * reach, reach)
    if not whole:
        return _quantile(cumulative, chance, start, start + reach)
    low, high = start, start + reach
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = cumulative(middle) >= chance
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high
