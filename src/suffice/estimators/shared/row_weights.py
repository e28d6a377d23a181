"""Weights of rows in memory, checked."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.types import ArrayLike, Sparse


def row_weights(sample_weight: ArrayLike | None, rows: np.ndarray | Sparse) -> np.ndarray:
    """Row weights (n,), at least 0 and not all 0; None is 1 for every row."""
    weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    if not weight.sum() > 0:
        raise ValueError(NO_WEIGHT)
    return weight
