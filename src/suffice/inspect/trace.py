"""From a function or a network to its graph."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np

from suffice.inspect.authors import is_author, package
from suffice.inspect.build import build
from suffice.inspect.leaves import ARRAYS, Leaves, leaves_of, names_of
from suffice.inspect.nodes import Graph
from suffice.inspect.program import ENTRY, Program, traced
from suffice.nets.batch_network import BatchNetwork, initial_state
from suffice.runtime.precision import precision_of, scope

Level = Literal["course", "primitive"]


def graph(
    f: Callable[..., Any],
    *args: Any,
    level: Level = "course",
    parameters: Iterable[str] = (),
    training: bool = False,
    unroll: bool = False,
) -> Graph:
    """Graph of a computation, traced once by JAX.

    Nodes are what a course calls one operation: an affine map, a convolution, a softmax, a layer of this library, or any
    other call of a library's function. Values bear the names of the variables that their author stored them in. Nothing is
    computed, and nothing allocated.

    Parameters
    ----------
    f
        Function of arrays, or a network: a module of this library, of Equinox or of Flax NNX, or anything that JAX knows as a
        tree of arrays and that can be called.
    args
        Its arguments: arrays, numbers with a decimal point, modules, containers of arrays, or in place of each array a
        ``jax.ShapeDtypeStruct``. All else is part of the function.
    level
        ``"course"``, or ``"primitive"`` for JAX's own operations one by one.
    parameters
        Names of arguments of ``f`` that are parameters, not inputs. Arrays of a network or in a container always are.
    training
        Whether a ``BatchNetwork`` is trained, with dropout and with moments of the batch, rather than evaluated. What else is
        traced has switches of its own.
    unroll
        Whether every turn of a loop is written out rather than one; loops whose length depends on numbers cannot be.

    Raises
    ------
    ValueError
        When there is no array, ``training`` is asked of what is no ``BatchNetwork``, the level is not known, or the function
        fails: the message says where.

    Examples
    --------
    >>> import numpy as np
    >>> import jax.numpy as jnp
    >>> from suffice.inspect import graph
    >>> def layer(W, b, x):
    ...     z = W @ x + b
    ...     h = jnp.tanh(z)
    ...     return h
    >>> [(node.operation, node.name, node.inputs) for node in graph(layer, np.ones((2, 3)), np.ones(2), np.ones(3)).nodes]
    [('input', 'W', ()), ('input', 'b', ()), ('input', 'x', ()), ('affine', 'z', (0, 2, 1)), ('tanh', 'h', (3,))]
    """
    if level not in ("course", "primitive"):
        raise ValueError(f"level={level!r} is not known; use 'course' or 'primitive'.")
    module, function = _function(f, training)
    leaves = leaves_of(module, args, names_of(f.forward if isinstance(f, BatchNetwork) else f, len(args)), parameters)
    if not leaves.found:
        raise ValueError("No array was given; graph(f, *args) needs arrays, or jax.ShapeDtypeStruct in their place.")
    precision = precision_of([np.empty(0, leaf.value.dtype) for leaf in leaves.found if _is_number(leaf.value)])
    with scope(precision):
        program = _traced(function, leaves, unroll)
        built = build(program, leaves.found, level, precision)
        return replace(built, function=_of_arrays(function, leaves), count=len(leaves.found))


def _function(f: Callable[..., Any], training: bool) -> tuple[Any, Callable[..., Any]]:
    """What holds arrays of its own, and a function of it and of the arguments."""
    if isinstance(f, BatchNetwork):
        state = initial_state(jax.tree.map(_zeros, f))
        key = jax.random.key(0) if training else None
        return f, lambda network, rows: network.forward(rows, _ones(rows), state, key, training)[0]
    if training:
        raise ValueError(
            f"training=True is for a BatchNetwork of this library; {type(f).__name__} is traced as it is called: switch to "
            "training inside it."
        )
    if not callable(f):
        raise ValueError(f"{type(f).__name__} was given; graph takes a function or a network that can be called.")
    if isinstance(f, jax.tree_util.Partial) or jax.tree.structure(f) != jax.tree.structure(0):
        return f, lambda module, *args: module(*args)
    return (), lambda _, *args: f(*args)


def _ones(rows: Any) -> Any:
    return jax.numpy.ones(rows.shape[:1], rows.dtype)


def _zeros(leaf: Any) -> Any:
    """An array of zeros that takes no memory, in place of an array or its shape."""
    return np.broadcast_to(np.zeros((), leaf.dtype), leaf.shape) if isinstance(leaf, ARRAYS) else leaf


def _is_number(value: Any) -> bool:
    return isinstance(value.dtype, np.dtype)


def _traced(function: Callable[..., Any], leaves: Leaves, unroll: bool) -> Program:
    shapes = [_shape(leaf.value) for leaf in leaves.found]
    try:
        with jax.disable_jit() if unroll else nullcontext():
            return traced(_of_arrays(function, leaves), shapes)[0]
    except Exception as error:
        raise ValueError(_complaint(error)) from error


def _of_arrays(function: Callable[..., Any], leaves: Leaves) -> Callable[..., Any]:
    return lambda *arrays: function(*leaves.whole(arrays))


def _shape(value: Any) -> jax.ShapeDtypeStruct:
    dtype = jax.dtypes.canonicalize_dtype(value.dtype) if _is_number(value) else value.dtype
    return jax.ShapeDtypeStruct(np.shape(value) if not hasattr(value, "shape") else value.shape, dtype)


def _complaint(error: Exception) -> str:
    """Where a function failed, and what to do. A layer of this library says itself what it got and wanted."""
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    after = codes.index(ENTRY) + 1 if ENTRY in codes else 0
    inner = [place for place in range(after, len(codes)) if is_author(codes[place])]
    told = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    if not inner or package(codes[inner[-1]]) == "suffice":
        return f"The function fails: {told}.{_advice(error)}"
    line = traceback.extract_tb(error.__traceback__)[inner[-1]]
    where = f"line {line.lineno} of {Path(line.filename).name}" + (f", {line.line!r}" if line.line else "")
    return f"The function fails at {where}: {told}.{_advice(error)}"


NUMBERS_WANTED = (
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.ConcretizationTypeError,
)


def _advice(error: Exception) -> str:
    if isinstance(error, NUMBERS_WANTED) or isinstance(error.__cause__, NUMBERS_WANTED):
        return " A graph knows shapes, no numbers: use jax.numpy in place of NumPy, and no value of an array in 'if' or 'range'."
    return ""
