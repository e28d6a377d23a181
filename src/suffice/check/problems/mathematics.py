"""Functions that many problems share, for arrays of NumPy and of JAX."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax


def sigmoid(x: Array | float) -> Any:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + jnp.exp(-x))


def log_sum_exp(x: Array, axis: int = -1) -> Any:
    """log Σ exp(x) along an axis."""
    top = lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True))
    return jnp.log(jnp.sum(jnp.exp(x - top), axis=axis)) + jnp.squeeze(top, axis=axis)


def softmax(x: Array, axis: int = -1) -> Any:
    """exp(x) / Σ exp(x) along an axis."""
    weights = jnp.exp(x - lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True)))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


def one_hot(labels: Array, classes: int) -> Any:
    """Rows of the identity matrix (N, K) of whole numbers (N,)."""
    return (labels[:, None] == np.arange(classes)) * 1.0


def log_gaussian(x: Array, mean: Array | float, covariance: Array) -> Any:
    """Log-densities (...) of rows (..., D)."""
    deviation = x - mean
    solved = jnp.linalg.solve(covariance, deviation[..., None])[..., 0]
    size = x.shape[-1]
    return -0.5 * (jnp.sum(deviation * solved, -1) + jnp.linalg.slogdet(covariance)[1] + size * np.log(2 * np.pi))


def simplex(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Points of the simplex along the last axis, none near its edge."""
    drawn = generator.gamma(4.0, size=shape) + 0.5
    return drawn / drawn.sum(-1, keepdims=True)


def spd(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Symmetric positive definite matrices (..., D, D)."""
    size = shape[-1]
    root = generator.normal(size=(*shape, size)) / np.sqrt(size)
    return root @ np.swapaxes(root, -1, -2) + 0.5 * np.eye(size)


def unit(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.15 and 0.85."""
    return generator.uniform(0.15, 0.85, size=shape)


def positive(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.4 and 2.2."""
    return generator.uniform(0.4, 2.2, size=shape)
