"""Whether arrays hold only numbers, found by their sum, which every core takes a share of."""

from __future__ import annotations

import numpy as np

from suffice.runtime.threads import in_threads

SHARE_BYTES = 8 << 20
"""Arrays of more bytes are summed in shares of this size."""


def sum_of(values: np.ndarray) -> float:
    """Sum of all values: NaN where one is NaN, not finite where one is infinite."""
    if values.nbytes <= SHARE_BYTES:
        return _sum(values)
    rows = max(1, len(values) * SHARE_BYTES // values.nbytes)
    shares = (values[start : start + rows] for start in range(0, len(values), rows))
    return _sum(np.array(list(in_threads(_sum, shares))))


def _sum(values: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(values.sum())
