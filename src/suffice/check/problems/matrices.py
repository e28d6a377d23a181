"""Exercises of matrix calculus, and a network that sorts two numbers."""

from __future__ import annotations

import numpy as np

from suffice.check.problem import Point, Problem
from suffice.check.problems.mathematics import spd
from suffice.runtime.either import jnp

Generator = np.random.Generator


def _draw_form(generator: Generator, size: int = 5) -> Point:
    return {
        "x": generator.normal(size=size),
        "A": generator.normal(size=(size, size)),
        "b": generator.normal(size=size),
    }


FORM = Problem(
    name="quadratic-form",
    title="f = xᵀAx + bᵀx, A not symmetric",
    objective=lambda x, A, b: x @ A @ x + b @ x,
    draw=_draw_form,
    draw_other=lambda generator: _draw_form(generator, 4),
    notation={"x": "vector (D,)", "A": "matrix (D, D)", "b": "vector (D,)", "D": "dimension"},
    intermediates={"D": lambda x: x.shape[0]},
    example='check_gradient("quadratic-form", wrt="x", claim="(A + A.T) @ x + b")',
)


def _draw_determinant(generator: Generator, size: int = 3) -> Point:
    return {
        "A": spd(generator, size) + 0.3 * generator.normal(size=(size, size)),
        "B": generator.normal(size=(size, size)),
    }


DETERMINANT = Problem(
    name="log-determinant",
    title="f = log |det A| + tr(A⁻¹B), A not symmetric",
    objective=lambda A, B: jnp.linalg.slogdet(A)[1] + jnp.trace(jnp.linalg.solve(A, B)),
    draw=_draw_determinant,
    draw_other=lambda generator: _draw_determinant(generator, 4),
    notation={"A": "matrix (D, D)", "B": "matrix (D, D)", "D": "dimension"},
    intermediates={"D": lambda A: A.shape[0]},
    example='check_gradient("log-determinant", wrt="B", claim="inv(A).T")',
)


def _draw_factorisation(generator: Generator, rows: int = 5, columns: int = 7, rank: int = 3) -> Point:
    return {
        "X": generator.normal(size=(rows, columns)),
        "U": generator.normal(size=(rows, rank)),
        "V": generator.normal(size=(columns, rank)),
        "lam": np.float64(generator.uniform(0.4, 0.9)),
    }


FACTORISATION = Problem(
    name="matrix-factorisation",
    title="f = ½ ‖X - UVᵀ‖² + ½ λ (‖U‖² + ‖V‖²)",
    objective=lambda X, U, V, lam: 0.5 * jnp.sum((X - U @ V.T) ** 2) + 0.5 * lam * (jnp.sum(U**2) + jnp.sum(V**2)),
    draw=_draw_factorisation,
    draw_other=lambda generator: _draw_factorisation(generator, 6, 4, 2),
    notation={
        "X": "matrix (N, D)",
        "U": "factors of the rows (N, L)",
        "V": "factors of the columns (D, L)",
        "lam": "weight λ of the penalty, a number",
        "E": "X - UVᵀ (N, D)",
    },
    intermediates={"E": lambda X, U, V: X - U @ V.T},
    constraints={"lam": "positive"},
    example='check_gradient("matrix-factorisation", wrt="U", claim="-E @ V + lam * U")',
)


def _draw_pairs(generator: Generator, rows: int = 5) -> Point:
    pairs = np.sort(generator.normal(size=(rows, 2)), 1)
    pairs[::2] = pairs[::2, ::-1]
    return {"X": pairs}


SORT = Problem(
    name="sort-two",
    title="(min(x1, x2), max(x1, x2)) of two numbers, row by row",
    objective=lambda X: jnp.stack([jnp.minimum(X[:, 0], X[:, 1]), jnp.maximum(X[:, 0], X[:, 1])], -1),
    draw=_draw_pairs,
    draw_other=lambda generator: _draw_pairs(generator, 7),
    notation={"X": "two numbers in each row (N, 2)", "N": "number of rows"},
    intermediates={"N": lambda X: X.shape[0]},
    example='check_equal("sort-two", "array([X[:, 0] - relu(X[:, 0] - X[:, 1]), X[:, 1] + relu(X[:, 0] - X[:, 1])]).T")',
)
