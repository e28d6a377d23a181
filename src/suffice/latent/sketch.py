"""Rows of very many columns in few coordinates, in which squared distances are about the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_array

SKETCHED = 1024
"""Columns beyond which starts see a sketch of the rows."""
SIZE = 512
"""Coordinates of a sketch: squared distances are right to a sixteenth or so."""
CELLS = 1 << 19
"""Coordinates that are looked at together."""


def sketched(
    rows: np.ndarray, coordinates: Callable[[np.ndarray], np.ndarray], generator: np.random.Generator
) -> np.ndarray:
    """Coordinates (m, C) of rows (m, D), or where these are many sums of them under random signs, (m, 512).

    Every coordinate is added to one of the sums (Charikar, Chen and Farach-Colton, 2004), a few rows at a time.
    """
    if rows.shape[1] <= SKETCHED:
        return coordinates(rows)
    sums = _signs(coordinates(rows[:1]).shape[1], generator)
    step = max(1, CELLS // sums.shape[0])
    return np.concatenate([coordinates(rows[start : start + step]) @ sums for start in range(0, len(rows), step)])


def sketched_sparse(coordinates: Any, generator: np.random.Generator) -> np.ndarray:
    """The same of coordinates (m, D) that are sparse."""
    if coordinates.shape[1] <= SKETCHED:
        return coordinates.toarray()
    return (coordinates @ _signs(coordinates.shape[1], generator)).toarray()


def _signs(count: int, generator: np.random.Generator) -> Any:
    """Which sum each coordinate is added to, and with which sign, (count, 512)."""
    signs = generator.choice([-1.0, 1.0], count)
    return csr_array((signs, generator.integers(SIZE, size=count), np.arange(count + 1)), (count, SIZE))
