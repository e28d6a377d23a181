"""Maximum-likelihood factors of a covariance matrix: probabilistic PCA in closed form, factor analysis by search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize

from suffice.outcome import Outcome


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


def maximum_likelihood_factors(
    covariance: np.ndarray, size: int, least: np.ndarray, *, max_iter: int, starts: Sequence[np.ndarray] = ()
) -> Factors:
    """Best maximum of the likelihood of factor analysis found from noise variances that the rows suggest, and from ``starts``."""
    first = _first_noise(covariance, size, least)
    found = [_searched(covariance, size, least, start, max_iter) for start in (first, *starts)]
    return max(found, key=lambda factors: factors.log_likelihood)


def _searched(covariance: np.ndarray, size: int, least: np.ndarray, start: np.ndarray, max_iter: int) -> Factors:
    """A maximum over the noise variances (D,), each of which gives the best loadings."""
    most = np.maximum(np.diagonal(covariance), 2 * least)

    def scaled(log_noise: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        root = np.exp(log_noise / 2)
        matrix = covariance / root / root[:, None]
        largest = len(root) - size, len(root) - 1
        values, vectors = eigh(matrix, subset_by_index=largest, driver="evr", check_finite=False)
        return np.diagonal(matrix), np.maximum(values, 1.0), vectors, root

    def objective(log_noise: np.ndarray) -> tuple[float, np.ndarray]:
        diagonal, values, vectors, _ = scaled(log_noise)
        square = np.square(vectors)
        value = log_noise.sum() + (np.log(values) + 1 - values).sum() + diagonal.sum()
        return value, 1 - diagonal + square @ (values - 1)

    found = minimize(
        objective, np.log(np.clip(start, least, most)), jac=True, method="L-BFGS-B",
        bounds=np.log(np.stack([least, most], 1)),
        options={"maxiter": max_iter, "ftol": 1e-16, "gtol": 1e-10, "maxcor": 20},
    )  # fmt: skip
    _, values, vectors, root = scaled(found.x)
    value = -(len(root) * np.log(2 * np.pi) + found.fun) / 2
    outcome = Outcome.STATIONARY if found.nit < max_iter else Outcome.STOPPED_AT_LIMIT
    return Factors(root[:, None] * vectors * np.sqrt(values - 1), root**2, value, max(1, found.nit), outcome)


def _first_noise(covariance: np.ndarray, size: int, least: np.ndarray) -> np.ndarray:
    """What of each column's variance the others do not explain (Jöreskog, 1967), where they explain no more than all."""
    variance = np.maximum(np.diagonal(covariance), least)
    values, vectors = np.linalg.eigh(covariance / np.sqrt(variance) / np.sqrt(variance)[:, None])
    alone = variance / (np.square(vectors) @ (1 / np.maximum(values, (least / variance).min())))
    return (1 - size / (2 * len(covariance))) * alone
