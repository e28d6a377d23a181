"""Rows in many blocks, which threads work through."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import log2
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from suffice.rows.base import Place
from suffice.rows.block import NO_ROWS, Block, Buffers, add, filled, kind_on_device, rounded, row_count, row_weight
from suffice.rows.missing import MaskedRows, MissingLayout
from suffice.rows.patterns import pattern_blocks
from suffice.rows.programs import Parts, each_of, parts_of, prepared, total_of
from suffice.rows.streams import WEIGHTS_OF_STREAMS, pairs, repeatable
from suffice.runtime.arrays import Array
from suffice.runtime.forked import refuse_forked
from suffice.runtime.threads import in_threads

THREADED_BYTES = 1 << 20
"""Rows of at least this size are shared out to threads."""
RESIDENT_BYTES = 64 << 20
"""Rows up to this size are converted once, larger ones in every pass."""
BLOCK_BYTES = 4 << 20
MOST_PIECES = 8
"""Rows that are converted once lie in 2, 4 or 8 blocks: their size decides, not the cores, so that sums are the same anywhere."""

BlockMaker = Callable[[], Block]


class Blocks(Place):
    """Rows in many blocks: every core works on one, and no more of them are in memory than cores need."""

    def __init__(
        self,
        groups: Callable[[], Iterable[Iterable[BlockMaker]]],
        order: np.ndarray | None = None,
        origin: Float[Array, " D"] | None = None,
        most: int | None = None,
    ):
        self.groups, self.order, self.origin, self.most = groups, order, origin, most
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
        return self._of_blocks(total_of, fn)

    def each(self, fn: Any) -> Any:
        """``fn(rows, weight)`` of every block's tiles, put end to end."""
        parts = self._of_blocks(each_of, fn)
        if self.most is not None:
            return jax.tree.map(self._in_order, end_to_end(parts, self.most))
        parts = list(parts)
        if not parts:
            raise ValueError(NO_ROWS)
        return jax.tree.map(lambda *leaves: self._in_order(np.concatenate(leaves)), *parts)

    def _of_blocks(self, work: Callable[[Parts, Block], Any], fn: Any) -> Iterator[Any]:
        """``work`` of every block; the first one alone, where it has to be compiled."""
        parts = parts_of(prepared(fn))
        for group in self.groups():
            makers = iter(group)
            if (work, parts[1]) not in self.compiled:
                yield work(parts, next(makers)())
                self.compiled.add((work, parts[1]))
            yield from in_threads(lambda make: work(parts, make()), makers)

    def _in_order(self, rows: np.ndarray) -> np.ndarray:
        if self.order is None:
            return rows
        sorted_rows = np.empty_like(rows)
        sorted_rows[self.order] = rows
        return sorted_rows


def shared_out(
    arrays: Any, weight: np.ndarray, origin: Float[Array, " D"] | None, dtype: Any, size: int, tile: int
) -> Blocks:
    """NumPy arrays of ``size`` bytes in blocks, which are kept where they are few."""
    refuse_forked()
    tiles = -(-len(weight) // tile)
    few = min(MOST_PIECES, 2 ** round(log2(1 + size / THREADED_BYTES)))
    count = min(few if size <= RESIDENT_BYTES else -(-size // BLOCK_BYTES), tiles)
    bounds = [tile * (tiles * i // count) for i in range(count)] + [len(weight)]
    pieces = [slice(*pair) for pair in itertools.pairwise(bounds)]

    def block(rows: slice, buffers: Buffers) -> Block:
        return filled(arrays, weight, rows, origin, dtype, rounded(-(-tiles // count)), tile, buffers)

    if size <= RESIDENT_BYTES:
        return _kept(list(in_threads(lambda rows: block(rows, Buffers()), pieces)), None, origin)
    buffers = Buffers()
    return Blocks(lambda: [[partial(block, rows, buffers) for rows in pieces]], None, origin, len(weight))


def end_to_end(parts: Iterator[Any], most: int) -> Any:
    """Parts of ``most`` rows in all, each put into its place as it comes, so that there are never two copies of them."""
    whole, stop = None, 0
    for part in parts:
        pieces, start = jax.tree.leaves(part), stop
        if whole is None:
            whole = jax.tree.map(lambda leaf: np.empty((most, *leaf.shape[1:]), leaf.dtype), part)
        stop = start + len(pieces[0])
        for array, piece in zip(jax.tree.leaves(whole), pieces, strict=True):
            array[start:stop] = piece
    return jax.tree.map(lambda array: array[:stop], whole)


def by_pattern(data: Any, weight: Any, origin: Float[Array, " D"] | None, dtype: Any, tile: int) -> Blocks:
    """Rows (n, D), or a pair of them and codes (n,), in blocks of rows whose missing cells are about as many."""
    refuse_forked()
    values, codes = data if isinstance(data, tuple) else (data, None)
    weight = row_weight(row_count(data), weight, dtype)
    makers, order = pattern_blocks(values, weight, origin, dtype, tile, codes)
    if values.nbytes > RESIDENT_BYTES:
        return Blocks(lambda: [makers], order, origin)
    return _kept(list(in_threads(lambda make: make(), makers)), order, origin)


def batches(
    source: Any, weight: None, origin: Float[Array, " D"] | None, dtype: Any, tile: int, missing: MissingLayout | None
) -> Blocks:
    """What a source yields, batch by batch, anew in every pass."""
    refuse_forked()
    if weight is not None:
        raise ValueError(WEIGHTS_OF_STREAMS)
    source, buffers = repeatable(source), Buffers()

    def groups() -> Iterator[list[BlockMaker]]:
        for rows, row_weights in pairs(source):
            if len(rows):
                row_weights = row_weight(len(rows), row_weights, dtype)
                if missing == "patterns":
                    yield pattern_blocks(rows, row_weights, origin, dtype, tile)[0]
                else:
                    yield _of_batch(rows, row_weights, origin, dtype, tile, buffers, missing)

    return Blocks(groups, None, origin)


def _kept(blocks: list[Block], order: np.ndarray | None, origin: Float[Array, " D"] | None) -> Blocks:
    return Blocks(lambda: [[partial(_same, made) for made in blocks]], order, origin)


def _same(block: Block) -> Block:
    return block


def _of_batch(
    rows: np.ndarray,
    weight: np.ndarray,
    origin: Float[Array, " D"] | None,
    dtype: Any,
    tile: int,
    buffers: Buffers,
    missing: MissingLayout | None,
) -> list[BlockMaker]:
    arrays = MaskedRows(rows) if missing else rows
    most = tile * max(1, BLOCK_BYTES // (tile * max(1, rows[:1].size) * kind_on_device(rows, dtype).itemsize))
    pieces = [slice(start, min(start + most, len(rows))) for start in range(0, len(rows), most)]
    return [
        partial(filled, arrays, weight, piece, origin, dtype, rounded(-(-(piece.stop - piece.start) // tile)), tile, buffers)
        for piece in pieces
    ]  # fmt: skip
