"""Functions of arrays that are NumPy's where all their arrays are NumPy's, and JAX's where one is JAX's.

``jnp`` and ``lax`` here are written as ``jax.numpy`` and ``jax.lax`` are, so that one definition of a formula serves both: small
tables are worked out by NumPy, without importing JAX or compiling; large ones, and all that is differentiated, by JAX. What is
made of no array (``zeros``, ``arange``) is NumPy's, which JAX takes as a constant. ``add_at`` stands for ``array.at[].add``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import is_
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import get_lapack_funcs
from scipy.special import gammaln

from suffice.runtime import tree

if TYPE_CHECKING:
    import jax.numpy as jnp
    from jax import lax

PLAIN = (np.ndarray, np.generic, float, int, str, type(None), slice)
USUAL = frozenset({np.ndarray, np.float64, np.float32, np.int64, np.bool_, float, int, bool, str, type(None), slice})
"""Types that are plain: asked first, since looking a type up is quicker than asking what it inherits from."""


def is_jax(value: Any) -> bool:
    """Whether a value is an array of JAX's, or one that it traces."""
    kind = getattr(sys.modules.get("jax"), "Array", None)
    return kind is not None and not isinstance(value, PLAIN) and isinstance(value, kind)


def is_array(value: Any) -> bool:
    """Whether a value is an array, of NumPy's or JAX's."""
    return isinstance(value, (np.ndarray, np.generic)) or is_jax(value)


def any_jax(values: Any) -> bool:
    """Whether an array of JAX's is among some values, or in lists and tuples of them."""
    for value in values:
        if type(value) in USUAL:
            continue
        if any_jax(value) if isinstance(value, (list, tuple)) else is_jax(value):
            return True
    return False


def traced(value: Any) -> bool:
    """Whether JAX traces a value: it has a shape and no numbers yet."""
    return is_jax(value) and isinstance(value, sys.modules["jax"].core.Tracer)


def add_at(array: Any, index: Any, values: Any) -> Any:
    """A copy of an array with ``values`` added at an index, again and again where it names a place twice."""
    if any_jax((array, index, values)):
        return _of_jax("jax.numpy").asarray(array).at[index].add(values)
    copy = np.array(array)
    np.add.at(copy, index, values)
    return copy


def inverse_of_lower(triangle: Any) -> Any:
    """Inverse of a lower triangular matrix (D, D)."""
    if is_jax(triangle):
        identity = np.eye(len(triangle), dtype=triangle.dtype)
        return _of_jax("jax.scipy.linalg").solve_triangular(triangle, identity, lower=True)
    invert: Any = get_lapack_funcs("trtri", (triangle,))
    return invert(triangle, lower=1)[0]


def solved_triangle(matrix: Any, right: Any, upper: bool) -> Any:
    """Solution (..., m) of small triangular systems (..., m, m), whose other triangle is ignored."""
    size = right.shape[-1]
    if not is_jax(matrix):
        return _solved_by_lapack(matrix, right, upper)
    found = _of_jax("jax.numpy").zeros_like(right)
    for place in reversed(range(size)) if upper else range(size):
        own = right[..., place] - (matrix[..., place, :] * found).sum(-1)
        found = found.at[..., place].set(own / matrix[..., place, place])
    return found


def _solved_by_lapack(matrix: np.ndarray, right: np.ndarray, upper: bool) -> np.ndarray:
    """One system after another: LAPACK sees rows as columns, so that the triangle changes sides and is transposed."""
    solve: Any = get_lapack_funcs("trtrs", (matrix, right))
    pairs = zip(matrix.reshape(-1, *matrix.shape[-2:]), right.reshape(-1, right.shape[-1]), strict=True)
    return np.stack([solve(each.T, own, lower=upper, trans=1)[0] for each, own in pairs]).reshape(right.shape)


def inner_product(one: Any, other: Any) -> Any:
    """Sums of products along the last axis."""
    return (one * other).sum(-1) if is_jax(one) or is_jax(other) else np.vecdot(one, other)


def _of_jax(path: str) -> Any:
    from importlib import import_module

    return import_module(path)


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """NaN, matrix by matrix, where NumPy raises an error of a whole stack."""

    def tried(matrices: np.ndarray) -> Any:
        try:
            return function(matrices)
        except np.linalg.LinAlgError:
            if matrices.ndim == 2:
                return tree.map_leaves(
                    lambda part: np.full_like(part, np.nan), function(np.eye(len(matrices), dtype=matrices.dtype))
                )
            every = [tried(matrix) for matrix in matrices.reshape(-1, *matrices.shape[-2:])]
            return tree.map_leaves(
                lambda *parts: np.stack(parts).reshape(*matrices.shape[:-2], *parts[0].shape), *every
            )

    return tried


OWN: dict[str, Any] = {
    "linalg.cholesky": _quiet(np.linalg.cholesky),
    "linalg.eigh": _quiet(np.linalg.eigh),
    "linalg.eigvalsh": _quiet(np.linalg.eigvalsh),
    "linalg.inv": _quiet(np.linalg.inv),
    "einsum": lambda path, *arrays: np.einsum(path, *arrays, optimize=True),
    "concatenate": lambda arrays, axis=0: np.concatenate(list(arrays), axis),
}


class _Namespace:
    """Functions by name, each of which asks its arrays."""

    def __init__(self, jax_path: str, within: str = ""):
        self._path, self._within = jax_path, within

    def __getattr__(self, name: str) -> Any:
        full = f"{self._within}{name}"
        ours = OWN.get(full) or getattr(np.linalg if self._within else np, name)
        path = self._path
        made = (
            _chosen(ours, path, name) if callable(ours) and not isinstance(ours, type) and name not in KINDS else ours
        )
        setattr(self, name, made)
        return made


KINDS = ("finfo", "iinfo", "issubdtype")


def _chosen(ours: Callable[..., Any], path: str, name: str) -> Callable[..., Any]:
    @lru_cache(1)
    def theirs() -> Callable[..., Any]:
        return getattr(_of_jax(path), name)

    def function(*args: Any, **options: Any) -> Any:
        if USUAL.issuperset(map(type, args)) and (not options or USUAL.issuperset(map(type, options.values()))):
            return ours(*args, **options)
        return (theirs() if any_jax((*args, *options.values())) else ours)(*args, **options)

    function.__name__ = name
    return function


def _map(fn: Callable[[Any], Any], parts: Any) -> Any:
    every = tree.leaves(parts)
    if any_jax(every):
        return _of_jax("jax.lax").map(fn, parts)
    return tree.map_leaves(lambda *same: numbers.stack(same), *map(fn, _one_by_one(parts, every)))


def _one_by_one(parts: Any, every: list[Any]) -> Iterator[Any]:
    """The trees along the first axis of the leaves of a tree; a tuple of arrays, as most are, is quickly taken apart."""
    if type(parts) is tuple and len(parts) == len(every) and all(map(is_, parts, every)):
        return zip(*every, strict=True)
    return (tree.unflattened(parts, list(leaves)) for leaves in zip(*every, strict=True))


def _fori_loop(lower: Any, upper: Any, body: Callable[[Any, Any], Any], start: Any) -> Any:
    if any_jax((lower, upper, *tree.leaves(start))):
        return _of_jax("jax.lax").fori_loop(lower, upper, body, start)
    for i in range(lower, upper):
        start = body(i, start)
    return start


def _cond(chosen: Any, yes: Callable[[Any], Any], no: Callable[[Any], Any], value: Any) -> Any:
    if any_jax((chosen, *tree.leaves(value))):
        return _of_jax("jax.lax").cond(chosen, yes, no, value)
    return (yes if chosen else no)(value)


def _while_loop(goes_on: Callable[[Any], Any], body: Callable[[Any], Any], start: Any) -> Any:
    while True:
        more = goes_on(start)
        if any_jax((more, *tree.leaves(start))):
            return _of_jax("jax.lax").while_loop(goes_on, body, start)
        if not more:
            return start
        start = body(start)


def _index(array: Any, i: Any, axis: int = 0, keepdims: bool = True) -> Any:
    if any_jax((array, i)):
        return _of_jax("jax.lax").dynamic_index_in_dim(array, i, axis, keepdims)
    return array[(slice(None),) * axis + (slice(i, i + 1) if keepdims else i,)]


def _update_index(array: Any, update: Any, i: Any, axis: int) -> Any:
    if any_jax((array, update, i)):
        return _of_jax("jax.lax").dynamic_update_index_in_dim(array, update, i, axis)
    copy = np.array(array)
    copy[(slice(None),) * axis + (i,)] = update
    return copy


def _same(value: Any) -> Any:
    return value


numbers: Any = _Namespace("jax.numpy")
numbers.linalg = _Namespace("jax.numpy.linalg", "linalg.")
control = SimpleNamespace(
    map=_map,
    fori_loop=_fori_loop,
    while_loop=_while_loop,
    cond=_cond,
    dynamic_index_in_dim=_index,
    dynamic_update_index_in_dim=_update_index,
    lgamma=_chosen(gammaln, "jax.lax", "lgamma"),
    optimization_barrier=_chosen(_same, "jax.lax", "optimization_barrier"),
    stop_gradient=_chosen(_same, "jax.lax", "stop_gradient"),
)

if not TYPE_CHECKING:
    jnp, lax = numbers, control
