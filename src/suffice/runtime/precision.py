"""Floating-point precision, chosen inside a scope and never through JAX's global configuration."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer

PRECISIONS = {"float32": np.float32, "float64": np.float64}


def dtype_of(precision: str) -> type[np.floating]:
    """NumPy type of a precision."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r} is not known; use 'float32' or 'float64'.")
    return PRECISIONS[precision]


def scope(precision: str) -> AbstractContextManager[None]:
    """Context in which JAX computes in a precision; the thread's own setting returns on leaving it."""
    return jax.enable_x64(dtype_of(precision) is np.float64)


def cast(tree: Any, precision: str) -> Any:
    """Every floating array of a pytree in a precision, as NumPy arrays; other leaves are left alone."""
    dtype = dtype_of(precision)
    return jax.tree.map(lambda leaf: np.asarray(leaf, dtype) if eqx.is_inexact_array_like(leaf) else leaf, tree)


def to_numpy(tree: Any) -> Any:
    """Every array of a pytree as a NumPy array, so that it keeps its precision wherever it goes."""
    return jax.tree.map(lambda leaf: np.asarray(leaf) if eqx.is_array(leaf) else leaf, tree)


def in_own_precision(function: Callable[..., Any]) -> Callable[..., Any]:
    """Computes in the precision of the first argument, and gives NumPy arrays outside compiled code."""

    @wraps(function)
    def run(first: Any, *args: Any, **kwargs: Any) -> Any:
        with scope(precision_of(first)):
            return jax.tree.map(_settle, function(first, *args, **kwargs))

    return run


def precision_of(module: Any) -> str:
    """``"float64"`` when the parameters of a module are float64, else ``"float32"``."""
    dtypes = [leaf.dtype for leaf in jax.tree.leaves(module) if eqx.is_inexact_array(leaf)]
    return "float64" if np.dtype(np.float64) in dtypes else "float32"


def _settle(leaf: Any) -> Any:
    return leaf if isinstance(leaf, Tracer) or not eqx.is_array(leaf) else np.asarray(leaf)
