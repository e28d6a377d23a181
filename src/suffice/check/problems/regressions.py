"""Linear, logistic, softmax and Poisson regression with penalties; the losses are sums over rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import log_sum_exp, one_hot, sigmoid, softmax
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

Generator = np.random.Generator
SIZES = {"N": lambda X: X.shape[0], "D": lambda X: X.shape[1]}
SAID = {
    "X": "rows (N, D)",
    "w": "coefficients (D,)",
    "lam": "weight λ of the penalty, a number",
    "N": "number of rows",
    "D": "number of columns",
}


def _rows(generator: Generator, rows: int, columns: int) -> Point:
    return {
        "X": generator.normal(0.2, 1.0, (rows, columns)),
        "w": generator.normal(size=columns),
        "lam": np.float64(generator.uniform(0.4, 0.9)),
    }


def _draw_linear(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    return {**_rows(generator, rows, columns), "y": generator.normal(0.3, 1.5, rows)}


def _draw_logistic(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    t = np.concatenate([[0.0, 1.0], (generator.random(rows - 2) < 0.5) * 1.0])
    return {**_rows(generator, rows, columns), "t": generator.permutation(t)}


def _draw_poisson(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    drawn = _rows(generator, rows, columns)
    return {**drawn, "w": 0.5 * drawn["w"], "y": generator.poisson(2.0, rows) * 1.0}


def _draw_softmax(generator: Generator, rows: int = 7, columns: int = 3, classes: int = 5) -> Point:
    return {
        "X": generator.normal(0.2, 1.0, (rows, columns)),
        "T": one_hot(generator.integers(0, classes, rows), classes),
        "W": generator.normal(size=(columns, classes)),
        "b": generator.normal(size=classes),
        "lam": np.float64(generator.uniform(0.4, 0.9)),
    }


def _squares(X: Array, y: Array, w: Array) -> Any:
    return 0.5 * jnp.sum((X @ w - y) ** 2)


def _logistic(X: Array, t: Array, w: Array, lam: Array) -> Any:
    score = X @ w
    return jnp.sum(jnp.logaddexp(0.0, score) - t * score) + 0.5 * lam * jnp.sum(w**2)


def _poisson(X: Array, y: Array, w: Array, lam: Array) -> Any:
    score = X @ w
    return jnp.sum(jnp.exp(score) - y * score) + 0.5 * lam * jnp.sum(w**2)


def _softmax(X: Array, T: Array, W: Array, b: Array, lam: Array) -> Any:
    scores = X @ W + b
    return jnp.sum(log_sum_exp(scores)) - jnp.sum(T * scores) + 0.5 * lam * jnp.sum(W**2)


LINEAR = Problem(
    name="linear-regression",
    title="linear regression with a squared penalty, loss ½ ‖Xw - y‖² + ½ λ ‖w‖²",
    objective=lambda X, y, w, lam: _squares(X, y, w) + 0.5 * lam * jnp.sum(w**2),
    draw=_draw_linear,
    draw_other=lambda generator: _draw_linear(generator, 11, 4),
    notation={**SAID, "y": "targets (N,)", "residual": "Xw - y (N,)"},
    intermediates={**SIZES, "residual": lambda X, y, w: X @ w - y},
    constraints={"lam": "positive"},
    example='check_gradient("linear-regression", wrt="w", claim="X.T @ (X @ w - y) + lam * w")',
)


def _draw_lasso(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    drawn = _draw_linear(generator, rows, columns)
    signs = generator.permutation(np.where(np.arange(columns) % 2, 1.0, -1.0))
    return {**drawn, "w": signs * np.abs(drawn["w"])}


LASSO = Problem(
    name="lasso",
    title="linear regression with an absolute penalty, loss ½ ‖Xw - y‖² + λ Σ_d |w_d|",
    objective=lambda X, y, w, lam: _squares(X, y, w) + lam * jnp.sum(jnp.abs(w)),
    draw=_draw_lasso,
    draw_other=lambda generator: _draw_lasso(generator, 11, 4),
    notation={**SAID, "y": "targets (N,)", "residual": "Xw - y (N,)"},
    intermediates={**SIZES, "residual": lambda X, y, w: X @ w - y},
    constraints={"lam": "positive"},
    example='check_gradient("lasso", wrt="w", claim="X.T @ (X @ w - y) + lam * where(w > 0, 1, -1)")',
)

LOGISTIC = Problem(
    name="logistic-regression",
    title="logistic regression with a squared penalty, loss -Σ_n t_n log σ(x_n·w) + (1 - t_n) log(1 - σ(x_n·w)) + ½ λ ‖w‖²",
    objective=_logistic,
    draw=_draw_logistic,
    draw_other=lambda generator: _draw_logistic(generator, 11, 4),
    notation={**SAID, "t": "targets 0 or 1 (N,)", "p": "probabilities σ(Xw) of a 1 (N,)"},
    intermediates={**SIZES, "p": lambda X, w: sigmoid(X @ w)},
    constraints={"lam": "positive"},
    example='check_gradient("logistic-regression", wrt="w", claim="X.T @ (p - t) + lam * w")',
)

POISSON = Problem(
    name="poisson-regression",
    title="Poisson regression with a squared penalty, loss Σ_n exp(x_n·w) - y_n x_n·w + ½ λ ‖w‖²",
    objective=_poisson,
    draw=_draw_poisson,
    draw_other=lambda generator: _draw_poisson(generator, 11, 4),
    notation={**SAID, "y": "counts (N,)", "rate": "exp(Xw) (N,)"},
    intermediates={**SIZES, "rate": lambda X, w: jnp.exp(X @ w)},
    constraints={"lam": "positive"},
    example='check_gradient("poisson-regression", wrt="w", claim="X.T @ (rate - y) + lam * w")',
)

SOFTMAX = Problem(
    name="softmax-regression",
    title="softmax regression with a squared penalty, loss -Σ_nk T_nk log P_nk + ½ λ ‖W‖², P = softmax(XW + b)",
    objective=_softmax,
    draw=_draw_softmax,
    draw_other=lambda generator: _draw_softmax(generator, 11, 4, 3),
    notation={
        "X": "rows (N, D)",
        "T": "targets, a single 1 in each row (N, K)",
        "W": "coefficients (D, K)",
        "b": "biases (K,)",
        "lam": "weight λ of the penalty, a number",
        "P": "probabilities (N, K)",
        "N": "number of rows",
        "D": "number of columns",
        "K": "number of classes",
    },
    intermediates={**SIZES, "K": lambda W: W.shape[1], "P": lambda X, W, b: softmax(X @ W + b)},
    constraints={"lam": "positive"},
    example='check_gradient("softmax-regression", wrt="W", claim="X.T @ (P - T) + lam * W")',
)


def _draw_bayesian(generator: Generator, rows: int = 7, columns: int = 3) -> Point:
    drawn = _draw_linear(generator, rows, columns)
    return {
        "X": drawn["X"],
        "y": drawn["y"],
        "w": drawn["w"],
        "alpha": np.float64(generator.uniform(0.5, 1.8)),
        "beta": np.float64(generator.uniform(0.5, 1.8)),
    }


def _bayesian(X: Array, y: Array, w: Array, alpha: Array, beta: Array) -> Any:
    fit = 0.5 * X.shape[0] * jnp.log(beta / (2 * np.pi)) - 0.5 * beta * jnp.sum((y - X @ w) ** 2)
    return fit + 0.5 * X.shape[1] * jnp.log(alpha / (2 * np.pi)) - 0.5 * alpha * jnp.sum(w**2)


BAYESIAN = Problem(
    name="bayesian-linear-regression",
    title="Bayesian linear regression, log-joint Σ_n log N(y_n | x_n·w, 1/β) + Σ_d log N(w_d | 0, 1/α)",
    objective=_bayesian,
    draw=_draw_bayesian,
    draw_other=lambda generator: _draw_bayesian(generator, 11, 4),
    notation={
        "X": "rows (N, D)",
        "y": "targets (N,)",
        "w": "coefficients (D,)",
        "alpha": "precision α of the prior, a number",
        "beta": "precision β of the noise, a number",
        "N": "number of rows",
        "D": "number of columns",
    },
    intermediates=SIZES,
    constraints={"alpha": "positive", "beta": "positive"},
    latents={"w": "gaussian"},
    log_joint=_bayesian,
    example='check_posterior("bayesian-linear-regression", {"w": "gaussian"}, ('
    '"beta * inv(alpha * eye(D) + beta * X.T @ X) @ X.T @ y", "inv(alpha * eye(D) + beta * X.T @ X)"), form="mean_cov")',
)
