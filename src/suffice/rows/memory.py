"""Rows in one block on the device."""

from __future__ import annotations

from typing import Any

from jaxtyping import Float

from suffice.rows.base import Place
from suffice.rows.block import Block, Buffers, filled, rounded, row_count, row_weight
from suffice.rows.programs import MANY, block_total, each_of, parts_of, prepared
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit
from suffice.runtime.forked import refuse_forked
from suffice.runtime.precision import dtype_of

_block_total = filter_jit(block_total, most=MANY)


class Memory(Place):
    """Rows in one block on the device."""

    block: Block

    def __init__(self, block: Block, origin: Float[Array, " D"] | None = None):
        self.block, self.origin = block, origin

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows."""
        return _block_total(prepared(fn), self.block)

    def each(self, fn: Any) -> Any:
        """``fn(rows, weight)`` of the block's tiles, put end to end."""
        return each_of(parts_of(prepared(fn)), self.block)


def one_block(
    arrays: Any, weight: Any, *, origin: Float[Array, " D"] | None = None, precision: str, tile: int
) -> Block:
    """All rows of NumPy arrays, whatever their number, in one block; to be called inside the scope of ``precision``."""
    refuse_forked()
    dtype, count = dtype_of(precision), row_count(arrays)
    weight, tiles = row_weight(count, weight, dtype), rounded(-(-count // tile))
    return filled(arrays, weight, slice(0, count), origin, dtype, tiles, tile, Buffers())
