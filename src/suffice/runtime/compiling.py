"""Programs: how functions of arrays are compiled, and how many of their programs are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial, update_wrapper
from threading import Lock
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from suffice.runtime.forked import refuse_forked

COMPILER_OPTIONS: dict[str, bool | int | str] | None = (
    {"xla_cpu_use_fusion_emitters": False} if jax.__version_info__ < (0, 11) else None
)
"""On a CPU, XLA's older code generator takes half the time of its newer one for programs of many small steps.

A program compiled with options cannot be called inside another. Loops of Gibbs sampling keep the newer one: random bits and
sigmoids run faster there, and their time is in running. Functions of rows whose time is in long elementwise steps keep it
too: they say so by ``RowFunction.elementwise``.
"""

MOST = 16
"""Programs of one function that are kept: each takes some 2 MB, and half a second to be compiled again."""

Program = Callable[[list[Any]], tuple[list[Any], "_Aside"]]


class Compiled:
    """A function of trees of arrays by a program for each of their shapes, the ``most`` that were used last.

    Arrays of JAX and NumPy are data; all else in the arguments is part of the program, and must be hashable. Of a program that
    is let go JAX keeps nothing, since each has a function of its own.
    """

    def __init__(self, function: Callable[..., Any], most: int, options: dict[str, bool | int | str] | None):
        self.function, self.most, self.options = function, most, options
        self.kept: OrderedDict[Hashable, Program] = OrderedDict()
        self.outlines: dict[Hashable, tuple[list[Any], _Aside]] = {}
        self._lock = Lock()
        update_wrapper(self, function)

    def __call__(self, *args: Any, **named: Any) -> Any:
        refuse_forked()
        arrays, rest = _parted((args, named))
        results, aside = self._program(_key(arrays, rest), rest)(arrays)
        if results and not isinstance(results[0], Tracer):
            results[0].block_until_ready()
        return _whole(results, aside)

    def outline(self, *args: Any, **named: Any) -> Any:
        """Shapes and types of the results for these arguments; nothing is computed."""
        arrays, rest = _parted((args, named))
        key = _key(arrays, rest)
        if key not in self.outlines:
            if len(self.outlines) >= self.most:
                self.outlines.clear()
            self.outlines[key] = jax.eval_shape(self._made(rest), arrays)
        return _whole(*self.outlines[key])

    def _program(self, key: Hashable, rest: _Aside) -> Program:
        with self._lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
            made = self.kept[key] = self._made(rest)
            if len(self.kept) > self.most:
                self.kept.popitem(last=False)
            return made

    def _made(self, rest: _Aside) -> Program:
        def program(arrays: list[Any]) -> tuple[list[Any], _Aside]:
            args, named = _whole(arrays, rest)
            return _parted(self.function(*args, **named))

        program.__name__ = program.__qualname__ = self.function.__name__
        return jax.jit(program, compiler_options=self.options)


def compiled(
    function: Callable[..., Any] | None = None,
    *,
    most: int = MOST,
    options: dict[str, bool | int | str] | None = None,
) -> Any:
    """A function by compiled programs, of which at most so many are kept."""
    if function is None:
        return partial(compiled, most=most, options=options)
    return Compiled(function, most, options)


filter_jit = partial(compiled, options=COMPILER_OPTIONS)
"""The same with the options above."""

ARRAYS = (np.ndarray, np.generic, jax.Array)


def known_by(*args: Any) -> Hashable:
    """What decides which program serves arguments: shapes, types, and all that is no array."""
    return _key(*_parted(args))


@jax.tree_util.register_static
@dataclass(frozen=True)
class _Aside:
    """What is beside arrays in a tree, and which of its leaves are arrays."""

    outline: Any
    others: tuple[Any, ...]
    kinds: tuple[bool, ...]


def _parted(tree: Any) -> tuple[list[Any], _Aside]:
    leaves, outline = jax.tree.flatten(tree)
    kinds = tuple([isinstance(leaf, ARRAYS) for leaf in leaves])
    others = tuple([None if data else leaf for leaf, data in zip(leaves, kinds, strict=True)])
    return [leaf for leaf, data in zip(leaves, kinds, strict=True) if data], _Aside(outline, others, kinds)


def _whole(arrays: list[Any], rest: _Aside) -> Any:
    remaining = iter(arrays)
    leaves = [next(remaining) if data else other for other, data in zip(rest.others, rest.kinds, strict=True)]
    return jax.tree.unflatten(rest.outline, leaves)


def _key(arrays: list[Any], rest: _Aside) -> Hashable:
    shapes = tuple([(array.shape, array.dtype) for array in arrays])
    settings: Any = jax.config
    return rest, tuple(map(type, rest.others)), shapes, settings.jax_enable_x64
