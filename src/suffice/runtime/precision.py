"""Floating-point precision, chosen inside a scope and never through JAX's global configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from threading import local
from typing import Any

import numpy as np

from suffice.runtime import tree
from suffice.runtime.either import is_array, is_jax, traced
from suffice.runtime.when_loaded import when_loaded

PRECISIONS = {"float32": np.float32, "float64": np.float64}


def dtype_of(precision: str) -> type[np.floating]:
    """NumPy type of a precision."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r} is not known; use 'float32' or 'float64'.")
    return PRECISIONS[precision]


def scope(precision: str) -> AbstractContextManager[None]:
    """Context in which JAX computes in a precision; the thread's own setting returns on leaving it."""
    double = dtype_of(precision) is np.float64
    jax = sys.modules.get("jax")
    return _Awaited(double) if jax is None or not hasattr(jax, "enable_x64") else jax.enable_x64(double)


class _Scopes(local):
    """Scopes that a thread has entered before JAX was imported."""

    def __init__(self):
        self.entered: list[_Awaited] = []


class _Awaited:
    """A scope entered before JAX is imported: it holds from the import on."""

    def __init__(self, double: bool):
        self.double, self.own = double, None

    def __enter__(self) -> None:
        _scopes.entered.append(self)

    def __exit__(self, *error: Any) -> None:
        _scopes.entered.remove(self)
        if self.own is not None:
            self.own.__exit__(*error)

    def begin(self, jax: Any) -> None:
        self.own = jax.enable_x64(self.double)
        self.own.__enter__()


_scopes = _Scopes()


def _begin_awaited(jax: Any) -> None:
    for awaited in _scopes.entered:
        awaited.begin(jax)


when_loaded("jax", _begin_awaited)


def cast(module: Any, precision: str) -> Any:
    """Every floating array of a pytree in a precision, as NumPy arrays; other leaves are left alone."""
    dtype = dtype_of(precision)
    return tree.map_leaves(lambda leaf: np.asarray(leaf, dtype) if _is_floating(leaf) else leaf, module)


def to_numpy(values: Any) -> Any:
    """Every array of a pytree as a NumPy array, so that it keeps its precision wherever it goes; traced ones as they are."""
    return tree.map_leaves(_as_numpy, values)


def in_own_precision(function: Callable[..., Any]) -> Callable[..., Any]:
    """Computes in the precision of the first argument, and gives NumPy arrays outside compiled code."""

    @wraps(function)
    def run(first: Any, *args: Any, **kwargs: Any) -> Any:
        with scope(precision_of(first)), np.errstate(all="ignore"):
            return tree.map_leaves(_settle, function(first, *args, **kwargs))

    return run


def precision_of(module: Any) -> str:
    """``"float64"`` when the parameters of a module are float64, else ``"float32"``."""
    dtypes = [leaf.dtype for leaf in tree.leaves(module) if is_array(leaf)]
    return "float64" if np.dtype(np.float64) in dtypes else "float32"


def _is_floating(leaf: Any) -> bool:
    return isinstance(leaf, float) or (is_array(leaf) and isinstance(leaf.dtype, np.dtype) and leaf.dtype.kind in "fc")


def _as_numpy(leaf: Any) -> Any:
    return np.asarray(leaf) if isinstance(leaf, np.generic) else _settle(leaf)


def _settle(leaf: Any) -> Any:
    return np.asarray(leaf) if is_jax(leaf) and not traced(leaf) else leaf
