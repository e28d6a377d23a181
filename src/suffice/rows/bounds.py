"""The smallest and the largest cell of each column, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.rows.missing import with_nan
from suffice.rows.streams import is_stream, pairs, partitions_of


def column_bounds(data: Any, weight: np.ndarray | None) -> np.ndarray:
    """Smallest and largest observed cells (2, D) of rows of positive weight; of an array (n, D) or a stream of batches."""
    if partitions_of(data) is not None:
        from suffice.rows.cluster.partitions import reduced

        return reduced(data, _of_partition, _joined)
    if not is_stream(data):
        return _bounds(data, weight)
    found = np.zeros((2, 0))
    for rows, of_rows in pairs(data):
        found = _bounds(rows, of_rows) if not found.size else _joined(found, _bounds(rows, of_rows))
    return found


def _of_partition(kept: Any, number: int) -> np.ndarray:
    return _bounds(np.asarray(kept.rows), kept.weight)


def _bounds(rows: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    cells = with_nan(rows if weight is None or np.all(weight) else rows[weight > 0])
    return np.stack([edge.reduce(cells, 0, initial=np.nan) for edge in (np.fmin, np.fmax)])


def _joined(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.stack([np.fmin(one[0], other[0]), np.fmax(one[1], other[1])])
