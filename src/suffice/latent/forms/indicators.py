"""Statistics of columns of categories: indicators."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from suffice.rows.missing import MaskedRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import add_at, jnp


class Indicators(NamedTuple):
    """T(x) = [x_d = c for every category c of every column d, 1], (F + 1, n)."""

    sizes: tuple[int, ...]

    def __call__(self, rows: Array | MaskedRows, dtype: np.dtype | type[float]) -> Array:
        values = rows.values if isinstance(rows, MaskedRows) else rows
        column = np.repeat(np.arange(len(self.sizes)), self.sizes)
        code = np.concatenate([np.arange(size) for size in self.sizes]).astype(values.dtype)
        inside = values.T[column] == code[:, None]
        return jnp.concatenate([inside, jnp.ones((1, len(values)), bool)]).astype(dtype)


FEW = 1 << 18
"""Entries up to which a matrix of categories by columns is little."""


def per_column(values: Array, sizes: tuple[int, ...]) -> Any:
    """Sums over the categories of each column, repeated for each category, (..., F)."""
    column = np.repeat(np.arange(len(sizes)), sizes)
    if len(column) * len(sizes) > FEW:
        nothing = np.zeros((*values.shape[:-1], len(sizes)), values.dtype)
        return add_at(nothing, (..., column), values)[..., column]
    member = (column[:, None] == np.arange(len(sizes))).astype(values.dtype)
    return (values @ member)[..., column]
