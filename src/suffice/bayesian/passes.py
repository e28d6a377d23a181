"""Runs a program over a tile of rows: forwards with rescaling, backwards to posteriors and expected counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from suffice.bayesian.program import Backward, Forward

Values: TypeAlias = dict[int, np.ndarray]
"""Values or derivatives by slot; the axis of rows is last."""
LOWEST = 1e-200
"""Rows with a smaller rescaled sum are done again in logarithms."""
TINY = 1e-300


def run_forward(steps: Sequence[Forward], values: Values, scales: Values) -> None:
    """Adds the values of results, and the numbers by which some of them were divided."""
    for slot, left, right, function, rescaled, gone in steps:
        value = function(values[left], values[right])
        if rescaled is not None:
            largest = value.reshape(-1, value.shape[-1]).max(0) if rescaled else value.max()
            scales[slot] = scale = np.maximum(largest, TINY)
            value = value / scale
        values[slot] = value
        for unused in gone:
            del values[unused]


def run_backward(
    steps: Sequence[Backward], values: Values, scales: Mapping[int, np.ndarray], derivatives: Values
) -> dict[int, np.ndarray]:
    """Adds the derivatives by slots, by what results were before they were rescaled; the posteriors read, by node."""
    read = {}
    for slot, result, other, function, reads, gone, last in steps:
        derivative = function(derivatives[result], values[other])
        for node, reader in reads:
            read[node] = reader(values[slot], derivative)
        derivatives[slot] = derivative / scales[slot] if slot in scales else derivative
        if last:
            del derivatives[result]
        for unused in gone:
            del values[unused]
    return read
