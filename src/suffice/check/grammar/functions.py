"""Functions that a formula may call, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(x, float)))


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / Σ exp(x) along an axis."""
    weights = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return weights / np.sum(weights, axis=axis, keepdims=True)


def logsumexp(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """log Σ exp(x) along an axis, or of all."""
    top = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def onehot(labels: Any, classes: Any) -> np.ndarray:
    """Rows of the identity matrix (..., K) of whole numbers (...)."""
    return (np.asarray(labels)[..., None] == np.arange(int(classes))).astype(float)


def eye(size: Any, columns: Any = None) -> np.ndarray:
    """The identity matrix."""
    return np.eye(int(size), None if columns is None else int(columns))


def ones(shape: Any) -> np.ndarray:
    """An array of ones."""
    return np.ones(_shape(shape))


def zeros(shape: Any) -> np.ndarray:
    """An array of zeros."""
    return np.zeros(_shape(shape))


def logdet(x: Any) -> Any:
    """Logarithm of the absolute determinant."""
    return np.linalg.slogdet(x)[1]


def trace(x: Any) -> Any:
    """Sum of the diagonal of the last two axes."""
    return np.trace(x, axis1=-2, axis2=-1)


def transpose(x: Any) -> Any:
    """The transpose, as ``.T``."""
    return np.transpose(x)


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in np.atleast_1d(shape))


ELEMENTWISE = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(0.0, x),
    "log1p": np.log1p,
    "expm1": np.expm1,
    "cosh": np.cosh,
    "sinh": np.sinh,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "sign": np.sign,
    "square": np.square,
    "round": np.round,
}
REDUCTIONS = {
    "sum": np.sum,
    "mean": np.mean,
    "average": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "std": np.std,
    "var": np.var,
    "logsumexp": logsumexp,
}
MATRICES = {"inv": np.linalg.inv, "det": np.linalg.det, "logdet": logdet, "trace": trace, "transpose": transpose}
PAIRS = {"maximum": np.maximum, "minimum": np.minimum, "logaddexp": np.logaddexp}
PRODUCTS = {"outer": np.outer, "dot": np.dot, "matmul": np.matmul, "solve": np.linalg.solve, "inner": np.inner}
OTHERS = {
    "softmax": softmax,
    "diag": np.diag,
    "onehot": onehot,
    "where": np.where,
    "eye": eye,
    "ones": ones,
    "zeros": zeros,
    "array": lambda x: np.array(x, float),
    "len": len,
    "arange": lambda size: np.arange(int(size)),
    "argmax": np.argmax,
    "norm": np.linalg.norm,
    "cumsum": np.cumsum,
}
FUNCTIONS = {**ELEMENTWISE, **REDUCTIONS, **MATRICES, **PAIRS, **PRODUCTS, **OTHERS}

COUNTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys((*PAIRS, *PRODUCTS, "onehot"), (2, 2)),
    "where": (3, 3),
    "eye": (1, 2),
}
"""How many arrays a function takes; one where nothing is said."""

OPTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(REDUCTIONS, ("axis", "keepdims")),
    "std": ("axis", "ddof", "keepdims"),
    "var": ("axis", "ddof", "keepdims"),
    "softmax": ("axis",),
    "argmax": ("axis",),
    "cumsum": ("axis",),
    "norm": ("axis", "keepdims"),
}
"""Constants that a function takes; the first may be given by its place."""

SYNONYMS = {
    "absolute": "abs",
    "amax": "max",
    "amin": "min",
    "logistic": "sigmoid",
    "expit": "sigmoid",
    "one_hot": "onehot",
    "identity": "eye",
}
"""Other names of the same functions."""
