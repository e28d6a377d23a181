"""A Bayesian network of four discrete nodes."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import simplex
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator


def _draw(generator: Generator, a: int = 2, b: int = 3, c: int = 4, d: int = 5) -> Point:
    return {
        "a": generator.integers(a),
        "b": generator.integers(b),
        "c": generator.integers(c),
        "d": generator.integers(d),
        "p_a": simplex(generator, a),
        "p_b": simplex(generator, a, b),
        "p_c": simplex(generator, a, c),
        "p_d": simplex(generator, b, c, d),
    }


def _joint(a: Array, b: Array, c: Array, d: Array, p_a: Array, p_b: Array, p_c: Array, p_d: Array) -> Any:
    return jnp.log(p_a[a]) + jnp.log(p_b[a, b]) + jnp.log(p_c[a, c]) + jnp.log(p_d[b, c, d])


def _evidence(d: Array, p_a: Array, p_b: Array, p_c: Array, p_d: Array) -> Any:
    return jnp.log(jnp.einsum("a,ab,ac,bc->", p_a, p_b, p_c, p_d[:, :, d]))


def _posterior(d: Array, p_a: Array, p_b: Array, p_c: Array, p_d: Array) -> Any:
    joint = jnp.einsum("a,ab,ac,bc->abc", p_a, p_b, p_c, p_d[:, :, d])
    return joint / jnp.sum(joint)


NETWORK = Problem(
    name="bayesian-network",
    title="Bayesian network a → b, a → c, (b, c) → d, log-likelihood log p(d) of its last node",
    objective=_evidence,
    draw=_draw,
    notation={
        "a": "state of the first node",
        "b": "state of the second node, child of a",
        "c": "state of the third node, child of a",
        "d": "state of the last node, child of b and c; what is observed",
        "p_a": "p(a) (A,)",
        "p_b": "p(b | a) (A, B), rows sum to 1",
        "p_c": "p(c | a) (A, C), rows sum to 1",
        "p_d": "p(d | b, c) (B, C, D), sums to 1 along the last axis",
        "q": "p(a, b, c | d) (A, B, C)",
    },
    intermediates={"q": _posterior},
    constraints={"p_a": "simplex", "p_b": "simplex", "p_c": "simplex", "p_d": "simplex"},
    latents={
        "a": ("states", lambda p_a: range(p_a.shape[0])),
        "b": ("states", lambda p_b: range(p_b.shape[1])),
        "c": ("states", lambda p_c: range(p_c.shape[1])),
        "d": ("states", lambda p_d: range(p_d.shape[2])),
    },
    log_joint=_joint,
    example='check_gradient("bayesian-network", wrt="p_a", claim="sum(q, axis=(1, 2)) / p_a")',
)
