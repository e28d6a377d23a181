"""Free coordinates of constrained parameters: every real vector is a parameter that satisfies its constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from suffice.runtime.either import jnp


class Coordinates(NamedTuple):
    """A parameter as a function of free numbers of its own shape, and free numbers of a parameter."""

    parameter: Callable[[Any], Any]
    free: Callable[[Any], Any]


def _softmax(x: Any) -> Any:
    weights = jnp.exp(x - jnp.max(x, axis=-1, keepdims=True))
    return weights / jnp.sum(weights, axis=-1, keepdims=True)


def _orthonormal(x: Any) -> Any:
    """The nearest matrix with orthonormal columns."""
    values, vectors = jnp.linalg.eigh(jnp.swapaxes(x, -1, -2) @ x)
    return x @ ((vectors / jnp.sqrt(values)[..., None, :]) @ jnp.swapaxes(vectors, -1, -2))


def _spd(x: Any) -> Any:
    root = x * np.tri(x.shape[-1], k=-1) + _diagonal(jnp.exp(_diagonal_of(x)))
    return root @ jnp.swapaxes(root, -1, -2)


def _free_of_spd(matrix: Any) -> Any:
    root = jnp.linalg.cholesky(matrix)
    return root * np.tri(root.shape[-1], k=-1) + _diagonal(jnp.log(_diagonal_of(root)))


def _diagonal(values: Any) -> Any:
    return values[..., None] * np.eye(values.shape[-1])


def _diagonal_of(matrix: Any) -> Any:
    return jnp.sum(matrix * np.eye(matrix.shape[-1]), axis=-1)


COORDINATES: dict[str, Coordinates] = {
    "": Coordinates(lambda x: x, lambda p: p),
    "simplex": Coordinates(_softmax, jnp.log),
    "positive": Coordinates(jnp.exp, jnp.log),
    "unit": Coordinates(lambda x: 1 / (1 + jnp.exp(-x)), lambda p: jnp.log(p) - jnp.log(1 - p)),
    "spin mean": Coordinates(jnp.tanh, lambda p: 0.5 * (jnp.log(1 + p) - jnp.log(1 - p))),
    "spd": Coordinates(_spd, _free_of_spd),
    "symmetric": Coordinates(lambda x: 0.5 * (x + jnp.swapaxes(x, -1, -2)), lambda p: p),
    "unit norm": Coordinates(lambda x: x / jnp.sqrt(jnp.sum(x * x, axis=-1, keepdims=True)), lambda p: p),
    "orthonormal": Coordinates(_orthonormal, lambda p: p),
}


def coordinates_of(constraint: str) -> Coordinates:
    """Free coordinates of a constraint; raises ``ValueError`` with those known where it is none."""
    if constraint not in COORDINATES:
        raise ValueError(
            f"The constraint {constraint!r} is not known; use one of {', '.join(sorted(filter(None, COORDINATES)))}."
        )
    return COORDINATES[constraint]


def is_feasible(constraint: str, value: np.ndarray) -> bool:
    """Whether a parameter satisfies its constraint, to rounding, inside its bounds."""
    if not np.all(np.isfinite(value)):
        return False
    tests: dict[str, Callable[[np.ndarray], Any]] = {
        "simplex": lambda p: np.all(p > 0) and np.allclose(np.sum(p, -1), 1, atol=1e-9),
        "positive": lambda p: np.all(p > 0),
        "unit": lambda p: np.all((p > 0) & (p < 1)),
        "spin mean": lambda p: np.all(np.abs(p) < 1),
        "spd": _is_spd,
        "symmetric": lambda p: np.allclose(p, np.swapaxes(p, -1, -2), rtol=1e-9),
        "unit norm": lambda p: np.allclose(np.linalg.norm(p, axis=-1), 1, atol=1e-9),
        "orthonormal": lambda p: np.allclose(np.swapaxes(p, -1, -2) @ p, np.eye(p.shape[-1]), atol=1e-9),
    }
    return bool(tests.get(constraint, lambda p: True)(value))


def _is_spd(matrix: np.ndarray) -> bool:
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        return False
    symmetric = np.allclose(matrix, np.swapaxes(matrix, -1, -2), rtol=1e-8, atol=1e-10)
    return symmetric and bool(np.all(np.linalg.eigvalsh(matrix) > 0))
