"""Maximum-likelihood factors of a covariance matrix: probabilistic PCA in closed form, factor analysis by search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from suffice.latent.factors.spectra import OfMatrix, Spectrum
from suffice.latent.factors.subspace import Pursuit
from suffice.outcome import Outcome

CLOSE = 1e-10
"""Slope at which the search ends, of -2 times a row's mean log-likelihood in the logarithm of a noise variance."""
NATS = 1e-7
"""What of the log-likelihood of all rows may be left in slopes that are alike in all columns."""
SAME = 1e-12
"""Share of the deviance by which eigenvectors that were followed may miss it."""
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
    pursuit = Pursuit(spectrum, size)
    first = _first_noise(pursuit, least)
    found = [_searched(pursuit, least, start, max_iter, close) for start in (first, *starts)]
    return max(found, key=lambda factors: factors.log_likelihood)


class _Scaled(NamedTuple):
    """What the columns are over the roots of their noise: variances (D,), largest eigenvalues, at least 1, and vectors."""

    root: np.ndarray
    diagonal: np.ndarray
    values: np.ndarray
    vectors: np.ndarray

    @property
    def deviance(self) -> float:
        """-2 times the mean log-likelihood of a row with the best loadings, without constants."""
        return 2 * np.log(self.root).sum() + (np.log(self.values) + 1 - self.values).sum() + self.diagonal.sum()

    @property
    def slope(self) -> np.ndarray:
        """That of the deviance in the logarithms of the noise variances, (D,)."""
        return 1 - self.diagonal + np.square(self.vectors) @ (self.values - 1)


def _scaled(pursuit: Pursuit, root: np.ndarray, eigenpairs: tuple[np.ndarray, np.ndarray]) -> _Scaled:
    values, vectors = eigenpairs
    return _Scaled(root, pursuit.spectrum.variance / root / root, np.maximum(values, 1.0), vectors)


def _searched(pursuit: Pursuit, least: np.ndarray, start: np.ndarray, max_iter: int, close: float) -> Factors:
    """A maximum over the noise variances (D,), each of which gives the best loadings.

    Where eigenvectors were followed, the last ones are checked, and the search goes on without following if others are larger.
    """
    most = np.maximum(pursuit.spectrum.variance, 2 * least)
    bounds = np.log(np.stack([least, most], 1))

    def objective(log_noise: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal last
        root = np.exp(log_noise / 2)
        last = _scaled(pursuit, root, pursuit.largest(root))
        return last.deviance, last.slope

    last: _Scaled | None = None
    log_noise, iterations = np.log(np.clip(start, least, most)), 0
    while True:
        found = minimize(
            objective, log_noise, jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": max_iter - iterations, "ftol": 1e-16, "gtol": close, "maxcor": 20},
        )  # fmt: skip
        log_noise, iterations = found.x, iterations + found.nit
        root = np.exp(log_noise / 2)
        known = last if last is not None and not pursuit.passes and np.array_equal(last.root, root) else None
        scaled = _scaled(pursuit, root, pursuit.exactly(root)) if known is None else known
        if iterations >= max_iter or not pursuit.passes or scaled.deviance > found.fun - SAME * abs(found.fun):
            break
        pursuit.passes = 0
    value = -(len(least) * np.log(2 * np.pi) + scaled.deviance) / 2
    outcome = Outcome.STATIONARY if iterations < max_iter else Outcome.STOPPED_AT_LIMIT
    loadings = scaled.root[:, None] * scaled.vectors * np.sqrt(scaled.values - 1)
    return Factors(loadings, scaled.root**2, value, max(1, iterations), outcome)


def _first_noise(pursuit: Pursuit, least: np.ndarray) -> np.ndarray:
    """What of each column's variance is its own.

    That is what the others do not explain (Jöreskog, 1967), where they explain no more than all; of fewer rows than columns,
    which explain one another whole, what the largest principal components of the correlations leave.
    """
    spectrum, size = pursuit.spectrum, pursuit.size
    variance = np.maximum(spectrum.variance, least)
    if not isinstance(spectrum, OfMatrix):
        values, vectors = pursuit.largest(np.sqrt(variance))
        return variance * np.maximum(1 - np.square(vectors) @ values, SMALLEST_SHARE)
    values, vectors = np.linalg.eigh(spectrum.covariance / np.sqrt(variance) / np.sqrt(variance)[:, None])
    alone = variance / (np.square(vectors) @ (1 / np.maximum(values, (least / variance).min())))
    return (1 - size / (2 * len(variance))) * alone
