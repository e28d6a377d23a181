"""Sums over the rows of a Dask collection of what a fitted estimator says of each of them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.rows.block import NO_ROWS
from suffice.rows.cluster.partitions import reduced
from suffice.rows.cluster.tasks import Kept
from suffice.rows.frequencies import weighed
from suffice.rows.survey import NO_WEIGHT


def weighted_sums(X: Any, sample_weight: Any, of_rows: Callable[[Any], np.ndarray]) -> tuple[np.ndarray, float]:
    """Sum of ``weight * of_rows(rows)``, (n,) or (n, ...), over the rows of all partitions, and of the weights."""
    data, _, _ = weighed(X, sample_weight)
    found = reduced(data, _Summed(of_rows), operator.add)
    if found is None:
        raise ValueError(NO_ROWS)
    if not found[-1] > 0:
        raise ValueError(NO_WEIGHT)
    return found[:-1], float(found[-1])


class _Summed:
    def __init__(self, of_rows: Callable[[Any], np.ndarray]):
        self.of_rows = of_rows

    def __call__(self, kept: Kept, number: int) -> np.ndarray:
        values = np.asarray(self.of_rows(kept.rows), float).reshape(kept.count, -1)
        return np.append(kept.weight @ values, kept.weight.sum())
