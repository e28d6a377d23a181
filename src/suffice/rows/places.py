"""Where rows live: in one block, in many blocks that threads work through, or spread over devices.

Every place offers the same thing, ``total(fn)``: the sum of ``fn(rows, weight)`` over all rows. Rows are handed to ``fn`` in
tiles of one fixed size, the last one filled up with rows of weight 0, so the number of rows hardly ever changes a compiled
shape.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import log2
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding, PartitionSpec

from suffice.rows.blocks import Block, Buffers, add, block_total, filled, has_ready, kind_on_device, readied, rounded
from suffice.rows.missing import Layout, MaskedRows, any_missing
from suffice.rows.patterns import pattern_blocks
from suffice.runtime.compiling import COMPILER_OPTIONS, filter_jit
from suffice.runtime.threads import in_threads

THREADED_BYTES = 1 << 20
"""Rows of at least this size are shared out to threads."""
RESIDENT_BYTES = 64 << 20
"""Rows up to this size are converted once, larger ones in every pass."""
BLOCK_BYTES = 4 << 20
MOST_PIECES = 8
"""Rows that are converted once lie in 2, 4 or 8 blocks: their size decides, not the cores, so that sums are the same anywhere."""

NO_ROWS = "The data hold no rows; at least one is needed."

BlockMaker = Callable[[], Block]


class Resident:
    """Rows in one block on the device."""

    def __init__(self, block: Block):
        self.block = block

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows."""
        return _block_total(fn, self.block)

    def each(self, fn: Any) -> Iterator[Any]:
        """``fn(rows, weight)`` of the block's tiles, put end to end."""
        yield _each_of(_parts(ready(fn)), self.block)


class Blocks:
    """Rows in many blocks: every core works on one, and no more of them are in memory than cores need."""

    def __init__(self, groups: Callable[[], Iterable[Iterable[BlockMaker]]], order: np.ndarray | None = None):
        self.groups, self.order = groups, order
        self.compiled: set[Any] = set()

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows, one pass."""
        sums = None
        for part in self.totals(fn):
            sums = part if sums is None else add(sums, part)
        if sums is None:
            raise ValueError(NO_ROWS)
        return sums

    def totals(self, fn: Any) -> Iterator[Any]:
        """Sum of ``fn(rows, weight)`` over the rows of each block, in their order."""
        return self._of_blocks(_total_of, ready(fn))

    def each(self, fn: Any) -> Iterator[Any]:
        """``fn(rows, weight)`` of every block's tiles, put end to end."""
        return self._of_blocks(_each_of, ready(fn))

    def _of_blocks(self, work: Callable[[Any, Block], Any], fn: Any) -> Iterator[Any]:
        """``work`` of every block; the first one alone, where it has to be compiled."""
        parts = _parts(fn)
        for group in self.groups():
            makers = iter(group)
            if (work, parts[1]) not in self.compiled:
                yield work(parts, next(makers)())
                self.compiled.add((work, parts[1]))
            yield from in_threads(lambda make: work(parts, make()), makers)


class Sharded:
    """Rows spread over the devices of a mesh; every device sums its own, then the sums are added."""

    def __init__(self, arrays: Any, weight: Any, sharding: NamedSharding, tile: int):
        self.arrays, self.weight, self.sharding, self.tile = arrays, weight, sharding, tile

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows of all devices."""
        return _sharded_total(fn, self.arrays, self.weight, self.sharding.mesh, self.sharding.spec[0], self.tile)


def each(fn: Any, rows: Resident | Blocks) -> Any:
    """``fn(rows, weight)`` of every tile, its results (tile, ...) put end to end; rows that fill up the last are left out."""
    parts = list(rows.each(fn))
    if not parts:
        raise ValueError(NO_ROWS)
    order = rows.order if isinstance(rows, Blocks) else None
    return jax.tree.map(lambda *leaves: _in_order(np.concatenate(leaves), order), *parts)


def _in_order(rows: np.ndarray, order: np.ndarray | None) -> np.ndarray:
    if order is None:
        return rows
    sorted_rows = np.empty_like(rows)
    sorted_rows[order] = rows
    return sorted_rows


_block_total = filter_jit(block_total)
_readied = filter_jit(readied)


def ready(fn: Any) -> Any:
    """What ``fn.ready()`` returns, worked out once, where ``fn`` has this method; else ``fn``."""
    if not has_ready(fn):
        return fn
    made = _readied(fn)
    closed = any(callable(leaf) for leaf in jax.tree.leaves(eqx.filter(made, eqx.is_array, inverse=True)))
    return fn if closed else made


def _parts(fn: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """The arrays of a function that is a pytree, and all else of it, hashable: passed on quicker than as modules."""
    dynamic, static = eqx.partition(fn, eqx.is_array)
    leaves, structure = jax.tree.flatten(dynamic)
    others, outline = jax.tree.flatten(static)
    return leaves, (structure, outline, tuple(others), bool(getattr(fn, "long_steps", False)))


def _whole(leaves: list[Any], rest: tuple[Any, ...]) -> Any:
    structure, outline, others, _ = rest
    return eqx.combine(jax.tree.unflatten(structure, leaves), jax.tree.unflatten(outline, others))


def _compiled(program: Callable[..., Any]) -> Callable[..., Any]:
    """A program of a function's parts and a block, compiled as suits the function: see ``suffice.runtime.compiling``."""
    quick, newer = (
        jax.jit(program, static_argnums=1, compiler_options=options) for options in (COMPILER_OPTIONS, None)
    )
    return lambda leaves, rest, block: (newer if rest[-1] else quick)(leaves, rest, block)


@_compiled
def _compiled_total(leaves: list[Any], rest: tuple[Any, ...], block: Block) -> Any:
    return block_total(_whole(leaves, rest), block)


@_compiled
def _compiled_each(leaves: list[Any], rest: tuple[Any, ...], block: Block) -> Any:
    fn = readied(_whole(leaves, rest))
    return lax.map(lambda tile: fn(*tile), (block.arrays, block.weight))


def _total_of(parts: Any, block: Block) -> Any:
    return jax.tree.map(np.asarray, _compiled_total(*parts, block))


def _each_of(parts: Any, block: Block) -> Any:
    results = _compiled_each(*parts, block)
    rows = np.asarray(block.weight).reshape(-1) > 0
    return jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[rows], results)


@filter_jit
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


def _tiled(arrays: Any, weight: Any, tile: int) -> Block:
    count = weight.shape[0]
    tiles = -(-count // tile)

    def cut(array: Any) -> Any:
        padding = [(0, tiles * tile - count)] + [(0, 0)] * (array.ndim - 1)
        return jnp.pad(array, padding).reshape(tiles, tile, *array.shape[1:])

    return Block(jax.tree.map(cut, arrays), cut(weight), tiles)


def as_rows(
    data: Any, weight: Any, *, origin: Any = None, precision: str, tile: int, gaps: Layout | None = None
) -> Resident | Blocks | Sharded:
    """Put data where they can be summed; the data choose the place. Call inside the scope of ``precision``."""
    dtype = np.float64 if precision == "float64" else np.float32
    if _is_stream(data):
        return _batches(data, weight, origin, dtype, tile, gaps)
    if gaps == "patterns":
        return _by_pattern(*_with_codes(data), weight, origin, dtype, tile)
    if gaps == "cells":
        data = (MaskedRows(data[0]), *data[1:]) if isinstance(data, tuple) else MaskedRows(data)
    leaf = jax.tree.leaves(data)[0]
    if isinstance(leaf, jax.Array) and len(leaf.sharding.device_set) > 1:
        return _sharded(data, weight, origin, dtype, tile)
    arrays, weight = _in_memory(data, weight, dtype)
    size = sum(leaf.size * kind_on_device(leaf, dtype).itemsize for leaf in jax.tree.leaves(arrays))
    if size < THREADED_BYTES or jax.default_backend() != "cpu":
        return resident(arrays, weight, origin=origin, precision=precision, tile=tile)
    return _blocks(arrays, weight, origin, dtype, size, tile)


def missing_layout(fn: Any, data: Any) -> Layout | None:
    """How ``fn`` takes rows with missing cells, its attribute ``gaps``, where some of ``data`` are missing; else None."""
    layout = getattr(fn, "gaps", None)
    if layout is None:
        return None
    batches = data if _is_stream(data) and iter(data) is not data else [data]
    rows = (batch[0] if isinstance(batch, tuple) else batch for batch in batches)
    return layout if any(any_missing(np.asarray(part)) for part in rows) else None


def resident(data: Any, weight: Any, *, origin: Any = None, precision: str, tile: int) -> Resident:
    """Rows in one block, whatever their number; arguments as those of ``as_rows``."""
    dtype = np.float64 if precision == "float64" else np.float32
    arrays, weight = _in_memory(data, weight, dtype)
    rows = slice(0, len(weight))
    return Resident(filled(arrays, weight, rows, origin, dtype, rounded(-(-len(weight) // tile)), tile, Buffers()))


def _is_stream(data: Any) -> bool:
    return not isinstance(data, (np.ndarray, jax.Array, tuple, dict, eqx.Module)) and hasattr(data, "__iter__")


def _in_memory(data: Any, weight: Any, dtype: Any) -> tuple[Any, np.ndarray]:
    """Arrays of one length, and a weight for each row."""
    arrays = jax.tree.map(np.asarray, data)
    return arrays, _weight_of(_count(arrays), weight, dtype)


def _count(arrays: Any) -> int:
    counts = sorted({leaf.shape[0] if leaf.ndim else 0 for leaf in jax.tree.leaves(arrays)})
    if len(counts) != 1:
        raise ValueError(f"All arrays need the same number of rows; got {counts}.")
    if counts[0] == 0:
        raise ValueError(NO_ROWS)
    return counts[0]


def _weight_of(count: int, weight: Any, dtype: Any) -> np.ndarray:
    weight = np.ones(count, dtype) if weight is None else np.asarray(weight, dtype)
    if weight.shape != (count,):
        raise ValueError(
            f"The weights have shape {weight.shape}; one for each of the {count} rows, ({count},), is expected."
        )
    return weight


def _blocks(arrays: Any, weight: np.ndarray, origin: Any, dtype: Any, size: int, tile: int) -> Blocks:
    tiles = -(-len(weight) // tile)
    few = min(MOST_PIECES, 2 ** round(log2(1 + size / THREADED_BYTES)))
    count = min(few if size <= RESIDENT_BYTES else -(-size // BLOCK_BYTES), tiles)
    bounds = [tile * (tiles * i // count) for i in range(count)] + [len(weight)]
    pieces = [slice(*pair) for pair in itertools.pairwise(bounds)]

    def block(rows: slice, buffers: Buffers) -> Block:
        return filled(arrays, weight, rows, origin, dtype, rounded(-(-tiles // count)), tile, buffers)

    if size <= RESIDENT_BYTES:
        blocks = list(in_threads(lambda rows: block(rows, Buffers()), pieces))
        return Blocks(lambda: [[partial(_same, made) for made in blocks]])
    buffers = Buffers()
    return Blocks(lambda: [[partial(block, rows, buffers) for rows in pieces]])


def _same(block: Block) -> Block:
    return block


def _with_codes(data: Any) -> tuple[np.ndarray, np.ndarray | None]:
    values, codes = data if isinstance(data, tuple) else (data, None)
    return np.asarray(values), None if codes is None else np.asarray(codes)


def _by_pattern(
    values: np.ndarray, codes: np.ndarray | None, weight: Any, origin: Any, dtype: Any, tile: int
) -> Blocks:
    weight = _weight_of(_count(values if codes is None else (values, codes)), weight, dtype)
    makers, order = pattern_blocks(values, weight, origin, dtype, tile, codes)
    if values.nbytes > RESIDENT_BYTES:
        return Blocks(lambda: [makers], order)
    blocks = list(in_threads(lambda make: make(), makers))
    return Blocks(lambda: [[partial(_same, made) for made in blocks]], order)


def _batches(source: Any, weight: Any, origin: Any, dtype: Any, tile: int, gaps: Layout | None) -> Blocks:
    if iter(source) is source:
        raise ValueError("An iterator can be read only once, and fitting reads the data many times; give a list of batches or "
                         "an object whose __iter__ starts over.")  # fmt: skip
    if weight is not None:
        raise ValueError(
            "Batches bring their own weights: yield (batch, weight) pairs instead of giving a weight array."
        )

    buffers = Buffers()

    def groups() -> Iterator[list[BlockMaker]]:
        for batch in source:
            rows, row_weight = batch if isinstance(batch, tuple) else (batch, None)
            if len(rows := np.asarray(rows)):
                row_weight = _weight_of(len(rows), row_weight, dtype)
                if gaps == "patterns":
                    yield pattern_blocks(rows, row_weight, origin, dtype, tile)[0]
                else:
                    yield _of_batch(rows, row_weight, origin, dtype, tile, buffers, gaps)

    return Blocks(groups)


def _of_batch(
    rows: np.ndarray, weight: np.ndarray, origin: Any, dtype: Any, tile: int, buffers: Buffers, gaps: Layout | None
) -> list[BlockMaker]:
    arrays = MaskedRows(rows) if gaps else rows
    most = tile * max(1, BLOCK_BYTES // (tile * max(1, rows[:1].size) * kind_on_device(rows, dtype).itemsize))
    pieces = [slice(start, min(start + most, len(rows))) for start in range(0, len(rows), most)]
    return [
        partial(filled, arrays, weight, piece, origin, dtype, rounded(-(-(piece.stop - piece.start) // tile)), tile, buffers)
        for piece in pieces
    ]  # fmt: skip


def _sharded(arrays: Any, weight: Any, origin: Any, dtype: Any, tile: int) -> Sharded:
    leaf = jax.tree.leaves(arrays)[0]
    sharding = leaf.sharding
    if not isinstance(sharding, NamedSharding) or not sharding.spec or sharding.spec[0] is None:
        raise ValueError("A sharded array must be split along its rows, with a NamedSharding such as P('rows').")
    row_sharding = NamedSharding(sharding.mesh, PartitionSpec(sharding.spec[0]))
    weight = _weight_of(_count(arrays), weight, dtype)
    if origin is not None:
        arrays = jax.tree.map(lambda a: a - jnp.asarray(origin, a.dtype), arrays)
    arrays = jax.tree.map(lambda a: a.astype(dtype) if jnp.issubdtype(a.dtype, jnp.floating) else a, arrays)
    return Sharded(arrays, jax.device_put(weight, row_sharding), row_sharding, tile)
