"""Columns as rows of codes and numbers, each column made into what is wanted of it, so that there is no copy of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from suffice.data.frame import Column


def coded_columns(
    columns: Sequence[Column],
    code: Callable[[Column, int], np.ndarray],
    prepare: Callable[[np.ndarray], np.ndarray] = lambda cells: cells,
) -> np.ndarray:
    """Rows (n, D) of what ``prepare`` makes, (n, 1), of the codes or numbers (n,) that a column and its place have."""
    found = np.empty((0, 0))
    for j, column in enumerate(columns):
        cells = prepare(code(column, j)[:, None])
        found = np.empty((len(cells), len(columns)), cells.dtype) if j == 0 else found
        found[:, j] = cells[:, 0]
    return found
