"""Classes of more columns than rows that share a covariance: its factors, from products of rows about their classes' means."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import qr

from suffice.latent.factors.factor_maxima import closest, maximum_likelihood_factors
from suffice.latent.factors.spectra import OfRows
from suffice.latent.families.columns import Columns, local_variances
from suffice.latent.families.covariances.low_rank import SMALLEST_NOISE
from suffice.rows.survey import hold_one_value
from suffice.validation import check_memory

MOST_STEPS = 2000
TINY = np.finfo(float).tiny


class Scatter(NamedTuple):
    """Means (K, D) of the classes, weights (K,) of their rows, how many rows carried weight, and a root of the scatter.

    Products of the ``root`` (r, D) with itself are the sum of products of deviations from the means of the classes; it has a
    line for each row, but never more lines than columns.
    """

    means: np.ndarray
    counts: np.ndarray
    root: np.ndarray
    rows: Any

    def joined(self, other: Scatter) -> Scatter:
        """Both together: between two means of a class lies one more line."""
        counts = self.counts + other.counts
        safe = np.maximum(counts, TINY)
        gap = other.means - self.means
        between = np.sqrt(self.counts * other.counts / safe)[:, None] * gap
        means = self.means + (other.counts / safe)[:, None] * gap
        means = np.where(counts[:, None] > 0, means, other.means)
        root = _no_longer(np.concatenate([self.root, other.root, between]))
        return Scatter(means, counts, root, self.rows + other.rows)

    def as_rows(self) -> Scatter:
        """The same in numbers of rows, where weights sum to less than the rows that carry any."""
        size = max(1.0, float(self.rows) / self.counts.sum())
        return self._replace(counts=size * self.counts, root=np.sqrt(size) * self.root)

    def with_prior(self, strength: float, mean: np.ndarray) -> Scatter:
        """As if each class had so many rows more at this mean (D,)."""
        count = len(self.counts)
        prior = Scatter(np.tile(mean, (count, 1)), np.full(count, strength), np.zeros((0, len(mean))), 0)
        return self.joined(prior)

    @property
    def deviations(self) -> OfRows:
        """The covariance within classes."""
        share = np.full(len(self.root), 1 / self.counts.sum())
        return OfRows(self.root, share, np.zeros(self.root.shape[1]))

    def overall(self) -> Columns:
        """The columns over the rows of all classes."""
        share, within = self.counts / self.counts.sum(), self.deviations.variance
        mean = share @ self.means
        variance = within + share @ np.square(self.means - mean)
        constant = hold_one_value(mean, variance)
        local = local_variances(within, mean, variance, constant)
        return Columns(mean, np.where(constant, 1.0, variance), constant, local=local, of_classes=self.means)


def scatter_of(rows: np.ndarray, codes: np.ndarray, weight: np.ndarray, count: int) -> Scatter:
    """Of complete rows (n, D) of known classes, 0 to K - 1."""
    member = (codes[:, None] == np.arange(count)) * weight[:, None]
    counts, origin = member.sum(0), rows[0].astype(float)
    moved = rows - origin
    means = member.T @ moved / np.maximum(counts, TINY)[:, None]
    moved -= means[codes]
    moved *= np.sqrt(weight)[:, None]
    return Scatter(means + origin, counts, _no_longer(moved), len(rows))


def _no_longer(root: np.ndarray) -> np.ndarray:
    """A root of the same products with at most as many lines as columns."""
    if len(root) <= root.shape[1]:
        return root
    check_memory(1, root.shape[1])
    triangle: Any = qr(root, mode="r", check_finite=False)[0]
    return triangle[: root.shape[1]]


def floored_factors(deviations: OfRows, floor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loadings (D, r) and noise (D,) of the likeliest covariance that is in no direction less than the floor (D,).

    In units of the floor, eigenvalues of the rows' covariance below 1 become 1; so many as there are rows are above 0.
    """
    least = np.maximum(floor, 4 * len(floor) * np.finfo(float).eps * deviations.variance)
    scale = np.sqrt(least)
    values, vectors = deviations.largest(scale, len(deviations.rows))
    above = values > 1
    return scale[:, None] * vectors[:, above] * np.sqrt(values[above] - 1), least


def low_rank_factors(deviations: OfRows, rank: int, floor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loadings (D, rank) and noise (D,), not below the floor, that are likeliest for the rows."""
    least = np.maximum(floor, SMALLEST_NOISE * deviations.variance)
    close = closest(len(deviations.rows), len(least))
    found = maximum_likelihood_factors(deviations, rank, least, max_iter=MOST_STEPS, close=close)
    return found.loadings, found.noise_variance


def scores_of_factors(
    means: np.ndarray, loadings: np.ndarray, noise: np.ndarray, class_prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slope (K, D) and constant (K,) of log p(x, k) less what all classes share, without a matrix of columns by columns."""
    origin = means.mean(0)
    moved = means - origin
    scaled = loadings / noise[:, None]
    inner = np.eye(loadings.shape[1]) + loadings.T @ scaled
    coef = moved / noise - np.linalg.solve(inner, scaled.T @ moved.T).T @ scaled.T
    with np.errstate(divide="ignore"):
        return coef, np.log(class_prior) - (coef * moved).sum(1) / 2 - coef @ origin
