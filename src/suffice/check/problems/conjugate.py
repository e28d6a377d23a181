"""Conjugate priors: Dirichlet and counts, beta and throws, gamma and counts, a Gaussian mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_gaussian, simplex, spd, unit
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax

Generator = np.random.Generator


def _draw_dirichlet(generator: Generator, categories: int = 3) -> Point:
    return {
        "n": generator.integers(1, 7, categories) * 1.0,
        "alpha": generator.uniform(1.3, 3.5, categories),
        "theta": simplex(generator, categories),
    }


def _dirichlet(n: Array, alpha: Array, theta: Array) -> Any:
    normaliser = lax.lgamma(jnp.sum(alpha)) - jnp.sum(lax.lgamma(alpha))
    return jnp.sum((n + alpha - 1) * jnp.log(theta)) + normaliser


DIRICHLET = Problem(
    name="dirichlet-categorical",
    title="categories with a Dirichlet prior, log-joint Σ_k (n_k + α_k - 1) log θ_k - log B(α)",
    objective=_dirichlet,
    draw=_draw_dirichlet,
    notation={
        "n": "counts of the categories (K,)",
        "alpha": "concentrations α of the prior (K,)",
        "theta": "probabilities θ of the categories (K,), which sum to 1",
        "K": "number of categories",
        "N": "number of throws, a number",
    },
    intermediates={"K": lambda n: n.shape[0], "N": lambda n: jnp.sum(n)},
    constraints={"alpha": "positive", "theta": "simplex"},
    latents={"theta": ("simplex", 3)},
    log_joint=_dirichlet,
    example='check_map("dirichlet-categorical", ["theta"], "(n + alpha - 1) / sum(n + alpha - 1)")',
)


def _draw_beta(generator: Generator) -> Point:
    return {
        "heads": np.float64(generator.integers(2, 9)),
        "tails": np.float64(generator.integers(3, 7)),
        "a": np.float64(generator.uniform(1.3, 3.5)),
        "b": np.float64(generator.uniform(1.3, 3.5)),
        "theta": np.float64(unit(generator, 1)[0]),
    }


def _beta(heads: Array, tails: Array, a: Array, b: Array, theta: Array) -> Any:
    normaliser = lax.lgamma(a + b) - lax.lgamma(a) - lax.lgamma(b)
    return (heads + a - 1) * jnp.log(theta) + (tails + b - 1) * jnp.log(1 - theta) + normaliser


BETA = Problem(
    name="beta-bernoulli",
    title="throws of a coin with a beta prior, log-joint (h + a - 1) log θ + (t + b - 1) log(1 - θ) - log B(a, b)",
    objective=_beta,
    draw=_draw_beta,
    notation={
        "heads": "number h of heads",
        "tails": "number t of tails",
        "a": "first parameter of the prior",
        "b": "second parameter of the prior",
        "theta": "probability θ of heads, a number",
    },
    constraints={"a": "positive", "b": "positive", "theta": "unit"},
    latents={"theta": "unit"},
    log_joint=_beta,
    example='check_map("beta-bernoulli", ["theta"], "(heads + a - 1) / (heads + tails + a + b - 2)")',
)


def _draw_gamma(generator: Generator, rows: int = 7) -> Point:
    return {
        "x": generator.poisson(3.0, rows) * 1.0,
        "a": np.float64(generator.uniform(1.3, 3.5)),
        "b": np.float64(generator.uniform(0.5, 1.9)),
        "rate": np.float64(generator.uniform(1.4, 4.0)),
    }


def _gamma(x: Array, a: Array, b: Array, rate: Array) -> Any:
    prior = a * jnp.log(b) - lax.lgamma(a) + (a - 1) * jnp.log(rate) - b * rate
    return prior + jnp.sum(x * jnp.log(rate) - rate - lax.lgamma(x + 1.0))


GAMMA = Problem(
    name="gamma-poisson",
    title="counts with a gamma prior, log-joint Σ_n log Poisson(x_n | λ) + log Gamma(λ | a, b), b a rate",
    objective=_gamma,
    draw=_draw_gamma,
    draw_other=lambda generator: _draw_gamma(generator, 9),
    notation={
        "x": "counts (N,)",
        "a": "shape of the prior",
        "b": "rate of the prior",
        "rate": "mean λ of the counts, a number",
        "N": "number of counts",
    },
    intermediates={"N": lambda x: x.shape[0]},
    constraints={"a": "positive", "b": "positive", "rate": "positive"},
    latents={"rate": "positive"},
    log_joint=_gamma,
    example='check_map("gamma-poisson", ["rate"], "(a + sum(x) - 1) / (b + N)")',
)


def _draw_mean(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    return {
        "X": generator.normal(0.3, 1.3, (rows, columns)),
        "mu": generator.normal(size=columns),
        "m0": generator.normal(size=columns),
        "S0": spd(generator, columns),
        "S": spd(generator, columns),
    }


def _mean(X: Array, mu: Array, m0: Array, S0: Array, S: Array) -> Any:
    return jnp.sum(log_gaussian(X, mu, S)) + log_gaussian(mu, m0, S0)


MEAN = Problem(
    name="gaussian-mean",
    title="mean of a Gaussian with a Gaussian prior, log-joint Σ_n log N(x_n | μ, S) + log N(μ | m0, S0)",
    objective=_mean,
    draw=_draw_mean,
    draw_other=lambda generator: _draw_mean(generator, 9, 2),
    notation={
        "X": "rows (N, D)",
        "mu": "mean μ (D,)",
        "m0": "mean of the prior (D,)",
        "S0": "covariance of the prior (D, D)",
        "S": "covariance of a row (D, D)",
        "N": "number of rows",
        "D": "number of columns",
    },
    intermediates={"N": lambda X: X.shape[0], "D": lambda X: X.shape[1]},
    constraints={"S0": "spd", "S": "spd"},
    latents={"mu": "gaussian"},
    log_joint=_mean,
    example='check_map("gaussian-mean", ["mu"], "inv(inv(S0) + N * inv(S)) @ (inv(S0) @ m0 + inv(S) @ sum(X, axis=0))")',
)
