"""Values from 0 to 1, up to what rounding makes of them."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np

ROUNDING = 1e-6
"""How far beyond 0 and 1 a value may lie: what single precision rounds, and scaling to a range leaves."""
Rows = TypeVar("Rows")


def in_unit_interval(low: float, high: float) -> bool:
    """Whether values that run from ``low`` to ``high`` lie between 0 and 1, up to rounding."""
    return low >= -ROUNDING and high <= 1 + ROUNDING


def clipped(rows: Rows) -> Rows:
    """Rows, an array or sparse, with what rounding put beyond 0 and 1 put back; NaN stays."""
    given: Any = rows
    if isinstance(given, np.ndarray):
        outside = given.dtype.kind == "f" and bool(((given < 0) | (given > 1)).any())
        return cast(Rows, np.clip(given, 0, 1)) if outside else rows
    if ((given.data < 0) | (given.data > 1)).any():
        given = given.copy()
        given.data = np.clip(given.data, 0, 1)
    return given
