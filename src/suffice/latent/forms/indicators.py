"""Statistics of columns of categories: indicators."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suffice.rows.missing import MaskedRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


class Indicators(NamedTuple):
    """T(x) = [x_d = c for every category c of every column d, 1], (F + 1, n)."""

    sizes: tuple[int, ...]

    def __call__(self, rows: Array | MaskedRows, dtype: np.dtype | type[float]) -> Array:
        values = rows.values if isinstance(rows, MaskedRows) else rows
        column = np.repeat(np.arange(len(self.sizes)), self.sizes)
        code = np.concatenate([np.arange(size) for size in self.sizes]).astype(values.dtype)
        inside = values.T[column] == code[:, None]
        return jnp.concatenate([inside, jnp.ones((1, len(values)), bool)]).astype(dtype)


def per_column(values: Array, sizes: tuple[int, ...]) -> Array:
    """Sums over the categories of each column, repeated for each category, (..., F)."""
    column = np.repeat(np.arange(len(sizes)), sizes)
    member = (column[:, None] == np.arange(len(sizes))).astype(values.dtype)
    return (values @ member)[..., column]
