"""Second moments of every pair of columns, over the rows that observe both, in one pass."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from suffice.rows.missing import MaskedRows, MissingLayout
from suffice.rows.row_function import RowFunction
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module

FEW_COLUMNS = 64
"""Below so many, a whole product takes no longer than three quarters of it."""


class PairwiseMoments(Module):
    """Sums over the rows that observe columns i and j: ``second`` of x_i x_j (D, D), ``first`` of x_i, ``count`` of 1."""

    second: Array
    first: Array
    count: Array
    weight: Array

    @property
    def observed(self) -> np.ndarray:
        """Weight of the cells of each column, (D,)."""
        return np.broadcast_to(np.diagonal(self.count), len(self.second))

    def mean(self) -> np.ndarray:
        """Mean of each column, (D,); 0 where nothing is observed."""
        count = self.observed
        first = np.diagonal(np.broadcast_to(self.first, self.second.shape))
        return first / np.where(count > 0, count, 1)

    def covariance(self, mean: np.ndarray | None = None) -> np.ndarray:
        """Covariance of each pair of columns about their means, or second moments about the ``mean`` (D,) given; (D, D)."""
        scale = 1 / np.where(self.count > 0, self.count, 1)
        first, second = self.first * scale, self.second * scale
        if mean is None:
            return np.asarray(second - first * first.T)
        return np.where(self.count > 0, second - first * mean - (first * mean).T + np.outer(mean, mean), 0.0)


class PairwiseSums(RowFunction):
    """The sums of one tile of rows."""

    missing: ClassVar[MissingLayout] = "mask"

    def __call__(self, rows: Array | MaskedRows, weight: Array) -> PairwiseMoments:
        if not isinstance(rows, MaskedRows):
            total = weight.sum()
            second = _symmetric((rows * weight[:, None]).T, rows)
            return PairwiseMoments(second, (weight @ rows)[:, None], total[None, None], total)
        observed = rows.observed().astype(weight.dtype)
        values = rows.filled(weight.dtype)
        heavy = values * weight[:, None]
        count = (observed * weight[:, None]).T @ observed
        return PairwiseMoments(heavy.T @ values, heavy.T @ observed, count, weight.sum())


def _symmetric(left: Array, right: Array) -> Array:
    """A product (D, n) by (n, D) that is symmetric; of many columns one of its four quarters is not worked out."""
    size = len(left)
    if size < FEW_COLUMNS:
        return left @ right
    half = size // 2
    upper, lower = left[:half] @ right, left[half:] @ right[:, half:]
    return jnp.concatenate([upper, jnp.concatenate([upper[:, half:].T, lower], 1)])
