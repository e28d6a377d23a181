"""Small networks: sigmoids of numbers, a layer of tanh units with a softmax, a residual block."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_sum_exp, one_hot, sigmoid, softmax
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator


def _draw_scalars(generator: Generator) -> Point:
    w1, w2, w3, x = generator.uniform(0.4, 1.9, 4) * generator.choice([-1, 1], 4)
    return {"w1": w1, "w2": w2, "w3": w3, "x": x}


SCALAR = Problem(
    name="scalar-network",
    title="network of numbers f = w3 σ(w2 σ(w1 x))",
    objective=lambda w1, w2, w3, x: w3 * sigmoid(w2 * sigmoid(w1 * x)),
    draw=_draw_scalars,
    notation={
        "w1": "first weight, a number",
        "w2": "second weight, a number",
        "w3": "third weight, a number",
        "x": "input, a number",
        "s1": "σ(w1 x)",
        "s2": "σ(w2 s1)",
    },
    intermediates={
        "s1": lambda w1, x: sigmoid(w1 * x),
        "s2": lambda w1, w2, x: sigmoid(w2 * sigmoid(w1 * x)),
    },
    example='check_gradient("scalar-network", wrt="w2", claim="w3 * s1 * s2 * (1 - s2)")',
)


def _draw_mlp(generator: Generator, rows: int = 7, inputs: int = 3, hidden: int = 5, classes: int = 4) -> Point:
    return {
        "X": generator.normal(0.2, 1.0, (rows, inputs)),
        "T": one_hot(generator.integers(0, classes, rows), classes),
        "W1": generator.normal(size=(inputs, hidden)) * 0.7,
        "b1": generator.normal(size=hidden) * 0.7,
        "W2": generator.normal(size=(hidden, classes)) * 0.7,
        "b2": generator.normal(size=classes) * 0.7,
        "lam": np.float64(generator.uniform(0.4, 0.9)),
    }


def _hidden(X: Array, W1: Array, b1: Array) -> Any:
    return jnp.tanh(X @ W1 + b1)


def _mlp(X: Array, T: Array, W1: Array, b1: Array, W2: Array, b2: Array, lam: Array) -> Any:
    scores = _hidden(X, W1, b1) @ W2 + b2
    penalty = 0.5 * lam * (jnp.sum(W1**2) + jnp.sum(W2**2))
    return jnp.sum(log_sum_exp(scores)) - jnp.sum(T * scores) + penalty


MLP = Problem(
    name="mlp",
    title="one layer of tanh units and a softmax, loss -Σ_nk T_nk log P_nk + ½ λ (‖W1‖² + ‖W2‖²), P = softmax(HW2 + b2), "
    "H = tanh(XW1 + b1)",
    objective=_mlp,
    draw=_draw_mlp,
    draw_other=lambda generator: _draw_mlp(generator, 11, 4, 6, 3),
    notation={
        "X": "rows (N, D)",
        "T": "targets, a single 1 in each row (N, K)",
        "W1": "first weights (D, M)",
        "b1": "first biases (M,)",
        "W2": "second weights (M, K)",
        "b2": "second biases (K,)",
        "lam": "weight λ of the penalty, a number",
        "H": "hidden units tanh(XW1 + b1) (N, M)",
        "P": "probabilities (N, K)",
        "N": "number of rows",
        "D": "number of columns",
        "M": "number of hidden units",
        "K": "number of classes",
    },
    intermediates={
        "H": _hidden,
        "P": lambda X, W1, b1, W2, b2: softmax(_hidden(X, W1, b1) @ W2 + b2),
        "N": lambda X: X.shape[0],
        "D": lambda X: X.shape[1],
        "M": lambda W1: W1.shape[1],
        "K": lambda W2: W2.shape[1],
    },
    constraints={"lam": "positive"},
    example='check_gradient("mlp", wrt="W1", claim="X.T @ ((P - T) @ W2.T * (1 - H**2)) + lam * W1")',
)


def _draw_regression_net(generator: Generator, rows: int = 7, inputs: int = 3, hidden: int = 5) -> Point:
    drawn = _draw_mlp(generator, rows, inputs, hidden, 2)
    return {
        "X": drawn["X"],
        "y": generator.normal(0.3, 1.5, rows),
        "W1": drawn["W1"],
        "b1": drawn["b1"],
        "w2": drawn["W2"][:, 0],
        "b2": np.float64(drawn["b2"][0]),
    }


def _relu_hidden(X: Array, W1: Array, b1: Array) -> Any:
    return jnp.maximum(X @ W1 + b1, 0.0)


RELU = Problem(
    name="mlp-relu",
    title="one layer of rectified units for regression, loss ½ Σ_n (h_n·w2 + b2 - y_n)², H = max(XW1 + b1, 0)",
    objective=lambda X, y, W1, b1, w2, b2: 0.5 * jnp.sum((_relu_hidden(X, W1, b1) @ w2 + b2 - y) ** 2),
    draw=_draw_regression_net,
    draw_other=lambda generator: _draw_regression_net(generator, 11, 4, 6),
    notation={
        "X": "rows (N, D)",
        "y": "targets (N,)",
        "W1": "first weights (D, M)",
        "b1": "first biases (M,)",
        "w2": "second weights (M,)",
        "b2": "second bias, a number",
        "A": "XW1 + b1 (N, M)",
        "H": "hidden units max(A, 0) (N, M)",
        "residual": "H w2 + b2 - y (N,)",
        "N": "number of rows",
    },
    intermediates={
        "A": lambda X, W1, b1: X @ W1 + b1,
        "H": _relu_hidden,
        "residual": lambda X, y, W1, b1, w2, b2: _relu_hidden(X, W1, b1) @ w2 + b2 - y,
        "N": lambda X: X.shape[0],
    },
    example='check_gradient("mlp-relu", wrt="w2", claim="H.T @ residual")',
)


def _draw_block(generator: Generator, size: int = 5) -> Point:
    return {
        "x": generator.normal(size=size),
        "W": generator.normal(size=(size, size)) * 0.6,
        "b": generator.normal(size=size) * 0.6,
        "V": generator.normal(size=(size, size)) * 0.6,
        "c": generator.normal(size=size) * 0.6,
    }


def _block_hidden(x: Array, W: Array, b: Array) -> Any:
    return jnp.tanh(W @ x + b) + x


def _block(x: Array, W: Array, b: Array, V: Array, c: Array) -> Any:
    h = _block_hidden(x, W, b)
    return jnp.tanh(V @ h + c) + h


RESIDUAL = Problem(
    name="residual-block",
    title="residual block y = φ(Vh + c) + h, h = φ(Wx + b) + x, φ = tanh; of a loss only ȳ = ∂ℓ/∂y is known",
    objective=_block,
    draw=_draw_block,
    draw_other=lambda generator: _draw_block(generator, 4),
    notation={
        "x": "input (n,)",
        "W": "first weights (n, n)",
        "b": "first biases (n,)",
        "V": "second weights (n, n)",
        "c": "second biases (n,)",
        "z": "Wx + b (n,)",
        "h": "φ(z) + x (n,)",
        "r": "Vh + c (n,)",
        "dz": "φ'(z) (n,)",
        "dr": "φ'(r) (n,)",
        "n": "number of units",
    },
    intermediates={
        "z": lambda x, W, b: W @ x + b,
        "h": _block_hidden,
        "r": lambda x, W, b, V, c: V @ _block_hidden(x, W, b) + c,
        "dz": lambda x, W, b: 1 - jnp.tanh(W @ x + b) ** 2,
        "dr": lambda x, W, b, V, c: 1 - jnp.tanh(V @ _block_hidden(x, W, b) + c) ** 2,
        "n": lambda x: x.shape[0],
    },
    example='check_vjp("residual-block", wrt="c", claim="y_bar * dr", cotangent="y_bar")',
)
