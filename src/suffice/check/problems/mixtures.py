"""Mixtures: of Gaussians, of Bernoulli and of Poisson variables; their gradients, responsibilities and M-steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_gaussian, log_sum_exp, positive, simplex, softmax, spd, unit
from suffice.runtime.either import jnp, lax

Generator = np.random.Generator


def _sizes_of_rows() -> dict[str, Any]:
    return {"N": lambda X: X.shape[0], "D": lambda X: X.shape[1], "K": lambda weights: weights.shape[0]}


SIZES = {"N": "number of rows", "D": "number of columns", "K": "number of components"}
SHARED = {
    "weights": "mixture weights π (K,), which sum to 1",
    "z": "component of each row (N,), 0 to K - 1",
    "r": "responsibilities (N, K): p(z_n = k | x_n)",
    "Nk": "column sums of the responsibilities (K,)",
    "density": "densities of the rows in each component (N, K)",
    "p": "densities of the rows in the mixture (N,)",
    **SIZES,
}


def _states(weights: Any) -> range:
    return range(weights.shape[0])


LATENTS = {"z": ("states", _states)}


def _gaussian_logs(X: Any, means: Any, covariances: Any) -> Any:
    return log_gaussian(X[:, None, :], means, covariances)


def gaussian_log_likelihood(X: Any, weights: Any, means: Any, covariances: Any) -> Any:
    """Σ_n log Σ_k π_k N(x_n | μ_k, Σ_k)."""
    return jnp.sum(log_sum_exp(jnp.log(weights) + _gaussian_logs(X, means, covariances)))


def gaussian_responsibilities(X: Any, weights: Any, means: Any, covariances: Any) -> Any:
    """p(z_n = k | x_n), (N, K)."""
    return softmax(jnp.log(weights) + _gaussian_logs(X, means, covariances))


def gaussian_log_joint(X: Any, z: Any, weights: Any, means: Any, covariances: Any) -> Any:
    """Σ_n log π_z + log N(x_n | μ_z, Σ_z)."""
    return jnp.sum(jnp.log(weights)[z] + log_gaussian(X, means[z], covariances[z]))


def gaussian_expected(X: Any, r: Any, weights: Any, means: Any, covariances: Any) -> Any:
    """Σ_nk r_nk (log π_k + log N(x_n | μ_k, Σ_k))."""
    return jnp.sum(r * (jnp.log(weights) + _gaussian_logs(X, means, covariances)))


def _draw_gaussian(generator: Generator, rows: int = 11, columns: int = 3, components: int = 5) -> Point:
    return {
        "X": generator.normal(0.3, 1.3, (rows, columns)),
        "weights": simplex(generator, components),
        "means": generator.normal(size=(components, columns)),
        "covariances": spd(generator, components, columns),
    }


GAUSSIAN_INTERMEDIATES = {
    **_sizes_of_rows(),
    "r": gaussian_responsibilities,
    "Nk": lambda X, weights, means, covariances: gaussian_responsibilities(X, weights, means, covariances).sum(0),
    "density": lambda X, means, covariances: jnp.exp(_gaussian_logs(X, means, covariances)),
    "p": lambda X, weights, means, covariances: jnp.exp(_gaussian_logs(X, means, covariances)) @ weights,
    "precisions": lambda covariances: jnp.linalg.inv(covariances),
}

GAUSSIAN = Problem(
    name="gaussian-mixture",
    title="mixture of Gaussians: log-likelihood Σ_n log Σ_k π_k N(x_n | μ_k, Σ_k)",
    objective=gaussian_log_likelihood,
    draw=_draw_gaussian,
    draw_other=lambda generator: _draw_gaussian(generator, 9, 2, 4),
    notation={
        "X": "rows x_n (N, D)",
        "means": "means μ_k (K, D)",
        "covariances": "covariances Σ_k (K, D, D)",
        "precisions": "inverses of the covariances (K, D, D)",
        **SHARED,
    },
    intermediates=GAUSSIAN_INTERMEDIATES,
    constraints={"weights": "simplex", "covariances": "spd"},
    latents=LATENTS,
    log_joint=gaussian_log_joint,
    expected=gaussian_expected,
    example='check_gradient("gaussian-mixture", wrt="weights", claim="sum(r, axis=0) / weights")',
)
