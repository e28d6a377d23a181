"""Divergences between Gaussians, and lower bounds of an evidence."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_gaussian, simplex, spd
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator


def _draw_two(generator: Generator, size: int = 3) -> Point:
    return {
        "m1": generator.normal(size=size),
        "S1": spd(generator, size),
        "m2": generator.normal(size=size),
        "S2": spd(generator, size),
    }


def _divergence(m1: Array, S1: Array, m2: Array, S2: Array) -> Any:
    apart = m2 - m1
    second = jnp.trace(jnp.linalg.solve(S2, S1)) + apart @ jnp.linalg.solve(S2, apart)
    return 0.5 * (second - m1.shape[0] + jnp.linalg.slogdet(S2)[1] - jnp.linalg.slogdet(S1)[1])


GAUSSIANS = Problem(
    name="gaussian-kl",
    title="Kullback-Leibler divergence KL(N(m1, S1) ‖ N(m2, S2))",
    objective=_divergence,
    draw=_draw_two,
    draw_other=lambda generator: _draw_two(generator, 2),
    notation={
        "m1": "first mean (D,)",
        "S1": "first covariance (D, D)",
        "m2": "second mean (D,)",
        "S2": "second covariance (D, D)",
        "D": "dimension",
    },
    intermediates={"D": lambda m1: m1.shape[0]},
    constraints={"S1": "spd", "S2": "spd"},
    example='check_gradient("gaussian-kl", wrt="m2", claim="inv(S2) @ (m2 - m1)")',
)


def _draw_encoder(generator: Generator, size: int = 3) -> Point:
    return {"mu": generator.normal(size=size), "log_variance": generator.normal(0.2, 0.7, size)}


ENCODER = Problem(
    name="gaussian-kl-standard",
    title="Kullback-Leibler divergence KL(N(μ, diag exp(v)) ‖ N(0, I)) of an encoder",
    objective=lambda mu, log_variance: 0.5 * jnp.sum(mu**2 + jnp.exp(log_variance) - 1.0 - log_variance),
    draw=_draw_encoder,
    draw_other=lambda generator: _draw_encoder(generator, 4),
    notation={
        "mu": "means μ (D,)",
        "log_variance": "logarithms v of the variances (D,)",
        "D": "dimension",
    },
    intermediates={"D": lambda mu: mu.shape[0]},
    example='check_gradient("gaussian-kl-standard", wrt="log_variance", claim="(exp(log_variance) - 1) / 2")',
)


def _draw_bound(generator: Generator, columns: int = 5, factors: int = 3) -> Point:
    return {
        "x": generator.normal(size=columns),
        "W": generator.normal(size=(columns, factors)),
        "sigma2": np.float64(generator.uniform(0.4, 0.9)),
        "m": generator.normal(size=factors) * 0.6,
        "s": generator.uniform(0.3, 1.4, factors),
    }


def _bound(x: Array, W: Array, sigma2: Array, m: Array, s: Array) -> Any:
    squares = jnp.sum((x - W @ m) ** 2) + jnp.sum(W**2 @ s**2)
    fit = -0.5 * (squares / sigma2 + x.shape[0] * jnp.log(2 * np.pi * sigma2))
    return fit - 0.5 * jnp.sum(m**2 + s**2 - 1.0 - 2 * jnp.log(s))


ELBO = Problem(
    name="elbo",
    title="evidence lower bound of x | z ~ N(Wz, σ² I), z ~ N(0, I) with q(z) = N(m, diag s²): E_q[log p(x | z)] - KL(q ‖ p(z))",
    objective=_bound,
    draw=_draw_bound,
    draw_other=lambda generator: _draw_bound(generator, 4, 2),
    notation={
        "x": "a row (D,)",
        "W": "loadings (D, L)",
        "sigma2": "variance σ² of the noise, a number",
        "m": "means of q (L,)",
        "s": "standard deviations of q (L,)",
        "log_evidence": "log p(x)",
        "residual": "x - Wm (D,)",
        "D": "number of columns",
        "L": "number of factors",
    },
    intermediates={
        "log_evidence": lambda x, W, sigma2: log_gaussian(x, 0.0, W @ W.T + sigma2 * np.eye(x.shape[0])),
        "residual": lambda x, W, m: x - W @ m,
        "D": lambda x: x.shape[0],
        "L": lambda W: W.shape[1],
    },
    constraints={"sigma2": "positive", "s": "positive"},
    example='check_gradient("elbo", wrt="m", claim="W.T @ residual / sigma2 - m")',
)


def _draw_discrete(generator: Generator, states: int = 5) -> Point:
    return {"q": simplex(generator, states), "log_joint": generator.normal(-1.0, 0.9, states)}


DISCRETE = Problem(
    name="elbo-discrete",
    title="evidence lower bound Σ_k q_k (log p(x, k) - log q_k) of a latent variable with K states",
    objective=lambda q, log_joint: jnp.sum(q * (log_joint - jnp.log(q))),
    draw=_draw_discrete,
    draw_other=lambda generator: _draw_discrete(generator, 4),
    notation={
        "q": "probabilities of the states (K,), which sum to 1",
        "log_joint": "log p(x, k) (K,)",
        "posterior": "p(k | x) (K,)",
        "log_evidence": "log p(x)",
        "K": "number of states",
    },
    intermediates={
        "posterior": lambda log_joint: jnp.exp(log_joint) / jnp.sum(jnp.exp(log_joint)),
        "log_evidence": lambda log_joint: jnp.log(jnp.sum(jnp.exp(log_joint))),
        "K": lambda q: q.shape[0],
    },
    constraints={"q": "simplex"},
    example='check_gradient("elbo-discrete", wrt="q", claim="log_joint - log(q) - 1")',
)
