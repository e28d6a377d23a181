"""How far the cells of a model spread, and what a precision can hold of that."""

from __future__ import annotations

from typing import Any

import numpy as np

SQUARED = 0.45
"""Power of the largest number whose square is no infinity, and leaves digits for correlations."""
SINGLE = (1e-30, 1e30)
"""Variances that single precision holds, with their reciprocals and products."""
RATIO = 1e6
"""Of variances of columns that depend on one another, beyond which eigenvalues in single precision lose their digits."""
COUNTS = 1e3
"""Expected counts up to which log-probabilities in single precision, sums of x log x, keep three digits behind the point."""


def reach_of(model: Any) -> np.ndarray:
    """Distance (D,) from the centre within which a model squares cells without overflow; inf where it squares none."""
    found = np.full(_features(model), np.inf)
    for columns, squared, _, variance in _parts(model):
        if squared:
            found[columns] = float(np.finfo(variance.dtype).max) ** SQUARED * np.sqrt(variance.min(0))
    return found


def precision_for(model: Any, precision: str) -> str:
    """The precision, or double where variances or counts of a model are too large or small for single."""
    if precision == "float64":
        return precision
    dependent, (low, high) = model.missing == "patterns", SINGLE
    for _, squared, mean, variance in _parts(model):
        ratio = variance.max() / variance.min() if dependent else 1.0
        held = (
            (variance > low).all() and (variance < high).all() and ratio < RATIO if squared else (mean < COUNTS).all()
        )
        if not held:
            return "float64"
    return precision


def said_of(chosen: str, asked: str) -> str:
    """What a user should know of the precision chosen in place of the one asked for, a sentence or nothing."""
    return "" if chosen == asked else "Computed in double precision: single does not hold numbers of this size."


def _features(model: Any) -> int:
    return model.components.features if hasattr(model, "components") else model.mean.shape[-1]


def _parts(model: Any) -> list[tuple[Any, bool, np.ndarray, np.ndarray]]:
    """For columns of numbers: which, whether they are squared, their means and variances (J, D) in all components."""
    if not hasattr(model, "components"):
        variance = np.broadcast_to(np.asarray(model.noise_variance), model.mean.shape)
        total = variance + np.square(model.loadings).sum(-1)
        return [(slice(None), True, _flat(model.mean), _flat(np.stack([variance, total])))]
    components = model.components
    groups = getattr(components, "columns", (range(components.features),))
    pairs = zip(getattr(components, "parts", (components,)), groups, strict=True)
    numbers = [(part, list(group)) for part, group in pairs if part.movable or (part.discrete and not part.labels)]
    moments = [(part.cell_moments(), part.movable, group) for part, group in numbers]
    return [(group, movable, _flat(mean), _flat(variance)) for (mean, variance), movable, group in moments]


def _flat(values: Any) -> np.ndarray:
    values = np.asarray(values)
    return values.reshape(-1, values.shape[-1])
