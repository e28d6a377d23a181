"""Mixtures of Bernoulli and of Poisson variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems import mixtures
from suffice.check.problems.mathematics import positive, simplex, unit
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax

Generator = np.random.Generator


def _bernoulli(X: Array, probabilities: Array) -> Any:
    return X @ jnp.log(probabilities).T + (1 - X) @ jnp.log(1 - probabilities).T


def _poisson(X: Array, rates: Array) -> Any:
    return X @ jnp.log(rates).T - jnp.sum(rates, -1) - jnp.sum(lax.lgamma(X + 1.0), -1)[:, None]


def _draw_bernoulli(generator: Generator, rows: int = 11, columns: int = 7, components: int = 3) -> Point:
    return {
        "X": (generator.random((rows, columns)) < 0.45) * 1.0,
        "weights": simplex(generator, components),
        "probabilities": unit(generator, components, columns),
    }


def _draw_poisson(generator: Generator, rows: int = 11, columns: int = 2, components: int = 3) -> Point:
    return {
        "X": generator.poisson(3.0, (rows, columns)) * 1.0,
        "weights": simplex(generator, components),
        "rates": positive(generator, components, columns) * 2,
    }


def _of_bernoulli(X: Array, weights: Array, probabilities: Array) -> Any:
    return mixtures.responsibilities(_bernoulli(X, probabilities), weights)


def _of_poisson(X: Array, weights: Array, rates: Array) -> Any:
    return mixtures.responsibilities(_poisson(X, rates), weights)


BERNOULLI = Problem(
    name="bernoulli-mixture",
    title="mixture of Bernoullis, log-likelihood Σ_n log Σ_k π_k Π_d p_kd^x_nd (1 - p_kd)^(1 - x_nd)",
    objective=lambda X, weights, probabilities: mixtures.log_likelihood(_bernoulli(X, probabilities), weights),
    draw=_draw_bernoulli,
    draw_other=lambda generator: _draw_bernoulli(generator, 8, 5),
    notation={
        "X": "rows x_n of 0 and 1 (N, D)",
        "probabilities": "probabilities p_kd of a 1 (K, D)",
        **mixtures.NOTATION,
    },
    intermediates={
        **mixtures.SIZES,
        "r": _of_bernoulli,
        "Nk": lambda X, weights, probabilities: _of_bernoulli(X, weights, probabilities).sum(0),
        "density": lambda X, probabilities: jnp.exp(_bernoulli(X, probabilities)),
        "p": lambda X, weights, probabilities: jnp.exp(_bernoulli(X, probabilities)) @ weights,
    },
    constraints={"weights": "simplex", "probabilities": "unit"},
    latents=mixtures.LATENTS,
    log_joint=lambda X, z, weights, probabilities: jnp.sum(
        jnp.log(weights)[z] + jnp.sum(X * jnp.log(probabilities)[z] + (1 - X) * jnp.log(1 - probabilities)[z], -1)
    ),
    expected=lambda X, r, weights, probabilities: mixtures.expected(r, _bernoulli(X, probabilities), weights),
    example='check_m_step("bernoulli-mixture", ["probabilities"], "r.T @ X / Nk[:, None]")',
)

POISSON = Problem(
    name="poisson-mixture",
    title="mixture of Poissons, log-likelihood Σ_n log Σ_k π_k Π_d λ_kd^x_nd exp(-λ_kd) / x_nd!",
    objective=lambda X, weights, rates: mixtures.log_likelihood(_poisson(X, rates), weights),
    draw=_draw_poisson,
    draw_other=lambda generator: _draw_poisson(generator, 9, 4),
    notation={"X": "rows x_n of counts (N, D)", "rates": "rates λ_kd (K, D)", **mixtures.NOTATION},
    intermediates={
        **mixtures.SIZES,
        "r": _of_poisson,
        "Nk": lambda X, weights, rates: _of_poisson(X, weights, rates).sum(0),
        "density": lambda X, rates: jnp.exp(_poisson(X, rates)),
        "p": lambda X, weights, rates: jnp.exp(_poisson(X, rates)) @ weights,
    },
    constraints={"weights": "simplex", "rates": "positive"},
    latents=mixtures.LATENTS,
    log_joint=lambda X, z, weights, rates: jnp.sum(
        jnp.log(weights)[z] + jnp.sum(X * jnp.log(rates)[z] - rates[z] - lax.lgamma(X + 1.0), -1)
    ),
    expected=lambda X, r, weights, rates: mixtures.expected(r, _poisson(X, rates), weights),
    example='check_gradient("poisson-mixture", wrt="rates", claim="r.T @ X / rates - Nk[:, None]")',
)
