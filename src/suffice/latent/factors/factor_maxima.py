"""Maximum-likelihood factors of a covariance matrix: probabilistic PCA in closed form, factor analysis by search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from suffice.latent.factors.spectra import OfMatrix, Spectrum
from suffice.outcome import Outcome

CLOSE = 1e-10
"""Slope at which the search ends, of -2 times a row's mean log-likelihood in the logarithm of a noise variance."""
NATS = 1e-7
"""What of the log-likelihood of all rows may be left in slopes that are alike in all columns."""
SMALLEST_SHARE = 0.05
"""Share of a column's variance that is thought its own before the search."""


class Factors(NamedTuple):
    """Loadings (D, k), noise variance (1,) or (D,), mean log-likelihood of a row, iterations, and how these ended."""

    loadings: np.ndarray
    noise_variance: np.ndarray
    log_likelihood: float
    iterations: int
    outcome: Outcome


def principal_factors(values: np.ndarray, vectors: np.ndarray, size: int, noise: float | None, least: float) -> Factors:
    """Maximum of the likelihood of probabilistic PCA (Tipping and Bishop, 1999, section 3.2)."""
    found = values[min(size, len(values) - 1) :].mean() if noise is None else noise
    found = max(found, least) if noise is None else found
    modelled = np.where(np.arange(len(values)) < size, np.maximum(values, found), found)
    value = np.log(2 * np.pi * modelled).sum() + (values / modelled).sum()
    axes = np.pad(vectors[:, :size], ((0, 0), (0, max(0, size - vectors.shape[1]))))
    return Factors(axes * np.sqrt(modelled[:size] - found), np.array([found]), -value / 2, 1, Outcome.ONE_PASS)


def closest(rows: int, features: int) -> float:
    """Slope at which a search over so many rows and columns ends, with hardly anything left to gain."""
    return max(CLOSE, float(np.sqrt(4 * NATS / (rows * features))))


def maximum_likelihood_factors(
    spectrum: Spectrum, size: int, least: np.ndarray, *, max_iter: int, close: float,
    starts: Sequence[np.ndarray] = (),
) -> Factors:  # fmt: skip
    """Best maximum of the likelihood of factor analysis found from noise variances that the rows suggest, and from ``starts``.

    A search ends where no slope of a row's mean log-likelihood in a noise variance's logarithm, times -2, is above ``close``.
    """
    first = _first_noise(spectrum, size, least)
    found = [_searched(spectrum, size, least, start, max_iter, close) for start in (first, *starts)]
    return max(found, key=lambda factors: factors.log_likelihood)


def _searched(
    spectrum: Spectrum, size: int, least: np.ndarray, start: np.ndarray, max_iter: int, close: float
) -> Factors:
    """A maximum over the noise variances (D,), each of which gives the best loadings."""
    most = np.maximum(spectrum.variance, 2 * least)

    def scaled(log_noise: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        root = np.exp(log_noise / 2)
        values, vectors = spectrum.largest(root, size)
        return spectrum.variance / root / root, np.maximum(values, 1.0), vectors, root

    def objective(log_noise: np.ndarray) -> tuple[float, np.ndarray]:
        diagonal, values, vectors, _ = scaled(log_noise)
        square = np.square(vectors)
        value = log_noise.sum() + (np.log(values) + 1 - values).sum() + diagonal.sum()
        return value, 1 - diagonal + square @ (values - 1)

    found = minimize(
        objective, np.log(np.clip(start, least, most)), jac=True, method="L-BFGS-B",
        bounds=np.log(np.stack([least, most], 1)),
        options={"maxiter": max_iter, "ftol": 1e-16, "gtol": close, "maxcor": 20},
    )  # fmt: skip
    _, values, vectors, root = scaled(found.x)
    value = -(len(root) * np.log(2 * np.pi) + found.fun) / 2
    outcome = Outcome.STATIONARY if found.nit < max_iter else Outcome.STOPPED_AT_LIMIT
    return Factors(root[:, None] * vectors * np.sqrt(values - 1), root**2, value, max(1, found.nit), outcome)


def _first_noise(spectrum: Spectrum, size: int, least: np.ndarray) -> np.ndarray:
    """What of each column's variance is its own.

    That is what the others do not explain (Jöreskog, 1967), where they explain no more than all; of fewer rows than columns,
    which explain one another whole, what the largest principal components of the correlations leave.
    """
    variance = np.maximum(spectrum.variance, least)
    if not isinstance(spectrum, OfMatrix):
        values, vectors = spectrum.largest(np.sqrt(variance), size)
        return variance * np.maximum(1 - np.square(vectors) @ values, SMALLEST_SHARE)
    values, vectors = np.linalg.eigh(spectrum.covariance / np.sqrt(variance) / np.sqrt(variance)[:, None])
    alone = variance / (np.square(vectors) @ (1 / np.maximum(values, (least / variance).min())))
    return (1 - size / (2 * len(variance))) * alone
