"""Layers: softmax, batch and layer normalisation, attention; a convolution, a pool and a softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_sum_exp, softmax
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator
EPSILON = 1e-3
SIZES = {"N": lambda X: X.shape[0], "D": lambda X: X.shape[1]}

SOFTMAX = Problem(
    name="softmax",
    title="softmax of each row, y_nd = exp(z_nd) / Σ_e exp(z_ne); of a loss only Ȳ = ∂ℓ/∂Y is known",
    objective=lambda Z: softmax(Z),
    draw=lambda generator: {"Z": generator.normal(0.2, 1.2, (5, 3))},
    draw_other=lambda generator: {"Z": generator.normal(0.2, 1.2, (8, 4))},
    notation={
        "Z": "scores (N, D)",
        "Y": "softmax of the rows (N, D)",
        "R": "row sums of exp(Z) (N, 1)",
        "N": "number of rows",
        "D": "number of columns",
    },
    intermediates={
        "Y": lambda Z: softmax(Z),
        "R": lambda Z: jnp.sum(jnp.exp(Z), 1, keepdims=True),
        "N": lambda Z: Z.shape[0],
        "D": lambda Z: Z.shape[1],
    },
    example='check_vjp("softmax", wrt="Z", claim="Y * (Y_bar - sum(Y * Y_bar, axis=1, keepdims=True))", cotangent="Y_bar")',
)


def _draw_cross_entropy(generator: Generator, classes: int = 5) -> Point:
    target = np.zeros(classes)
    target[generator.integers(classes)] = 1.0
    return {"z": generator.normal(0.2, 1.2, classes), "t": target}


CROSS_ENTROPY = Problem(
    name="softmax-cross-entropy",
    title="cross-entropy of a softmax, loss -Σ_k t_k log y_k, y = softmax(z)",
    objective=lambda z, t: log_sum_exp(z) * jnp.sum(t) - jnp.sum(t * z),
    draw=_draw_cross_entropy,
    draw_other=lambda generator: _draw_cross_entropy(generator, 4),
    notation={
        "z": "scores (K,)",
        "t": "target, a single 1 (K,)",
        "y": "softmax of the scores (K,)",
        "K": "number of classes",
    },
    intermediates={"y": lambda z: softmax(z), "K": lambda z: z.shape[0]},
    example='check_hessian("softmax-cross-entropy", wrt="z", claim="diag(y) - outer(y, y)")',
)


def _standardised(X: Array, axis: int) -> Any:
    centred = X - jnp.mean(X, axis=axis, keepdims=True)
    return centred / _deviation(X, axis)


def _deviation(X: Array, axis: int) -> Any:
    centred = X - jnp.mean(X, axis=axis, keepdims=True)
    return jnp.sqrt(jnp.mean(centred**2, axis=axis, keepdims=True) + EPSILON)


def _draw_normalisation(generator: Generator, rows: int = 7, columns: int = 5) -> Point:
    return {
        "X": generator.normal(0.4, 1.5, (rows, columns)),
        "gamma": generator.uniform(0.5, 1.9, columns),
        "beta": generator.normal(size=columns),
    }


def _normalisation(name: str, title: str, axis: int, over: str) -> Problem:
    return Problem(
        name=name,
        title=title,
        objective=lambda X, gamma, beta: gamma * _standardised(X, axis) + beta,
        draw=_draw_normalisation,
        draw_other=lambda generator: _draw_normalisation(generator, 9, 4),
        notation={
            "X": "rows (N, D)",
            "gamma": "scales γ (D,)",
            "beta": "shifts β (D,)",
            "xhat": "standardised rows (N, D)",
            "s": f"standard deviations over the {over}, with ε = {EPSILON} under the root, dimension kept",
            "N": "number of rows",
            "D": "number of columns",
        },
        intermediates={
            **SIZES,
            "xhat": lambda X: _standardised(X, axis),
            "s": lambda X: _deviation(X, axis),
        },
        example=f'check_vjp("{name}", wrt="gamma", claim="sum(Y_bar * xhat, axis=0)", cotangent="Y_bar")',
    )


BATCH_NORM = _normalisation(
    "batch-norm", "batch normalisation Y = γ x̂ + β, x̂ = (X - mean) / s over the rows of a batch", 0, "rows"
)
LAYER_NORM = _normalisation(
    "layer-norm", "layer normalisation Y = γ x̂ + β, x̂ = (X - mean) / s over the columns of each row", 1, "columns"
)


def _draw_attention(generator: Generator, queries: int = 5, keys: int = 7, width: int = 3, values: int = 2) -> Point:
    return {
        "Q": generator.normal(size=(queries, width)),
        "K": generator.normal(size=(keys, width)),
        "V": generator.normal(size=(keys, values)),
    }


def _attention_weights(Q: Array, K: Array) -> Any:
    return softmax(Q @ K.T / np.sqrt(Q.shape[1]))


ATTENTION = Problem(
    name="attention",
    title="attention O = AV, A = softmax of the rows of QKᵀ / √d; of a loss only Ō = ∂ℓ/∂O is known",
    objective=lambda Q, K, V: _attention_weights(Q, K) @ V,
    draw=_draw_attention,
    draw_other=lambda generator: _draw_attention(generator, 4, 7, 5, 3),
    notation={
        "Q": "queries (N, d)",
        "K": "keys (M, d)",
        "V": "values (M, e)",
        "A": "attention weights (N, M)",
        "d": "width of queries and keys",
        "N": "number of queries",
        "M": "number of keys",
    },
    intermediates={
        "A": _attention_weights,
        "d": lambda Q: Q.shape[1],
        "N": lambda Q: Q.shape[0],
        "M": lambda K: K.shape[0],
    },
    example='check_vjp("attention", wrt="V", claim="A.T @ O_bar", cotangent="O_bar")',
)
