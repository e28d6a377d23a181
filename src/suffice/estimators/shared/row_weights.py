"""Weights of rows in memory, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from suffice.rows.stored import Stored
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.types import ArrayLike


def row_weights(sample_weight: ArrayLike | None, rows: Any) -> np.ndarray:
    """Row weights (n,), at least 0 and not all 0; None is 1 for every row."""
    if sample_weight is None:
        return np.ones(rows.shape[0])
    if isinstance(rows, Stored):
        rows = np.broadcast_to(rows.dtype.type(0), (len(rows), 1))
    weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    if not weight.sum() > 0:
        raise ValueError(NO_WEIGHT)
    return weight
