"""Classes of more columns than rows that share a covariance: its factors, from products of rows about their classes' means."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suffice.latent.factors.factor_maxima import closest, maximum_likelihood_factors
from suffice.latent.factors.spectra import OfRows
from suffice.latent.families.columns import Columns, local_variances
from suffice.latent.families.covariances.low_rank import SMALLEST_NOISE
from suffice.rows.survey import hold_one_value

MOST_STEPS = 2000


class AboutMeans(NamedTuple):
    """Class means (K, D), rows of each class (K,) by weight, the rows' deviations from them, and the columns over all rows."""

    means: np.ndarray
    counts: np.ndarray
    deviations: OfRows
    overall: Columns


def about_means(rows: np.ndarray, codes: np.ndarray, weight: np.ndarray, count: int) -> AboutMeans:
    """Complete rows (n, D) of known classes, 0 to K - 1, measured from the mean of their class."""
    member = (codes[:, None] == np.arange(count)) * weight[:, None]
    counts, origin = member.sum(0), rows[0].astype(float)
    moved = rows - origin
    means = member.T @ moved / np.maximum(counts, np.finfo(float).tiny)[:, None]
    share = counts / counts.sum()
    mean = share @ means
    moved -= means[codes]
    deviations = OfRows(moved, weight / weight.sum(), np.zeros(rows.shape[1]))
    within = deviations.variance
    variance = within + share @ np.square(means - mean)
    constant = hold_one_value(mean + origin, variance)
    local = local_variances(within, mean + origin, variance, constant)
    overall = Columns(
        mean + origin, np.where(constant, 1.0, variance), constant, local=local, of_classes=means + origin
    )
    return AboutMeans(means + origin, counts, deviations, overall)


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
