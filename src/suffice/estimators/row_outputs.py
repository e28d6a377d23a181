"""What a network says of each row, a fixed number of rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import numpy as np

from suffice.nets import evaluate
from suffice.runtime.precision import cast, scope

TILE = 256


def row_outputs(
    network: Any, running: Any, rows: np.ndarray, precision: str, function: Callable[..., Any] = evaluate
) -> np.ndarray:
    """A function of network, rows and running state, evaluated for each row; by default the network's outputs."""
    network, running = cast((network, running), precision)
    with scope(precision):
        parts = [
            np.asarray(_called(function, network, _tile(rows, start, precision), running))[: len(rows) - start]
            for start in range(0, len(rows), TILE)
        ]
    return np.concatenate(parts)


@eqx.filter_jit
def _called(function: Callable[..., Any], network: Any, rows: Any, running: Any) -> Any:
    return function(network, rows, running)


def _tile(rows: np.ndarray, start: int, precision: str) -> np.ndarray:
    part = np.asarray(rows[start : start + TILE], precision)
    return np.pad(part, ((0, TILE - len(part)), *((0, 0),) * (part.ndim - 1)))
