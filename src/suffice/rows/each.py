"""A function of each row, a fixed number of rows at a time: one program for any number of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse

from suffice.runtime.compiling import MOST, compiled
from suffice.runtime.forked import refuse_forked
from suffice.runtime.precision import cast, scope

TILE = 256


def each_row(fn: Callable[[Any], Any], rows: Any, precision: str) -> np.ndarray:
    """What ``fn``, a method of a module or another pytree, gives for tiles (256, ...) of rows, put end to end."""
    refuse_forked()
    fn = cast(fn, precision)
    with scope(precision):
        parts = [np.asarray(_called(fn, tile))[:count] for tile, count in tiles(rows, precision)]
    return np.concatenate(parts)


@compiled(most=3 * MOST)
def _called(fn: Callable[[Any], Any], rows: Any) -> Any:
    return fn(rows)


def tiles(rows: Any, precision: str) -> Iterator[tuple[np.ndarray, int]]:
    """Tiles (256, ...) of rows, the last filled up with zeros, and how many rows of each count."""
    for start in range(0, rows.shape[0], TILE):
        part = rows[start : start + TILE]
        part = np.asarray(part.toarray() if issparse(part) else part, precision)
        if len(part) == TILE:
            yield part, TILE
            continue
        tile = np.zeros((TILE, *part.shape[1:]), part.dtype)
        tile[: len(part)] = part
        yield tile, len(part)
