"""k-means in one program."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from suffice.latent.kmeans import lloyd
from suffice.rows.block import TILE
from suffice.rows.memory import one_block
from suffice.rows.programs import block_total
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit
from suffice.runtime.precision import scope


def compiled_lloyd(rows: np.ndarray, weight: np.ndarray, centres: np.ndarray, max_iter: int) -> Array:
    """Centres (R, K, D) after Lloyd's iterations over rows (n, D)."""
    with scope("float64"):
        return _lloyd(one_block(rows, weight, precision="float64", tile=TILE), centres, max_iter)


@filter_jit
def _lloyd(block: Any, centres: Array, max_iter: Any) -> Array:
    return lloyd(partial(block_total, block=block), centres, max_iter)
