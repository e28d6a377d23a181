"""Energy models: a restricted Boltzmann machine and its free energy, an Ising field of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_sum_exp, sigmoid
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator


def _states(size: int) -> np.ndarray:
    return (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(float)


def _draw_rbm(generator: Generator, rows: int = 7, visible: int = 5, hidden: int = 3) -> Point:
    return {
        "V": (generator.random((rows, visible)) < 0.5) * 1.0,
        "v": (generator.random(visible) < 0.5) * 1.0,
        "h": (generator.random(hidden) < 0.5) * 1.0,
        "W": generator.normal(size=(visible, hidden)) * 0.8,
        "b": generator.normal(size=visible) * 0.8,
        "a": generator.normal(size=hidden) * 0.8,
    }


def energy(v: Array, h: Array, W: Array, b: Array, a: Array) -> Any:
    """E(v, h) = -vᵀWh - bᵀv - aᵀh."""
    return -(v @ W @ h) - b @ v - a @ h


def free_energies(V: Array, W: Array, b: Array, a: Array) -> Any:
    """F(v) = -bᵀv - Σ_j log(1 + exp(vᵀW_j + a_j)) of rows (..., D)."""
    return -(V @ b) - jnp.sum(jnp.logaddexp(0.0, V @ W + a), -1)


def log_partition(W: Array, b: Array, a: Array) -> Any:
    """log Σ_v exp(-F(v))."""
    return log_sum_exp(-free_energies(_states(W.shape[0]), W, b, a))


def _log_likelihood(V: Array, W: Array, b: Array, a: Array) -> Any:
    return -jnp.sum(free_energies(V, W, b, a)) - V.shape[0] * log_partition(W, b, a)


def _model(W: Array, b: Array, a: Array) -> tuple[Any, Any]:
    states = _states(W.shape[0])
    return states, jnp.exp(-free_energies(states, W, b, a) - log_partition(W, b, a))


def _model_visible(W: Array, b: Array, a: Array) -> Any:
    states, chances = _model(W, b, a)
    return chances @ states


def _model_hidden(W: Array, b: Array, a: Array) -> Any:
    states, chances = _model(W, b, a)
    return chances @ sigmoid(states @ W + a)


def _model_products(W: Array, b: Array, a: Array) -> Any:
    states, chances = _model(W, b, a)
    return (states * chances[:, None]).T @ sigmoid(states @ W + a)


SAID = {
    "v": "a visible state (D,)",
    "h": "a hidden state (P,)",
    "W": "couplings (D, P)",
    "b": "visible biases (D,)",
    "a": "hidden biases (P,)",
}

RBM = Problem(
    name="rbm",
    title="restricted Boltzmann machine, E(v, h) = -vᵀWh - bᵀv - aᵀh, log-likelihood Σ_n log p(v_n)",
    objective=_log_likelihood,
    draw=_draw_rbm,
    draw_other=lambda generator: _draw_rbm(generator, 8, 4, 3),
    notation={
        "V": "rows of visible states (N, D)",
        **SAID,
        "PH": "p(h_j = 1 | v_n) for the rows (N, P)",
        "model_v": "E[v] under the model (D,)",
        "model_h": "E[h] under the model (P,)",
        "model_vh": "E[v hᵀ] under the model (D, P)",
        "N": "number of rows",
    },
    intermediates={
        "PH": lambda V, W, a: sigmoid(V @ W + a),
        "model_v": _model_visible,
        "model_h": _model_hidden,
        "model_vh": _model_products,
        "N": lambda V: V.shape[0],
    },
    latents={"h": "binary", "v": "binary"},
    log_joint=lambda v, h, W, b, a: -energy(v, h, W, b, a),
    example='check_conditional("rbm", {"h": "binary"}, "sigmoid(v @ W + a)", form="prob_one")',
)

FREE_ENERGY = Problem(
    name="rbm-free-energy",
    title="free energy of a restricted Boltzmann machine, F(v) = -log Σ_h exp(vᵀWh + bᵀv + aᵀh)",
    objective=lambda v, W, b, a: -(b @ v) - jnp.sum(jnp.logaddexp(0.0, v @ W + a)),
    draw=lambda generator: {name: of for name, of in _draw_rbm(generator).items() if name != "V"},
    draw_other=lambda generator: {name: of for name, of in _draw_rbm(generator, 8, 4, 3).items() if name != "V"},
    notation={**SAID, "ph": "p(h_j = 1 | v) (P,)"},
    intermediates={"ph": lambda v, W, a: sigmoid(v @ W + a)},
    latents={"h": "binary"},
    log_joint=lambda v, h, W, b, a: -energy(v, h, W, b, a),
    example='check_gradient("rbm-free-energy", wrt="W", claim="-outer(v, ph)")',
)


def _draw_ising(generator: Generator, height: int = 3, width: int = 5) -> Point:
    return {
        "x": generator.choice([-1.0, 1.0], (height, width)),
        "y": generator.choice([-1.0, 1.0], (height, width)),
        "h": np.float64(generator.uniform(0.2, 0.7)),
        "beta": np.float64(generator.uniform(0.3, 0.8)),
        "eta": np.float64(generator.uniform(0.4, 0.9)),
    }


def neighbours(x: Array) -> Any:
    """Sum of the pixels left, right, above and below each (H, W)."""
    framed = jnp.pad(x, 1)
    return framed[:-2, 1:-1] + framed[2:, 1:-1] + framed[1:-1, :-2] + framed[1:-1, 2:]


def ising_energy(x: Array, y: Array, h: Array | float, beta: Array | float, eta: Array | float) -> Any:
    """E = h Σ x_i - β Σ_{i,j neighbours} x_i x_j - η Σ x_i y_i, each pair once."""
    pairs = jnp.sum(x[1:] * x[:-1]) + jnp.sum(x[:, 1:] * x[:, :-1])
    return h * jnp.sum(x) - beta * pairs - eta * jnp.sum(x * y)


def _flips(x: Array, y: Array, h: Array | float, beta: Array | float, eta: Array | float) -> Any:
    changes = []
    for place in np.ndindex(*x.shape):
        here = np.zeros(x.shape)
        here[place] = 1.0
        up, down = x * (1 - here) + here, x * (1 - here) - here
        changes.append(ising_energy(up, y, h, beta, eta) - ising_energy(down, y, h, beta, eta))
    return jnp.stack(changes).reshape(x.shape)


ISING_NOTATION = {
    "x": "pixels, -1 or 1 (H, W)",
    "y": "noisy pixels, -1 or 1 (H, W)",
    "h": "field, a number",
    "beta": "coupling β of neighbours, a number",
    "eta": "coupling η to the noisy pixel, a number",
    "ne": "sum of the neighbours of each pixel (H, W)",
    "pairs": "sum of x_i x_j over pairs of neighbours, each once, a number",
}
ISING_INTERMEDIATES = {
    "ne": neighbours,
    "pairs": lambda x: jnp.sum(x[1:] * x[:-1]) + jnp.sum(x[:, 1:] * x[:, :-1]),
}

ISING = Problem(
    name="ising",
    title="Ising field, energy E(x, y) = h Σ x_i - β Σ_pairs x_i x_j - η Σ x_i y_i, each pair of neighbours once",
    objective=ising_energy,
    draw=_draw_ising,
    draw_other=lambda generator: _draw_ising(generator, 5, 3),
    notation=ISING_NOTATION,
    intermediates=ISING_INTERMEDIATES,
    constraints={"beta": "positive", "eta": "positive"},
    latents={"x": "spin"},
    log_joint=lambda x, y, h, beta, eta: -ising_energy(x, y, h, beta, eta),
    example='check_conditional("ising", {"x": "spin"}, "sigmoid(2 * beta * ne + 2 * eta * y - 2 * h)", form="prob_one")',
)

FLIP = Problem(
    name="ising-flip",
    title="energy of an Ising field with x_k = 1 less that with x_k = -1, of every pixel k (H, W)",
    objective=_flips,
    draw=_draw_ising,
    draw_other=lambda generator: _draw_ising(generator, 5, 3),
    notation=ISING_NOTATION,
    intermediates=ISING_INTERMEDIATES,
    constraints={"beta": "positive", "eta": "positive"},
    example='check_equal("ising-flip", "2 * h - 2 * beta * ne - 2 * eta * y")',
)
