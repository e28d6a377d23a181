"""Rows with missing cells: cell by cell, or grouped by which of their cells are missing."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from suffice.rows.finite import sum_of
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module

MissingLayout = Literal["mask", "patterns"]


class MaskedRows(Module):
    """Rows (n, D) of which any cell may be missing: NaN, or the largest value of a whole-number type."""

    values: Array

    def observed(self) -> Array:
        """Which cells are not missing, (n, D)."""
        return observed(jnp, self.values)

    def filled(self, dtype: Any) -> Array:
        """The rows with 0 for missing cells, as floating-point numbers."""
        return jnp.where(self.observed(), self.values, jnp.zeros((), self.values.dtype)).astype(dtype)


class PatternRows(Module):
    """Rows (n, D), with 0 for missing cells, and for each the number (n,) of the pattern that says which ones are missing."""

    values: Array
    pattern: Array
    missing: Array


def observed(numpy: Any, values: Any) -> Any:
    """Which cells of an array are not missing, with NumPy or ``jax.numpy``."""
    if np.issubdtype(values.dtype, np.floating):
        return ~numpy.isnan(values)
    return values != missing_code(values.dtype)


def missing_code(dtype: Any) -> int:
    """What stands for a missing cell in an array of whole numbers: their largest."""
    return np.iinfo(dtype).max


PIECE = 1 << 16
"""Cells turned into codes together."""


def without_nan(values: np.ndarray, dtype: Any) -> np.ndarray:
    """Rows (n, D) of numbers as whole numbers of a type, those that are missing as its largest; no other copy is made."""
    found = np.empty(values.shape, dtype)
    step = max(1, PIECE // max(1, values.shape[1]))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        found[start : start + step] = np.where(np.isnan(part), missing_code(dtype), part)
    return found


def with_nan(values: np.ndarray) -> np.ndarray:
    """Numbers of which the missing ones are NaN; an array without missing cells as it is."""
    if values.dtype.kind in "fb" or not any_missing(values):
        return values
    return np.where(values == missing_code(values.dtype), np.nan, values)


def any_missing(values: np.ndarray) -> bool:
    """Whether a cell is missing."""
    if np.issubdtype(values.dtype, np.floating):
        return bool(np.isnan(sum_of(values)) and np.isnan(values).any())
    return values.dtype != bool and values.size > 0 and bool(values.max() == missing_code(values.dtype))
