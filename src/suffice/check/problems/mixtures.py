"""What mixtures share: the component of each row, its responsibilities, and their notation."""

from __future__ import annotations

from typing import Any

from suffice.check.problems.mathematics import log_sum_exp, softmax
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

SIZES = {
    "N": lambda X: X.shape[0],
    "D": lambda X: X.shape[1],
    "K": lambda weights: weights.shape[0],
}

LATENTS = {"z": ("states", lambda weights: range(weights.shape[0]))}

NOTATION = {
    "weights": "mixture weights π (K,), which sum to 1",
    "z": "component of each row (N,), 0 to K - 1",
    "r": "responsibilities p(z_n = k | x_n) (N, K)",
    "Nk": "column sums of the responsibilities (K,)",
    "density": "densities p(x_n | k) of the rows in each component (N, K)",
    "p": "densities of the rows in the mixture (N,)",
    "N": "number of rows",
    "D": "number of columns",
    "K": "number of components",
}


def log_likelihood(logs: Array, weights: Array) -> Any:
    """Σ_n log Σ_k π_k exp(logs_nk) of log-densities (N, K)."""
    return jnp.sum(log_sum_exp(jnp.log(weights) + logs))


def responsibilities(logs: Array, weights: Array) -> Any:
    """π_k exp(logs_nk) / Σ_j π_j exp(logs_nj), (N, K)."""
    return softmax(jnp.log(weights) + logs)


def expected(r: Array, logs: Array, weights: Array) -> Any:
    """Σ_nk r_nk (log π_k + logs_nk)."""
    return jnp.sum(r * (jnp.log(weights) + logs))
