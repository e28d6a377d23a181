"""Where rows live: in memory, in a stream of batches, or spread over devices.

Every place offers the same thing, ``total(fn)``: the sum of ``fn(rows, weight)`` over all rows. Rows are handed to ``fn`` in
tiles of one fixed size, the last one filled up with rows of weight 0, so the number of rows hardly ever changes a compiled
shape.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding, PartitionSpec

RESIDENT_BYTES = 64 << 20
BLOCK_BYTES = 16 << 20
ALIGNMENT = 64


class Block(NamedTuple):
    """Tiles of rows on the device: arrays ``(tiles, tile, ...)``, weight ``(tiles, tile)``, and how many tiles count."""

    arrays: Any
    weight: Any
    used: Any


class Resident:
    """Rows in one block on the device.

    Parameters
    ----------
    block
        All the rows.
    """

    def __init__(self, block: Block):
        self.block = block

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows."""
        return _block_total(fn, self.block)

    def blocks(self) -> Iterator[Block]:
        """The one block."""
        yield self.block


class Streamed:
    """Rows that pass through the device a block at a time, so that memory stays bounded.

    A block is used up before the next one is asked for.

    Parameters
    ----------
    blocks
        Function that starts a pass: an iterator over blocks of one shape.
    """

    def __init__(self, blocks: Callable[[], Iterator[Block]]):
        self.blocks = blocks

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows, one pass."""
        sums = None
        for block in self.blocks():
            part = jax.block_until_ready(_block_total(fn, block))
            sums = part if sums is None else add(sums, part)
        if sums is None:
            raise ValueError("The data hold no rows; at least one is needed.")
        return sums


class Sharded:
    """Rows spread over the devices of a mesh; every device sums its own, then the sums are added.

    Parameters
    ----------
    arrays
        Pytree of arrays whose first axis is split by ``sharding``.
    weight
        Row weights, split the same way.
    sharding
        How the rows are spread.
    tile
        Rows in one tile.
    """

    def __init__(self, arrays: Any, weight: Any, sharding: NamedSharding, tile: int):
        self.arrays, self.weight, self.sharding, self.tile = arrays, weight, sharding, tile

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows of all devices."""
        return _sharded_total(fn, self.arrays, self.weight, self.sharding.mesh, self.sharding.spec[0], self.tile)


def add(left: Any, right: Any) -> Any:
    """Sum of two results of ``total``, leaf by leaf.

    Parameters
    ----------
    left, right
        Pytrees of the same structure.

    Examples
    --------
    >>> from suffice.rows import add
    >>> add({"a": 1.0}, {"a": 2.0})
    {'a': 3.0}
    """
    return jax.tree.map(operator.add, left, right)


def block_total(fn: Any, block: Block) -> Any:
    """Sum of ``fn(rows, weight)`` over the tiles of a block; to be called under ``jit``.

    Where ``fn`` has a method ``ready``, what that returns is the function: it is called once, before the first tile.
    """
    fn = _ready(fn)

    def tile(i: Any) -> tuple[Any, Any]:
        return jax.tree.map(lambda a: lax.dynamic_index_in_dim(a, i, keepdims=False), (block.arrays, block.weight))

    zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(lambda: fn(*tile(0))))
    return lax.fori_loop(0, block.used, lambda i, sums: add(sums, fn(*tile(i))), zeros)


def _ready(fn: Any) -> Callable[..., Any]:
    return fn.ready() if hasattr(fn, "ready") else fn


_block_total = eqx.filter_jit(block_total)


@eqx.filter_jit
def _sharded_total(fn: Any, arrays: Any, weight: Any, mesh: Any, axis: Any, tile: int) -> Any:
    dynamic, static = eqx.partition(fn, eqx.is_array)
    split = PartitionSpec(axis)

    @partial(
        jax.shard_map, mesh=mesh, in_specs=(PartitionSpec(), split, split), out_specs=PartitionSpec(), check_vma=False
    )
    def local_total(dynamic: Any, arrays: Any, weight: Any) -> Any:
        sums = block_total(eqx.combine(dynamic, static), _tiled(arrays, weight, tile))
        return jax.tree.map(lambda leaf: lax.psum(leaf, axis), sums)

    return local_total(dynamic, arrays, weight)


def each(fn: Any, rows: Resident | Streamed) -> Any:
    """``fn(rows, weight)`` of every tile, its results (tile, ...) put end to end; rows of weight 0 that fill up are left out.

    Parameters
    ----------
    fn
        Function of one tile, a pytree; its results are arrays with one entry a row.
    rows
        Where the rows live.
    """
    parts = [_trimmed(_each_tile(fn, block), block) for block in rows.blocks()]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


@eqx.filter_jit
def _each_tile(fn: Any, block: Block) -> Any:
    fn = _ready(fn)
    return lax.map(lambda tile: fn(*tile), (block.arrays, block.weight))


def _trimmed(results: Any, block: Block) -> Any:
    filled = np.asarray(block.weight).reshape(-1) > 0
    return jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[filled], results)


def _tiled(arrays: Any, weight: Any, tile: int) -> Block:
    count = weight.shape[0]
    tiles = -(-count // tile)

    def cut(array: Any) -> Any:
        padding = [(0, tiles * tile - count)] + [(0, 0)] * (array.ndim - 1)
        return jnp.pad(array, padding).reshape(tiles, tile, *array.shape[1:])

    return Block(jax.tree.map(cut, arrays), cut(weight), tiles)


def as_rows(data: Any, weight: Any, *, origin: Any = None, precision: str, tile: int) -> Resident | Streamed | Sharded:
    """Put data where they can be summed; the data choose the place. Call inside the scope of ``precision``.

    Parameters
    ----------
    data
        An array ``(n, D)``, a pytree of arrays with one first axis, a JAX array sharded over several devices, or an object
        that yields batches ``(rows, D)`` (or ``(batch, weight)`` pairs) anew each time it is iterated over.
    weight
        Row weights ``(n,)``, or None for 1; streams bring their own.
    origin
        Subtracted from every row before its precision is lowered, ``(D,)``; only for a single array of rows.
    precision
        ``"float64"`` or ``"float32"``.
    tile
        Rows in one tile.

    Raises
    ------
    ValueError
        If there is no row, the arrays' lengths differ, or an iterator that can be read only once is given.
    """
    dtype = np.float64 if precision == "float64" else np.float32
    if _is_stream(data):
        return _streamed_batches(data, weight, origin, dtype, tile)
    arrays = jax.tree.map(lambda leaf: leaf if isinstance(leaf, jax.Array) else np.asarray(leaf), data)
    leaves = jax.tree.leaves(arrays)
    count = _count(leaves)
    if isinstance(leaves[0], jax.Array) and len(leaves[0].sharding.device_set) > 1:
        return _sharded(arrays, weight, origin, dtype, tile)
    arrays = jax.tree.map(np.asarray, arrays)
    weight = np.ones(count, dtype) if weight is None else np.asarray(weight)
    used = -(-count // tile)
    row_bytes = sum(leaf[:1].size for leaf in leaves) * np.dtype(dtype).itemsize
    if used * tile * row_bytes <= RESIDENT_BYTES or jax.default_backend() != "cpu":
        return Resident(_filled(arrays, weight, slice(0, count), origin, dtype, _bucket(used), tile, _Buffers()))
    return _streamed_array(arrays, weight, origin, dtype, max(1, BLOCK_BYTES // (tile * row_bytes)), tile)


def _is_stream(data: Any) -> bool:
    return not isinstance(data, (np.ndarray, jax.Array, tuple, dict, eqx.Module)) and hasattr(data, "__iter__")


def _count(leaves: list[Any]) -> int:
    counts = sorted({leaf.shape[0] if leaf.ndim else 0 for leaf in leaves})
    if len(counts) != 1:
        raise ValueError(f"All arrays need the same number of rows; got {counts}.")
    if counts[0] == 0:
        raise ValueError("The data hold no rows; at least one is needed.")
    return counts[0]


def _bucket(tiles: int) -> int:
    step = 1 << max(0, tiles.bit_length() - 3)
    return -(-tiles // step) * step


class _Buffers:
    """Memory for blocks, taken again for the next block of the same shape: first use of fresh memory is slow."""

    def __init__(self):
        self.kept: dict[Any, np.ndarray] = {}

    def __call__(self, place: int, shape: tuple[int, ...], kind: Any) -> np.ndarray:
        key = (place, shape, np.dtype(kind))
        if key not in self.kept:
            self.kept[key] = _aligned(shape, kind)
        return self.kept[key]


def _filled(
    arrays: Any, weight: Any, rows: slice, origin: Any, dtype: Any, tiles: int, tile: int, buffers: _Buffers
) -> Block:
    """Block of ``tiles`` tiles that begins with the given rows and ends with rows of weight 0.

    It is good until ``buffers`` serve the next block.
    """
    count = rows.stop - rows.start

    def fill(place: int, array: Any, centre: Any) -> Any:
        kind = dtype if np.issubdtype(array.dtype, np.floating) or array.dtype == bool else array.dtype
        buffer = buffers(place, (tiles * tile, *array.shape[1:]), kind)
        buffer[count:] = 0
        if centre is None:
            buffer[:count] = array[rows]
        else:
            np.subtract(array[rows], centre, out=buffer[:count], casting="same_kind")
        return jnp.asarray(buffer.reshape(tiles, tile, *array.shape[1:]))

    leaves, structure = jax.tree.flatten(arrays)
    filled = [fill(place, leaf, origin) for place, leaf in enumerate(leaves)]
    weights = fill(-1, np.asarray(weight, dtype), None)
    return Block(jax.tree.unflatten(structure, filled), weights, np.int32(-(-count // tile)))


def _aligned(shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """An array that JAX takes over on the CPU without a copy."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(kind).reshape(shape)


def _streamed_array(arrays: Any, weight: Any, origin: Any, dtype: Any, tiles: int, tile: int) -> Streamed:
    step, buffers = tiles * tile, _Buffers()

    def blocks() -> Iterator[Block]:
        for start in range(0, len(weight), step):
            rows = slice(start, min(start + step, len(weight)))
            yield _filled(arrays, weight, rows, origin, dtype, tiles, tile, buffers)

    return Streamed(blocks)


def _streamed_batches(source: Any, weight: Any, origin: Any, dtype: Any, tile: int) -> Streamed:
    if iter(source) is source:
        raise ValueError("An iterator can be read only once, and fitting reads the data many times; give a list of batches or "
                         "an object whose __iter__ starts over.")  # fmt: skip
    if weight is not None:
        raise ValueError(
            "Batches bring their own weights: yield (batch, weight) pairs instead of giving a weight array."
        )

    buffers = _Buffers()

    def blocks() -> Iterator[Block]:
        for batch in source:
            rows, row_weight = batch if isinstance(batch, tuple) else (batch, None)
            rows = np.asarray(rows)
            row_weight = np.ones(len(rows)) if row_weight is None else np.asarray(row_weight)
            tiles = max(1, BLOCK_BYTES // (tile * rows[:1].nbytes)) if len(rows) else 1
            for start in range(0, len(rows), tiles * tile):
                piece = slice(start, min(start + tiles * tile, len(rows)))
                used = -(-(piece.stop - start) // tile)
                yield _filled(rows, row_weight, piece, origin, dtype, _bucket(used), tile, buffers)

    return Streamed(blocks)


def _sharded(arrays: Any, weight: Any, origin: Any, dtype: Any, tile: int) -> Sharded:
    leaf = jax.tree.leaves(arrays)[0]
    sharding = leaf.sharding
    if not isinstance(sharding, NamedSharding) or sharding.spec[0] is None:
        raise ValueError("A sharded array must be split along its rows, with a NamedSharding such as P('rows').")
    row_sharding = NamedSharding(sharding.mesh, PartitionSpec(sharding.spec[0]))
    weight = jnp.ones(leaf.shape[0], dtype) if weight is None else jnp.asarray(weight, dtype)
    if origin is not None:
        arrays = arrays - jnp.asarray(origin, arrays.dtype)
    arrays = jax.tree.map(lambda a: a.astype(dtype) if jnp.issubdtype(a.dtype, jnp.floating) else a, arrays)
    return Sharded(arrays, jax.device_put(weight, row_sharding), row_sharding, tile)
