"""Log-densities of rows under one component, from SciPy: what every model of ``table.py`` is held to."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import expon, multivariate_normal, nbinom, norm, poisson

from suffice.latent import (
    Bernoulli,
    Categorical,
    DiagonalGaussian,
    LinearGaussian,
    Poisson,
)


def whole_covariance(components: Any, k: int) -> np.ndarray:
    covariances = np.asarray(components.covariances)
    one = covariances if "covariances" in components.shared_parameters else covariances[k]
    return one if one.ndim == 2 else np.diag(np.broadcast_to(one, np.shape(components.means)[-1]))


def gaussian_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    return multivariate_normal(np.asarray(components.means)[k], whole_covariance(components, k)).logpdf(rows)


def bernoulli_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    chance = np.asarray(components.probabilities)[k]
    return np.log(np.where(rows == 1, chance, 1 - chance)).sum(1)


def categorical_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    chances = components.by_column()
    return sum(np.log(chance[k][rows[:, d].astype(int)]) for d, chance in enumerate(chances))


def poisson_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    return poisson(np.asarray(components.rates)[k]).logpmf(rows).sum(1)


def exponential_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    return expon(scale=1 / np.asarray(components.rates)[k]).logpdf(rows).sum(1)


def negative_binomial_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    mean, size = np.asarray(components.means)[k], 1 / np.asarray(components.dispersions)[k]
    return nbinom(size, size / (size + mean)).logpmf(rows).sum(1)


def mixed_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    each = {DiagonalGaussian: diagonal_log_density, Bernoulli: bernoulli_log_density, Poisson: poisson_log_density,
            Categorical: categorical_log_density}  # fmt: skip
    groups = zip(components.parts, components.columns, strict=True)
    return sum(each[type(part)](part, k, rows[:, list(group)]) for part, group in groups)


def diagonal_log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
    return norm(components.means[k], np.sqrt(components.covariances[k])).logpdf(rows).sum(1)


def factor_log_density(model: LinearGaussian, k: int, rows: np.ndarray) -> np.ndarray:
    """Of one of the restarts, whose covariance is written out, row by row over the observed cells."""
    noise = np.broadcast_to(np.asarray(model.noise_variance)[k], np.shape(model.mean)[-1])
    mean, loadings = np.asarray(model.mean)[k], np.asarray(model.loadings)[k]
    covariance = loadings @ loadings.T + np.diag(noise)
    seen = ~np.isnan(rows)
    each = [
        multivariate_normal(mean[own], covariance[np.ix_(own, own)]).logpdf(row[own]) if own.any() else 0.0
        for row, own in zip(rows, seen, strict=True)
    ]
    return np.array(each)


def observed_log_density(log_density: Any, components: Any, k: int, row: np.ndarray) -> float:
    """Log-density of a row's observed cells, from the marginal distribution of their columns."""
    seen = np.flatnonzero(~np.isnan(row))
    if not len(seen):
        return 0.0
    if hasattr(components, "covariances") and k < len(components.means):
        covariance = whole_covariance(components, k)[np.ix_(seen, seen)]
        return multivariate_normal(np.asarray(components.means)[k, seen], covariance).logpdf(row[seen])
    return log_density(components.marginal(seen), k, row[None, seen])[0]
