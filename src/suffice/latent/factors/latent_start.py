"""Where factor models of more columns than rows begin where cells are missing: latent variables from products of rows."""

from __future__ import annotations

import numpy as np

from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.latent.factors.posterior import FactorStatistics
from suffice.latent.factors.spectra import column_slices
from suffice.runtime.threads import in_threads


def latent_start(
    blank: LinearGaussian, rows: np.ndarray, weight: np.ndarray, variance: np.ndarray, unit: np.ndarray
) -> tuple[LinearGaussian, np.ndarray]:
    """The columns' regressions on latent variables that products of the rows (n, D) suggest, and eigenvalues (D,) of these.

    ``blank`` has the mean, the noise and the size; columns have this variance and are seen in these units, (D,) each. A product
    of two rows is that of the cells that both observe, raised to all columns; with this mean, its eigenvectors are probabilistic
    PCA's latent variables of complete rows.
    """
    share, mean = weight / weight.sum(), np.asarray(blank.mean)
    products = _products(rows, mean, unit) * np.sqrt(share[:, None] * share)
    values, left = np.linalg.eigh(products)
    values, left = values[::-1], left[:, ::-1]
    features, size = blank.loadings.shape
    kept = min(size, len(rows))
    noise = max((np.square(np.sqrt(variance) / unit).sum() - values[:kept].sum()) / max(features - kept, 1), 0.0)
    left_over = np.clip(noise / np.maximum(values[:kept], 1e-300), 0.0, 0.9)
    latent = np.zeros((size, len(rows)))
    latent[:kept] = (left[:, :kept] / np.sqrt(share)[:, None] * np.sqrt(1 - left_over)).T
    spread = np.diag(np.pad(left_over, (0, size - kept), constant_values=1.0))
    shown = np.pad(values, (0, max(0, features - len(values))))[:features]
    return blank.maximize(_sums(rows, mean, latent, spread, weight)), shown


def _products(rows: np.ndarray, mean: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Products of every two rows in units of the columns, over the cells that both observe, as of all columns, (n, n)."""

    def part(columns: slice) -> tuple[np.ndarray, np.ndarray]:
        cells = (rows[:, columns] - mean[columns]) / unit[columns]
        observed = ~np.isnan(cells)
        cells[~observed] = 0.0
        observed = observed.astype(np.float32)
        return cells @ cells.T, observed @ observed.T

    found, both = np.zeros(()), np.zeros(())
    for products, counts in in_threads(part, column_slices(rows)):
        found, both = found + products, both + counts.astype(float)
    return found * rows.shape[1] / np.maximum(both, 1)


def _sums(
    rows: np.ndarray, mean: np.ndarray, latent: np.ndarray, spread: np.ndarray, weight: np.ndarray
) -> FactorStatistics:
    """Sums over rows with these latent variables (k, n) and this posterior covariance (k, k) of all."""
    i, j = np.triu_indices(len(latent))
    ones = np.ones((1, len(rows)))
    statistics = np.concatenate([spread[i, j][:, None] + latent[i] * latent[j], latent, ones]) * weight
    heavy = np.concatenate([latent, ones]) * weight

    def part(columns: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        deviation = rows[:, columns] - mean[columns]
        observed = ~np.isnan(deviation)
        deviation[~observed] = 0.0
        return statistics @ observed, heavy @ deviation, weight @ np.square(deviation)

    gram, cross, square = (
        np.concatenate(parts, -1) for parts in zip(*in_threads(part, column_slices(rows)), strict=True)
    )
    return FactorStatistics(gram, statistics.sum(1), cross, square, np.zeros(()), weight.sum())
