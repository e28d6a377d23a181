"""Arrays of a function and its arguments, with the names that their author gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, NamedTuple

import jax
import numpy as np

ARRAYS = (np.ndarray, np.generic, jax.Array, jax.ShapeDtypeStruct)


@dataclass(frozen=True, eq=False)
class Leaf:
    """One array: what kind of leaf it is, where it is and what its author calls it. ``value`` may be a shape only."""

    operation: str
    scope: tuple[str, ...]
    name: str
    value: Any


@dataclass(frozen=True, eq=False)
class Leaves:
    """All arrays of a module and of arguments, and the way back to them."""

    found: tuple[Leaf, ...]
    _outlines: tuple[Any, ...]
    _others: tuple[tuple[Any, ...], ...]

    def whole(self, arrays: Sequence[Any]) -> list[Any]:
        """Module and arguments with arrays in their places."""
        trees = zip(self._outlines, self._others, strict=True)
        return [
            jax.tree.unflatten(
                outline, [arrays[other.number] if isinstance(other, _Array) else other for other in others]
            )
            for outline, others in trees
        ]


class _Array(NamedTuple):
    """Stands in the place of an array."""

    number: int


def leaves_of(module: Any, arguments: Sequence[Any], names: Sequence[str], parameters: Iterable[str]) -> Leaves:
    """Arrays of a module and its arguments; those of the module, of containers and of arguments so named are parameters.

    An array that stands in two places of modules or containers is one leaf.
    """
    found: list[Leaf] = []
    outlines, others, shared = [], [], dict[int, _Array]()
    containers = sum(not isinstance(each, (*ARRAYS, float, int)) for each in arguments)
    named = set(parameters)
    for name, tree in (("", module), *zip(names, arguments, strict=True)):
        pairs, outline = jax.tree_util.tree_flatten_with_path(tree)
        alone = len(pairs) == 1 and not pairs[0][0]
        operation = "input" if alone and name not in named else "parameter"
        argument = name if alone or containers > 1 else ""
        here = []
        for path, leaf in pairs:
            if not isinstance(leaf, ARRAYS) and not (alone and isinstance(leaf, float)):
                here.append(leaf)
            elif id(leaf) in shared and not alone:
                here.append(shared[id(leaf)])
            else:
                here.append(_Array(len(found)))
                found.append(_leaf(operation, argument, path, leaf))
                if not isinstance(leaf, jax.ShapeDtypeStruct):
                    shared[id(leaf)] = here[-1]
        others.append(tuple(here))
        outlines.append(outline)
    return Leaves(tuple(found), tuple(outlines), tuple(others))


def names_of(function: Callable[..., Any], count: int) -> list[str]:
    """Names of the first parameters of a function."""
    try:
        given = [each for each in signature(function).parameters.values() if each.kind != Parameter.KEYWORD_ONLY]
    except (TypeError, ValueError):
        given = []
    names = [each.name for each in given if each.kind != Parameter.VAR_POSITIONAL]
    return names[:count] + [f"x{place}" for place in range(len(names), count)]


def _leaf(operation: str, argument: str, path: Sequence[Any], value: Any) -> Leaf:
    parts = [argument] if argument else []
    for place, key in enumerate(path):
        _append(parts, key, place == len(path) - 1)
    value = value if isinstance(value, (jax.Array, jax.ShapeDtypeStruct)) else np.asarray(value)
    floating = jax.numpy.issubdtype(value.dtype, np.inexact)
    return Leaf(operation if floating else "input", tuple(parts[:-1]), parts[-1] if parts else "x", value)


def _append(parts: list[str], key: Any, last: bool) -> None:
    """Adds one step of a path: a field, or a place in a sequence in brackets; what only holds an array has no name."""
    if isinstance(key, jax.tree_util.SequenceKey) and parts:
        parts[-1] += f"[{key.idx}]"
        return
    name = str(getattr(key, "name", getattr(key, "key", getattr(key, "idx", key))))
    if name != "__self__" and not (name == "value" and last and parts):
        parts.append(name)
