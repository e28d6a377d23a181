"""Directions along which groups of rows show, whatever the columns' units and correlations."""

from __future__ import annotations

import numpy as np

RANK = 1e-10
"""Share of the largest variance below which a direction of the rows is rounding."""
ROWS_AN_AXIS = 10
"""Rows for each direction from which fourth moments tell anything."""


def along_axes(rows: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """Rows (n, D) along the directions of smallest fourth moments, at most ``count`` of them, each of variance 1.

    Of rows z of covariance 1 they are eigenvectors of the mean of |z|^2 z z', of the smallest eigenvalues first (invariant
    coordinates, Tyler, Critchley, Duembgen and Oja, 2009): where groups are of about one size, between them. Fewer than ten rows
    a direction tell no fourth moments, and are given back as they are.
    """
    white = _whitened(rows, weight)
    if not 0 < ROWS_AN_AXIS * white.shape[1] <= len(rows):
        return rows
    lengths = np.square(white).sum(1)
    fourth = (white * (weight * lengths)[:, None]).T @ white
    return white @ np.linalg.eigh(fourth)[1][:, :count]


def _whitened(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Rows (n, R) of mean 0 and covariance 1 in all directions in which they vary."""
    centred = rows - weight @ rows / weight.sum()
    variance, axes = np.linalg.eigh((centred * weight[:, None]).T @ centred / weight.sum())
    real = variance > RANK * variance[-1]
    return centred @ (axes[:, real] / np.sqrt(variance[real]))
