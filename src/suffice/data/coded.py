"""Columns as rows of codes and numbers, each column made into what is wanted of it, so that there is no copy of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from suffice.data.frame import Column

TOGETHER = 256
"""Columns that are prepared together: what that asks of all columns is asked seldom, and their cells are few."""


def coded_columns(
    columns: Sequence[Column],
    code: Callable[[Column, int], np.ndarray],
    prepare: Callable[[np.ndarray], np.ndarray] = lambda cells: cells,
) -> np.ndarray:
    """Rows (n, D) of what ``prepare`` makes, (n, m), of the codes or numbers (n,) that m columns and their places have."""
    found = np.empty((0, 0))
    for start in range(0, len(columns), TOGETHER):
        some = columns[start : start + TOGETHER]
        cells = prepare(np.column_stack([code(column, start + j) for j, column in enumerate(some)]))
        found = np.empty((len(cells), len(columns)), cells.dtype) if start == 0 else found
        found[:, start : start + len(some)] = cells
    return found
