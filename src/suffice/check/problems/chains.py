"""A hidden Markov model of one sequence of symbols."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import one_hot, simplex
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator


def _draw(generator: Generator, length: int = 5, states: int = 3, symbols: int = 4) -> Point:
    return {
        "x": generator.permutation(
            np.concatenate([np.arange(symbols), generator.integers(0, symbols, length - symbols)])
        ),
        "pi": simplex(generator, states),
        "A": simplex(generator, states, states),
        "B": simplex(generator, states, symbols),
    }


def forward(x: Array, pi: Array, A: Array, B: Array) -> Any:
    """α_t(k) = p(x_1 ... x_t, z_t = k), (T, K)."""
    ahead: list[Any] = [pi * B[:, x[0]]]
    for symbol in x[1:]:
        ahead.append(ahead[-1] @ A * B[:, symbol])
    return jnp.stack(ahead)


def backward(x: Array, A: Array, B: Array) -> Any:
    """β_t(k) = p(x_t+1 ... x_T | z_t = k), (T, K)."""
    behind: list[Any] = [jnp.sum(A * 0.0, 1) + 1.0]
    for symbol in x[:0:-1]:
        behind.append(A @ (B[:, symbol] * behind[-1]))
    return jnp.stack(behind[::-1])


def _marginals(x: Array, pi: Array, A: Array, B: Array) -> Any:
    both = forward(x, pi, A, B) * backward(x, A, B)
    return both / jnp.sum(both, 1, keepdims=True)


def _pairwise(x: Array, pi: Array, A: Array, B: Array) -> Any:
    ahead, behind = forward(x, pi, A, B), backward(x, A, B)
    return ahead[:-1, :, None] * A * (B[:, x[1:]].T * behind[1:])[:, None, :] / jnp.sum(ahead[-1])


def _joint(x: Array, z: Array, pi: Array, A: Array, B: Array) -> Any:
    return jnp.log(pi)[z[0]] + jnp.sum(jnp.log(A)[z[:-1], z[1:]]) + jnp.sum(jnp.log(B)[z, x])


def _expected(x: Array, gamma: Array, xi: Array, pi: Array, A: Array, B: Array) -> Any:
    return jnp.sum(gamma[0] * jnp.log(pi)) + jnp.sum(xi * jnp.log(A)) + jnp.sum(gamma * jnp.log(B[:, x]).T)


HMM = Problem(
    name="hidden-markov-model",
    title="hidden Markov model of symbols, log-likelihood log Σ_z π_z1 Π_t A_z(t-1)z(t) Π_t B_z(t)x(t)",
    objective=lambda x, pi, A, B: jnp.log(jnp.sum(forward(x, pi, A, B)[-1])),
    draw=_draw,
    draw_other=lambda generator: _draw(generator, 7, 3, 5),
    notation={
        "x": "symbols (T,), 0 to M - 1",
        "z": "states (T,), 0 to K - 1",
        "pi": "probabilities of the first state (K,), which sum to 1",
        "A": "transitions A_jk = p(z_t = k | z_t-1 = j) (K, K), rows sum to 1",
        "B": "emissions B_km = p(x_t = m | z_t = k) (K, M), rows sum to 1",
        "alpha": "forward messages p(x_1 ... x_t, z_t = k) (T, K)",
        "beta": "backward messages p(x_t+1 ... x_T | z_t = k) (T, K)",
        "gamma": "marginals p(z_t = k | x) (T, K)",
        "xi": "pairs p(z_t = j, z_t+1 = k | x) (T - 1, K, K)",
        "X": "1 where a symbol is m, else 0 (T, M)",
        "T": "length",
        "K": "number of states",
        "M": "number of symbols",
    },
    intermediates={
        "alpha": forward,
        "beta": backward,
        "gamma": _marginals,
        "xi": _pairwise,
        "X": lambda x, B: one_hot(x, B.shape[1]),
        "T": lambda x: x.shape[0],
        "K": lambda pi: pi.shape[0],
        "M": lambda B: B.shape[1],
    },
    constraints={"pi": "simplex", "A": "simplex", "B": "simplex"},
    latents={"z": ("states", lambda pi: range(pi.shape[0]))},
    log_joint=_joint,
    expected=_expected,
    example='check_posterior("hidden-markov-model", {"z": 3}, "alpha * beta / sum(alpha[-1])", form="marginals")',
)
