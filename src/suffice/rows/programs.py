"""Programs that sum or map a function over a block, each compiled once, whichever thread calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from suffice.rows.block import Block, add
from suffice.rows.row_function import RowFunction, prepare
from suffice.runtime.compiling import MOST, compiled, filter_jit

MANY = 3 * MOST
"""Programs kept of those that serve functions of every kind."""

Parts = tuple[list[Any], tuple[Any, ...]]
"""The arrays of a function that is a pytree, and all else of it, hashable: passed on quicker than as modules."""


def block_total(fn: Any, block: Block) -> Any:
    """Sum of ``fn(rows, weight)`` over the tiles of a block; to be called under ``jit``."""
    fn = prepare(fn)

    def tile(i: Any) -> tuple[Any, Any]:
        return jax.tree.map(lambda a: lax.dynamic_index_in_dim(a, i, keepdims=False), (block.arrays, block.weight))

    zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(lambda: fn(*tile(0))))
    return lax.fori_loop(0, block.used, lambda i, sums: add(sums, fn(*tile(i))), zeros)


def block_each(fn: Any, block: Block) -> Any:
    """``fn(rows, weight)`` of every tile of a block, (tiles, tile, ...); to be called under ``jit``."""
    fn = prepare(fn)
    return lax.map(lambda tile: fn(*tile), (block.arrays, block.weight))


_prepare = filter_jit(prepare, most=MANY)


def prepared(fn: Callable[..., Any]) -> Callable[..., Any]:
    """What ``prepare`` gives, worked out once in a program of its own; ``fn`` where that is a closure, which cannot leave it."""
    if not isinstance(fn, RowFunction) or fn.ready:
        return fn
    made = _prepare(fn)
    closed = any(callable(leaf) for leaf in jax.tree.leaves(eqx.filter(made, eqx.is_array, inverse=True)))
    return fn if closed else made


def parts_of(fn: Any) -> Parts:
    """A function in two parts, of which the second one and the shapes of the first decide what is compiled."""
    dynamic, static = eqx.partition(fn, eqx.is_array)
    leaves, structure = jax.tree.flatten(dynamic)
    others, outline = jax.tree.flatten(static)
    return leaves, (structure, outline, tuple(others), isinstance(fn, RowFunction) and fn.elementwise)


def total_of(parts: Parts, block: Block) -> Any:
    """Sum of a function over the rows of a block."""
    return jax.tree.map(np.asarray, _total(*parts, block))


def each_of(parts: Parts, block: Block) -> Any:
    """Results of a function for the rows of a block that have weight, put end to end."""
    results = _each(*parts, block)
    positive = np.asarray(block.weight).reshape(-1) > 0
    count = int(positive.sum())
    rows = slice(count) if positive[:count].all() else positive
    return jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[rows], results)


def _compiled(program: Callable[..., Any]) -> Callable[..., Any]:
    """A program of a function's parts and a block, compiled as suits the function: see ``suffice.runtime.compiling``."""
    quick, newer = filter_jit(program, most=MANY), compiled(program, most=MANY)
    return lambda leaves, rest, block: (newer if rest[-1] else quick)(leaves, rest, block)


@_compiled
def _total(leaves: list[Any], rest: tuple[Any, ...], block: Block) -> Any:
    return block_total(_whole(leaves, rest), block)


@_compiled
def _each(leaves: list[Any], rest: tuple[Any, ...], block: Block) -> Any:
    return block_each(_whole(leaves, rest), block)


def _whole(leaves: list[Any], rest: tuple[Any, ...]) -> Any:
    structure, outline, others, _ = rest
    return eqx.combine(jax.tree.unflatten(structure, leaves), jax.tree.unflatten(outline, others))
