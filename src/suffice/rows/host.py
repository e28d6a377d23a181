"""Rows in memory that NumPy works through, tile by tile; where that becomes too much work, a place of JAX's takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from suffice.rows.base import Place
from suffice.rows.block import NO_ROWS, add, kind_on_device, row_count, row_weight, tile_of
from suffice.rows.missing import MaskedRows, MissingLayout, PatternRows
from suffice.rows.patterns import grouped, of_one_pattern
from suffice.rows.row_function import prepare
from suffice.rows.sparse import Tiled
from suffice.rows.sparse_stream import SparseBatches, TiledBatches
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.heap import keep_freed_memory

TILES = 4
"""A tile of NumPy's is as many of XLA's: what a call costs counts for more."""
CELLS, MOST_CELLS = 1 << 18, 1 << 22
"""Cells of a tile, where columns are many; and most of them, where so many are few rows."""
FEW = 128
RESIDENT_BYTES = 64 << 20
"""Rows up to this size are laid out once, larger ones in every pass."""


class Host(Place):
    """Rows that NumPy works through for so many ``passes``; ``further`` gives the place that comes after these."""

    def __init__(
        self, tiles: Iterable[tuple[Any, np.ndarray]], order: np.ndarray | None, origin: Float[Array, " D"] | None,
        passes: float, further: Callable[[], Place],
    ):  # fmt: skip
        self.tiles, self.order, self.origin, self.passes, self.further = tiles, order, origin, passes, further

    def prepared(self, fn: Any) -> Any:
        """The function as it is: preparing it is little work, once a pass."""
        return fn

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows."""
        sums = None
        with np.errstate(all="ignore"):
            fn = prepare(fn)
            for rows, weight in self.tiles:
                part = fn(rows, weight)
                sums = part if sums is None else add(sums, part)
        return sums

    def each(self, fn: Any) -> Any:
        """``fn(rows, weight)`` of every tile, put end to end: one result for each row of positive weight, in order."""
        with np.errstate(all="ignore"):
            fn = prepare(fn)
            parts, weights = zip(*((fn(rows, weight), weight) for rows, weight in self.tiles), strict=True)
        positive = np.concatenate(weights) > 0
        return tree.map_leaves(lambda *leaves: self._in_order(np.concatenate(leaves), positive), *parts)

    def _in_order(self, results: np.ndarray, positive: np.ndarray) -> np.ndarray:
        if self.order is not None:
            results, positive = _sorted(results, self.order), _sorted(positive, self.order)
        return results if positive.all() else results[positive]


def on_host(
    data: Any, weight: Any, origin: Float[Array, " D"] | None, dtype: Any, tile: int, missing: MissingLayout | None,
    passes: float, further: Callable[[], Place],
) -> Host:  # fmt: skip
    """NumPy arrays laid out for NumPy."""
    keep_freed_memory()
    count = row_count(data)
    weight = row_weight(count, weight, dtype)
    if missing == "patterns":
        tiles, order = _by_pattern(data, weight, origin, dtype, tile)
        return Host(tiles, order, origin, passes, further)
    width = max(1, width_of(data))
    most = min(TILES * tile, max(tile // TILES, CELLS // width, min(FEW, MOST_CELLS // width)))
    tiles: Any = Tiles(data, weight, origin, dtype, missing, _slices(count, most))
    size = sum(leaf.size for leaf in tree.leaves(data)) * np.dtype(dtype).itemsize
    return Host(list(tiles) if size <= RESIDENT_BYTES else tiles, None, origin, passes, further)


@dataclass(frozen=True)
class Tiles:
    """Tiles of rows as NumPy works through them, laid out anew whenever they are looked at: a copy of a few at a time."""

    data: Any
    weight: np.ndarray
    origin: Any
    dtype: Any
    missing: MissingLayout | None
    slices: list[slice]

    def __iter__(self) -> Iterator[tuple[Any, np.ndarray]]:
        for rows in self.slices:
            part = tree.map_leaves(lambda array: _centred(array[rows], self.origin, self.dtype), self.data)  # noqa: B023
            if self.missing == "mask":
                part = (MaskedRows(part[0]), *part[1:]) if isinstance(part, tuple) else MaskedRows(part)
            yield part, self.weight[rows]


def sparse_on_host(data: Any, weight: Any, dtype: Any, counted: bool) -> Host:
    """Sparse rows, or a pair of them and codes, for NumPy, which works through them in every pass."""
    rows, codes = data if isinstance(data, tuple) else (data, None)
    weight = row_weight(len(rows), rows.weight if weight is None else weight, dtype)
    if not len(rows):
        raise ValueError(NO_ROWS)
    tiles = list(Tiled(rows, codes, weight, counted, dtype).tiles())
    return Host(tiles, None, None, float("inf"), lambda: sparse_on_host(data, weight, dtype, counted))


def sparse_batches(data: SparseBatches, dtype: Any, counted: bool) -> Host:
    """Batches of sparse rows for NumPy, which works through them in every pass."""
    return Host(
        TiledBatches(data, counted, dtype), None, None, float("inf"), lambda: sparse_batches(data, dtype, counted)
    )


def _by_pattern(
    data: Any, weight: np.ndarray, origin: Any, dtype: Any, tile: int
) -> tuple[list[tuple[Any, np.ndarray]], np.ndarray | None]:
    """Tiles of rows that miss about as many cells, and the order in which rows come, if it is not their own."""
    values, codes = data if isinstance(data, tuple) else (data, None)
    alike = of_one_pattern(values)
    groups, tiles = grouped(values) if alike is None else [alike], []
    for group in groups:
        for part in _slices(len(group.rows), min(TILES * tile, 4 * tile_of(group.missing.shape[1] ** 2 + 1))):
            chosen, pattern = group.rows[part], group.pattern[part]
            cells = _centred(values[chosen], origin, dtype)
            named = group.missing[pattern[0] : pattern[-1] + 1]
            named = named[:, : (named < cells.shape[1]).sum(1).max()]
            laid: Any = PatternRows(np.where(np.isnan(cells), dtype(0), cells), pattern - pattern[0], named)
            tiles.append((laid if codes is None else (laid, codes[chosen]), weight[chosen]))
    return tiles, np.concatenate([group.rows for group in groups]) if alike is None else None


def width_of(data: Any) -> int:
    """Cells of a row, of all arrays."""
    return sum(int(np.prod(leaf.shape[1:])) for leaf in tree.leaves(data))


def _centred(array: np.ndarray, origin: Any, dtype: Any) -> np.ndarray:
    moved = array if origin is None or array.dtype.kind != "f" or array.ndim < 2 else array - origin
    return np.ascontiguousarray(moved, kind_on_device(array, dtype))


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def _sorted(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    placed = np.empty_like(rows)
    placed[order] = rows
    return placed
