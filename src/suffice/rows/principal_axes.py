"""Columns that are principal axes: a table to which its maker has applied a PCA."""

from __future__ import annotations

from typing import Any

import numpy as np

UNCORRELATED = 1e-4
"""Correlations, and means in standard deviations, of principal axes are rounding in single precision."""
FAR = 0.2
"""A mean, in standard deviations, that some thousand rows of centred columns hardly have."""
FEW, ROWS = 1 << 12, 1 << 16
"""Rows that are looked at first, here and there, and then together."""
MOST = 1024
"""Columns beyond which nothing is asked."""


@np.errstate(all="ignore")
def deviations_of_axes(rows: Any, weight: np.ndarray | None) -> np.ndarray | None:
    """Standard deviations (D,) of columns that are principal axes of the rows (n, D), else None.

    They are centred, each is uncorrelated with the next, and none varies more than the one before. Their variances tell how much
    they matter, which columns in units of their own do not.
    """
    if not (isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind == "f" and 1 < rows.shape[1] <= MOST):
        return None
    weight = np.ones(len(rows)) if weight is None else weight
    here = slice(None, None, max(1, len(rows) // FEW))
    mean, deviations, _ = _moments(rows[here], weight[here])
    if not (np.abs(mean) < FAR * deviations).all():
        return None
    mean, deviations, together = _moments(rows, weight)
    centred = np.abs(mean) < UNCORRELATED * deviations
    apart = np.abs(together) < UNCORRELATED * deviations[:-1] * deviations[1:]
    return deviations if centred.all() and apart.all() and _falling(deviations) else None


def _moments(rows: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means and standard deviations about zero (D,) of the columns, and the mean product of each with the next (D - 1,)."""
    sums: Any = sum(
        _sums(rows[start : start + ROWS].astype(float), weight[start : start + ROWS])
        for start in range(0, len(rows), ROWS)
    )
    mean, square, beside = sums / weight.sum()
    return mean, np.sqrt(square), beside[:-1]


def _sums(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Sums (3, D) of each column, its square, and its product with the next."""
    beside = np.einsum("n,nd,nd->d", weight, rows, np.roll(rows, -1, 1))
    return np.stack([weight @ rows, weight @ np.square(rows), beside])


def _falling(deviations: np.ndarray) -> bool:
    """Whether none is larger than the one before, and not all are the same."""
    return bool((np.diff(deviations) <= UNCORRELATED * deviations[:-1]).all()) and deviations[-1] < 0.99 * deviations[0]
