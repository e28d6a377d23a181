"""Linear Gaussian factor models: probabilistic PCA with one factor and with several, factor analysis."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_gaussian, positive
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator
SIZES = {"N": lambda X: X.shape[0], "D": lambda X: X.shape[1]}
LOG_TAU = np.log(2 * np.pi)


def _draw_one(generator: Generator, rows: int = 7, columns: int = 5) -> Point:
    return {
        "X": generator.normal(size=(rows, columns)),
        "u": generator.normal(size=columns),
        "sigma2": np.float64(generator.uniform(0.4, 0.9)),
    }


def _one_covariance(u: Any, sigma2: Array) -> Any:
    return jnp.outer(u, u) + sigma2 * np.eye(u.shape[0])


def _one_joint(X: Array, z: Array, u: Array, sigma2: Array) -> Any:
    noise = jnp.sum((X - z[:, None] * u) ** 2) / sigma2 + X.size * jnp.log(2 * np.pi * sigma2)
    return -0.5 * (noise + jnp.sum(z**2) + X.shape[0] * LOG_TAU)


def _one_expected(X: Array, m: Array, s: Array, u: Array, sigma2: Array) -> Any:
    squares = jnp.sum(X**2) - 2 * m @ X @ u + jnp.sum(s) * u @ u
    return -0.5 * (squares / sigma2 + X.size * jnp.log(2 * np.pi * sigma2) + jnp.sum(s) + X.shape[0] * LOG_TAU)


def _one_mean(X: Array, u: Array, sigma2: Array) -> Any:
    return X @ u / (sigma2 + u @ u)


def _one_square(X: Array, u: Array, sigma2: Array) -> Any:
    return sigma2 / (sigma2 + u @ u) + _one_mean(X, u, sigma2) ** 2


ONE_FACTOR = Problem(
    name="ppca",
    title="probabilistic PCA with one factor, z_n ~ N(0, 1), x_n | z_n ~ N(u z_n, σ² I), log-likelihood of the rows "
    "Σ_n log N(x_n | 0, uuᵀ + σ² I)",
    objective=lambda X, u, sigma2: jnp.sum(log_gaussian(X, 0.0, _one_covariance(u, sigma2))),
    draw=_draw_one,
    draw_other=lambda generator: _draw_one(generator, 9, 4),
    notation={
        "X": "rows x_n, centred (N, D)",
        "u": "loadings (D,)",
        "sigma2": "variance σ² of the noise, a number",
        "z": "factor of each row (N,)",
        "m": "posterior means E[z_n | x_n] (N,)",
        "s": "posterior second moments E[z_n² | x_n] (N,)",
        "C": "covariance uuᵀ + σ² I of a row (D, D)",
        "N": "number of rows",
        "D": "number of columns",
    },
    intermediates={**SIZES, "m": _one_mean, "s": _one_square, "C": _one_covariance},
    constraints={"sigma2": "positive"},
    latents={"z": "real"},
    log_joint=_one_joint,
    expected=_one_expected,
    example='check_m_step("ppca", ["u"], "X.T @ m / sum(s)")',
)


def _draw_several(generator: Generator, rows: int = 9, columns: int = 5, factors: int = 2) -> Point:
    return {
        "X": generator.normal(0.3, 1.0, (rows, columns)),
        "x": generator.normal(0.3, 1.0, columns),
        "z": generator.normal(size=factors),
        "mu": generator.normal(size=columns),
        "W": generator.normal(size=(columns, factors)),
        "psi": positive(generator, columns),
    }


def _covariance(W: Array, psi: Array) -> Any:
    return W @ W.T + psi * np.eye(W.shape[0])


def _factor_joint(x: Array, z: Array, mu: Array, W: Array, psi: Array) -> Any:
    deviation = x - mu - W @ z
    noise = jnp.sum(deviation**2 / psi + jnp.log(2 * np.pi * psi) * np.ones(x.shape[0]))
    return -0.5 * (noise + jnp.sum(z**2) + z.shape[0] * LOG_TAU)


def _posterior_covariance(W: Array, psi: Array) -> Any:
    return jnp.linalg.inv(np.eye(W.shape[1]) + W.T @ (W / psi[:, None]))


def _posterior_means(X: Array, mu: Array, W: Array, psi: Array) -> Any:
    return (X - mu) / psi @ W @ _posterior_covariance(W, psi)


def _second_moments(X: Array, mu: Array, W: Array, psi: Array) -> Any:
    means = _posterior_means(X, mu, W, psi)
    return X.shape[0] * _posterior_covariance(W, psi) + means.T @ means


def _factor_expected(X: Array, M: Array, S: Array, mu: Array, W: Array, psi: Array) -> Any:
    centred = X - mu
    squares = jnp.sum(centred**2, 0) - 2 * jnp.sum(W * (centred.T @ M), 1) + jnp.sum(W @ S * W, 1)
    noise = jnp.sum(squares / psi + X.shape[0] * jnp.log(2 * np.pi * psi))
    return -0.5 * (noise + jnp.trace(S) + X.shape[0] * W.shape[1] * LOG_TAU)


FACTOR_ANALYSIS = Problem(
    name="factor-analysis",
    title="factor analysis, z ~ N(0, I), x | z ~ N(μ + Wz, diag ψ), log-likelihood Σ_n log N(x_n | μ, WWᵀ + diag ψ)",
    objective=lambda X, mu, W, psi: jnp.sum(log_gaussian(X, mu, _covariance(W, psi))),
    draw=_draw_several,
    draw_other=lambda generator: _draw_several(generator, 8, 4, 3),
    notation={
        "X": "rows x_n (N, D)",
        "x": "a row (D,)",
        "z": "factors of the row x (L,)",
        "mu": "mean μ (D,)",
        "W": "loadings (D, L)",
        "psi": "variances ψ of the noise (D,)",
        "C": "covariance WWᵀ + diag ψ of a row (D, D)",
        "V": "posterior covariance of the factors (L, L)",
        "M": "posterior means E[z_n | x_n] (N, L)",
        "S": "sum of posterior second moments Σ_n E[z_n z_nᵀ | x_n] (L, L)",
        "N": "number of rows",
        "D": "number of columns",
        "L": "number of factors",
    },
    intermediates={
        **SIZES,
        "L": lambda W: W.shape[1],
        "C": _covariance,
        "V": _posterior_covariance,
        "M": _posterior_means,
        "S": _second_moments,
    },
    constraints={"psi": "positive"},
    latents={"z": "gaussian"},
    log_joint=_factor_joint,
    expected=_factor_expected,
    example='check_m_step("factor-analysis", ["W"], "(X - mu).T @ M @ inv(S)")',
)


def _draw_principal(generator: Generator, rows: int = 9, columns: int = 5, factors: int = 2) -> Point:
    drawn = _draw_several(generator, rows, columns, factors)
    del drawn["psi"]
    return {**drawn, "sigma2": np.float64(generator.uniform(0.4, 0.9))}


def _alike(W: Array, sigma2: Array) -> Any:
    return sigma2 * np.ones(W.shape[0])


PPCA = Problem(
    name="ppca-factors",
    title="probabilistic PCA, z ~ N(0, I), x | z ~ N(μ + Wz, σ² I), log-likelihood Σ_n log N(x_n | μ, WWᵀ + σ² I)",
    objective=lambda X, mu, W, sigma2: jnp.sum(log_gaussian(X, mu, _covariance(W, _alike(W, sigma2)))),
    draw=_draw_principal,
    draw_other=lambda generator: _draw_principal(generator, 8, 4, 3),
    notation={
        **{symbol: said for symbol, said in FACTOR_ANALYSIS.notation.items() if symbol != "psi"},
        "C": "covariance WWᵀ + σ² I of a row (D, D)",
        "sigma2": "variance σ² of the noise, a number",
        "B": "WᵀW + σ² I (L, L)",
    },
    intermediates={
        **SIZES,
        "L": lambda W: W.shape[1],
        "C": lambda W, sigma2: _covariance(W, _alike(W, sigma2)),
        "V": lambda W, sigma2: _posterior_covariance(W, _alike(W, sigma2)),
        "M": lambda X, mu, W, sigma2: _posterior_means(X, mu, W, _alike(W, sigma2)),
        "S": lambda X, mu, W, sigma2: _second_moments(X, mu, W, _alike(W, sigma2)),
        "B": lambda W, sigma2: W.T @ W + sigma2 * np.eye(W.shape[1]),
    },
    constraints={"sigma2": "positive"},
    latents={"z": "gaussian"},
    log_joint=lambda x, z, mu, W, sigma2: _factor_joint(x, z, mu, W, _alike(W, sigma2)),
    expected=lambda X, M, S, mu, W, sigma2: _factor_expected(X, M, S, mu, W, _alike(W, sigma2)),
    example='check_posterior("ppca-factors", {"z": "gaussian"}, ("inv(B) @ W.T @ (x - mu)", "sigma2 * inv(B)"), form="mean_cov")',
)
