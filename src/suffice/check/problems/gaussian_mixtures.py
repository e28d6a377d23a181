"""Mixtures of Gaussians: full covariances, diagonal ones, and weights given by logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems import mixtures
from suffice.check.problems.mathematics import log_gaussian, positive, simplex, softmax, spd
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator


def _full(X: Array, means: Array, covariances: Array) -> Any:
    return log_gaussian(X[:, None, :], means, covariances)


def _diagonal(X: Array, means: Array, variances: Array) -> Any:
    squares = (X[:, None, :] - means) ** 2 / variances
    return -0.5 * jnp.sum(squares + jnp.log(2 * np.pi * variances), -1)


def _draw_full(generator: Generator, rows: int = 11, columns: int = 3, components: int = 5) -> Point:
    return {
        "X": generator.normal(0.3, 1.3, (rows, columns)),
        "weights": simplex(generator, components),
        "means": generator.normal(size=(components, columns)),
        "covariances": spd(generator, components, columns),
    }


def _draw_diagonal(generator: Generator, rows: int = 11, columns: int = 3, components: int = 5) -> Point:
    drawn = _draw_full(generator, rows, columns, components)
    del drawn["covariances"]
    return {**drawn, "variances": positive(generator, components, columns)}


def _draw_logits(generator: Generator, rows: int = 11, columns: int = 3, components: int = 5) -> Point:
    drawn = _draw_full(generator, rows, columns, components)
    del drawn["weights"]
    return {**drawn, "logits": generator.normal(0.4, 0.8, components)}


def _responsibilities(X: Array, weights: Array, means: Array, covariances: Array) -> Any:
    return mixtures.responsibilities(_full(X, means, covariances), weights)


def _diagonal_responsibilities(X: Array, weights: Array, means: Array, variances: Array) -> Any:
    return mixtures.responsibilities(_diagonal(X, means, variances), weights)


FULL = Problem(
    name="gaussian-mixture",
    title="mixture of Gaussians, log-likelihood Σ_n log Σ_k π_k N(x_n | μ_k, Σ_k)",
    objective=lambda X, weights, means, covariances: mixtures.log_likelihood(_full(X, means, covariances), weights),
    draw=_draw_full,
    draw_other=lambda generator: _draw_full(generator, 9, 2),
    notation={
        "X": "rows x_n (N, D)",
        "means": "means μ_k (K, D)",
        "covariances": "covariances Σ_k (K, D, D)",
        "precisions": "inverses of the covariances (K, D, D)",
        **mixtures.NOTATION,
    },
    intermediates={
        **mixtures.SIZES,
        "r": _responsibilities,
        "Nk": lambda X, weights, means, covariances: _responsibilities(X, weights, means, covariances).sum(0),
        "density": lambda X, means, covariances: jnp.exp(_full(X, means, covariances)),
        "p": lambda X, weights, means, covariances: jnp.exp(_full(X, means, covariances)) @ weights,
        "precisions": lambda covariances: jnp.linalg.inv(covariances),
    },
    constraints={"weights": "simplex", "covariances": "spd"},
    latents=mixtures.LATENTS,
    log_joint=lambda X, z, weights, means, covariances: jnp.sum(
        jnp.log(weights)[z] + log_gaussian(X, means[z], covariances[z])
    ),
    expected=lambda X, r, weights, means, covariances: mixtures.expected(r, _full(X, means, covariances), weights),
    example='check_gradient("gaussian-mixture", wrt="weights", claim="sum(r, axis=0) / weights")',
)

DIAGONAL = Problem(
    name="gaussian-mixture-diagonal",
    title="mixture of Gaussians with diagonal covariances, log-likelihood Σ_n log Σ_k π_k Π_d N(x_nd | μ_kd, σ²_kd)",
    objective=lambda X, weights, means, variances: mixtures.log_likelihood(_diagonal(X, means, variances), weights),
    draw=_draw_diagonal,
    draw_other=lambda generator: _draw_diagonal(generator, 9, 2),
    notation={
        "X": "rows x_n (N, D)",
        "means": "means μ_k (K, D)",
        "variances": "variances σ²_kd (K, D)",
        **mixtures.NOTATION,
    },
    intermediates={
        **mixtures.SIZES,
        "r": _diagonal_responsibilities,
        "Nk": lambda X, weights, means, variances: _diagonal_responsibilities(X, weights, means, variances).sum(0),
        "density": lambda X, means, variances: jnp.exp(_diagonal(X, means, variances)),
        "p": lambda X, weights, means, variances: jnp.exp(_diagonal(X, means, variances)) @ weights,
    },
    constraints={"weights": "simplex", "variances": "positive"},
    latents=mixtures.LATENTS,
    log_joint=lambda X, z, weights, means, variances: jnp.sum(
        jnp.log(weights)[z] - 0.5 * jnp.sum((X - means[z]) ** 2 / variances[z] + jnp.log(2 * np.pi * variances[z]), -1)
    ),
    expected=lambda X, r, weights, means, variances: mixtures.expected(r, _diagonal(X, means, variances), weights),
    example='check_m_step("gaussian-mixture-diagonal", ["means"], "r.T @ X / Nk[:, None]")',
)

LOGITS = Problem(
    name="gaussian-mixture-logits",
    title="mixture of Gaussians whose weights are softmax(a), log-likelihood Σ_n log Σ_k π_k N(x_n | μ_k, Σ_k)",
    objective=lambda X, logits, means, covariances: mixtures.log_likelihood(
        _full(X, means, covariances), softmax(logits)
    ),
    draw=_draw_logits,
    draw_other=lambda generator: _draw_logits(generator, 9, 2),
    notation={
        "X": "rows x_n (N, D)",
        "logits": "logits a of the mixture weights (K,)",
        "means": "means μ_k (K, D)",
        "covariances": "covariances Σ_k (K, D, D)",
        **{symbol: said for symbol, said in mixtures.NOTATION.items() if symbol not in ("density", "p")},
    },
    intermediates={
        **mixtures.SIZES,
        "K": lambda logits: logits.shape[0],
        "weights": lambda logits: softmax(logits),
        "r": lambda X, logits, means, covariances: _responsibilities(X, softmax(logits), means, covariances),
        "Nk": lambda X, logits, means, covariances: _responsibilities(X, softmax(logits), means, covariances).sum(0),
    },
    latents={"z": ("states", lambda logits: range(logits.shape[0]))},
    log_joint=lambda X, z, logits, means, covariances: jnp.sum(
        jnp.log(softmax(logits))[z] + log_gaussian(X, means[z], covariances[z])
    ),
    expected=lambda X, r, logits, means, covariances: mixtures.expected(
        r, _full(X, means, covariances), softmax(logits)
    ),
    example='check_gradient("gaussian-mixture-logits", wrt="logits", claim="Nk - N * weights")',
)
