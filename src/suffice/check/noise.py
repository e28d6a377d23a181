"""How far rounding alone moves a value: the same function at inputs changed in their last digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

STEP = 1e-14
TRIALS = 6


def noise_of(
    value: Callable[[Mapping[str, Any]], np.ndarray], neighbours: list[dict[str, Any]], at: np.ndarray
) -> float:
    """Largest change of a value over the neighbours of a point; infinite where it is not finite there."""
    changes = [np.max(np.abs(np.asarray(value(near)) - at), initial=0.0) for near in neighbours]
    largest = max(changes, default=0.0)
    return float(largest) if np.isfinite(largest) else float("inf")


def neighbours_of(point: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Points that differ from one by 1e-14 of each number; whole numbers stay, and equal numbers stay equal."""
    generator = np.random.default_rng(seed)
    return [{name: _moved(np.asarray(value), generator) for name, value in point.items()} for _ in range(TRIALS)]


def _moved(array: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if array.dtype.kind != "f" or np.all(array == np.round(array)):
        return array
    values, places = np.unique(array, return_inverse=True)
    return (values * (1 + STEP * generator.normal(size=values.shape)))[places].reshape(array.shape)
