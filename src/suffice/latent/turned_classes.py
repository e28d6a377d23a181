"""Classes of more columns than rows that share a covariance, fitted in the space that the rows span.

In units of a diagonal covariance, which bounds the shared one or is its prior's, nothing is known of directions in which no row
lies but this diagonal: there the covariance keeps it. In those of the rows, no more than rows, it is fitted as any other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from suffice.latent.factors.spectra import OfRows, column_slices
from suffice.latent.families.constrained_gaussian import TiedGaussian
from suffice.latent.families.factor_gaussian import FactorGaussian
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.latent.forms.conditional import LOG_TWO_PI


class TurnedClasses(NamedTuple):
    """Rows as coordinates (n, r) along orthonormal ``axes`` (D, r) from an origin (D,), in units (D,) of the columns.

    Along every other axis the covariance is ``outside``, in these units. ``strength`` rows of prior lie at the origin in each
    class, with covariance 1; without them no variance is below 1.
    """

    rows: np.ndarray
    origin: np.ndarray
    unit: np.ndarray
    axes: np.ndarray
    outside: float
    strength: float

    def components(self, means: np.ndarray, variances: np.ndarray) -> TiedGaussian:
        """Classes of these means (K, D) and shared variances (D,) as the coordinates see them."""
        size = self.axes.shape[1]
        precision = self.axes.T @ (self.axes * (np.square(self.unit) / variances)[:, None])
        nothing, ones = np.zeros(size), np.ones(size)
        floor = nothing if self.strength else ones
        prior = GaussianPrior(self.strength or None, nothing, ones, floor)
        covariance: Any = np.linalg.inv(precision)
        return TiedGaussian((means - self.origin) / self.unit @ self.axes, covariance, prior)

    def in_columns(self, found: Gaussian) -> FactorGaussian:
        """Classes found for the coordinates as those of the columns."""
        values, vectors = np.linalg.eigh(np.asarray(found.covariances, float))
        above = values > self.outside
        inside = vectors[:, above] * np.sqrt(values[above] - self.outside)
        loadings = self.unit[:, None] * (self.axes @ inside)
        means = self.origin + self.unit * (np.asarray(found.means, float) @ self.axes.T)
        return FactorGaussian(means, loadings[None], self.outside * np.square(self.unit)[None])

    def log_scale(self, rows: float, count: int) -> float:
        """What the log-density of a row of the columns exceeds that of its coordinates by, the prior's share with it."""
        beside, logs = len(self.unit) - self.axes.shape[1], np.log(self.unit).sum()
        spread = beside * np.log(self.outside) / 2
        of_prior = self.strength * count / rows * (spread + logs + beside / self.outside / 2)
        return -float(spread + logs + beside * LOG_TWO_PI / 2 + of_prior)


def turned(
    rows: np.ndarray, origin: np.ndarray, variance: np.ndarray, outside: float = 1.0, strength: float = 0.0
) -> TurnedClasses:
    """Complete rows (n, D) in the space that they span from an origin, in units of these variances (D,)."""
    unit = np.sqrt(variance)
    values, axes = OfRows(rows, np.ones(len(rows)), origin).largest(unit, len(rows))
    axes = axes[:, values > 0]
    seen = sum(
        ((rows[:, part] - origin[part]) / unit[part] @ axes[part] for part in column_slices(rows)),
        np.zeros((len(rows), axes.shape[1])),
    )
    return TurnedClasses(seen, origin, unit, axes, outside, strength)
