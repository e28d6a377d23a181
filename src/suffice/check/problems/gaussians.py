"""Gaussians: full, by precision, diagonal; classes that share a covariance; conjugate means."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_gaussian, positive, simplex, spd
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator
SIZES = {"N": lambda X: X.shape[0], "D": lambda X: X.shape[1]}
SAID_SIZES = {"N": "number of rows", "D": "number of columns"}


def _draw_full(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    return {
        "X": generator.normal(0.3, 1.3, (rows, columns)),
        "mean": generator.normal(size=columns),
        "covariance": spd(generator, columns),
    }


def _draw_precision(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    drawn = _draw_full(generator, rows, columns)
    return {"X": drawn["X"], "mean": drawn["mean"], "precision": drawn["covariance"]}


def _draw_diagonal(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    drawn = _draw_full(generator, rows, columns)
    return {"X": drawn["X"], "mean": drawn["mean"], "variances": positive(generator, columns)}


def _by_precision(X: Array, mean: Array, precision: Array) -> Any:
    deviation = X - mean
    distances = jnp.sum(deviation @ precision * deviation)
    size = X.shape[1] * np.log(2 * np.pi)
    return 0.5 * (X.shape[0] * (jnp.linalg.slogdet(precision)[1] - size) - distances)


def _diagonal(X: Array, mean: Array, variances: Array) -> Any:
    return -0.5 * jnp.sum((X - mean) ** 2 / variances + jnp.log(2 * np.pi * variances))


FULL = Problem(
    name="gaussian",
    title="Gaussian, log-likelihood Σ_n log N(x_n | μ, Σ)",
    objective=lambda X, mean, covariance: jnp.sum(log_gaussian(X, mean, covariance)),
    draw=_draw_full,
    draw_other=lambda generator: _draw_full(generator, 11, 4),
    notation={
        "X": "rows x_n (N, D)",
        "mean": "mean μ (D,)",
        "covariance": "covariance Σ (D, D)",
        "precision": "inverse of the covariance (D, D)",
        "S": "scatter Σ_n (x_n - μ)(x_n - μ)ᵀ (D, D)",
        **SAID_SIZES,
    },
    intermediates={
        **SIZES,
        "precision": lambda covariance: jnp.linalg.inv(covariance),
        "S": lambda X, mean: (X - mean).T @ (X - mean),
    },
    constraints={"covariance": "spd"},
    example='check_gradient("gaussian", wrt="mean", claim="precision @ sum(X - mean, axis=0)")',
)

PRECISION = Problem(
    name="gaussian-precision",
    title="Gaussian by its precision, log-likelihood Σ_n log N(x_n | μ, Λ⁻¹)",
    objective=_by_precision,
    draw=_draw_precision,
    draw_other=lambda generator: _draw_precision(generator, 11, 4),
    notation={
        "X": "rows x_n (N, D)",
        "mean": "mean μ (D,)",
        "precision": "precision Λ (D, D)",
        "S": "scatter Σ_n (x_n - μ)(x_n - μ)ᵀ (D, D)",
        **SAID_SIZES,
    },
    intermediates={**SIZES, "S": lambda X, mean: (X - mean).T @ (X - mean)},
    constraints={"precision": "spd"},
    example='check_gradient("gaussian-precision", wrt="precision", claim="(N * inv(precision) - S) / 2")',
)

DIAGONAL = Problem(
    name="gaussian-diagonal",
    title="Gaussian with a diagonal covariance, log-likelihood Σ_n Σ_d log N(x_nd | μ_d, σ²_d)",
    objective=_diagonal,
    draw=_draw_diagonal,
    draw_other=lambda generator: _draw_diagonal(generator, 11, 4),
    notation={
        "X": "rows x_n (N, D)",
        "mean": "mean μ (D,)",
        "variances": "variances σ² (D,)",
        **SAID_SIZES,
    },
    intermediates=SIZES,
    constraints={"variances": "positive"},
    example='check_mle("gaussian-diagonal", ["mean", "variances"], ("mean(X, axis=0)", "var(X, axis=0)"))',
)


def _draw_classes(generator: Generator, rows: int = 11, columns: int = 2, classes: int = 3) -> Point:
    y = np.concatenate([np.arange(classes).repeat(2), generator.integers(0, classes, rows - 2 * classes)])
    return {
        "X": generator.normal(0.3, 1.3, (rows, columns)),
        "y": generator.permutation(y),
        "alpha": simplex(generator, classes),
        "mu": generator.normal(size=(classes, columns)),
        "sigma2": positive(generator, columns),
    }


def _class_joint(X: Array, y: Array, alpha: Array, mu: Array, sigma2: Array) -> Any:
    return jnp.sum(jnp.log(alpha)[y] - 0.5 * jnp.sum((X - mu[y]) ** 2 / sigma2 + jnp.log(2 * np.pi * sigma2), -1))


def _classes_of(y: Array, alpha: Array) -> Any:
    return (y[:, None] == np.arange(alpha.shape[0])) * 1.0


CLASSES = Problem(
    name="gaussian-classes",
    title="Gaussian naive Bayes with variances that the classes share, loss -Σ_n log α_y Π_j N(x_nj | μ_yj, σ²_j)",
    objective=lambda X, y, alpha, mu, sigma2: -_class_joint(X, y, alpha, mu, sigma2),
    draw=_draw_classes,
    draw_other=lambda generator: _draw_classes(generator, 13, 4),
    notation={
        "X": "rows x_n (N, D)",
        "y": "classes of the rows (N,), 0 to K - 1",
        "alpha": "class probabilities α (K,), which sum to 1",
        "mu": "class means μ_k (K, D)",
        "sigma2": "variances σ²_j that the classes share (D,)",
        "Y": "1 where a row is of a class, else 0 (N, K)",
        "Nk": "rows of each class (K,)",
        "N": "number of rows",
        "D": "number of columns",
        "K": "number of classes",
    },
    intermediates={
        **SIZES,
        "K": lambda alpha: alpha.shape[0],
        "Y": _classes_of,
        "Nk": lambda y, alpha: _classes_of(y, alpha).sum(0),
    },
    constraints={"alpha": "simplex", "sigma2": "positive"},
    latents={"y": ("states", lambda alpha: range(alpha.shape[0]))},
    log_joint=_class_joint,
    example='check_gradient("gaussian-classes", wrt="mu", claim="-(Y.T @ X - Nk[:, None] * mu) / sigma2")',
)


def _draw_tied(generator: Generator, rows: int = 11, columns: int = 2, classes: int = 3) -> Point:
    drawn = _draw_classes(generator, rows, columns, classes)
    del drawn["sigma2"]
    return {**drawn, "covariance": spd(generator, columns)}


def _tied_joint(X: Array, y: Array, alpha: Array, mu: Array, covariance: Array) -> Any:
    return jnp.sum(jnp.log(alpha)[y] + log_gaussian(X, mu[y], covariance))


TIED = Problem(
    name="gaussian-classes-tied",
    title="Gaussian classes that share a covariance (linear discriminant analysis), log-likelihood Σ_n log α_y N(x_n | μ_y, Σ)",
    objective=_tied_joint,
    draw=_draw_tied,
    draw_other=lambda generator: _draw_tied(generator, 13, 4),
    notation={
        **{symbol: said for symbol, said in CLASSES.notation.items() if symbol != "sigma2"},
        "covariance": "covariance Σ that the classes share (D, D)",
        "precision": "inverse of the covariance (D, D)",
    },
    intermediates={**CLASSES.intermediates, "precision": lambda covariance: jnp.linalg.inv(covariance)},
    constraints={"alpha": "simplex", "covariance": "spd"},
    latents=CLASSES.latents,
    log_joint=_tied_joint,
    example='check_gradient("gaussian-classes-tied", wrt="mu", claim="(Y.T @ X - Nk[:, None] * mu) @ precision")',
)
