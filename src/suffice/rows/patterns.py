"""Rows grouped by which of their cells are missing, in blocks whose shapes hardly ever change.

Patterns with 0, 1, 2, 3 or 4, 5 to 8, ... missing cells go together, their lists filled up to 0, 1, 2, 4, 8, ... or all columns.
A tile ends where it has all its rows or all its patterns; their number is a power of two, so that few shapes are compiled.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from suffice.rows.block import CACHE_BYTES, Block, tile_of
from suffice.rows.missing import MaskedRows, MissingLayout, PatternRows, any_missing
from suffice.runtime.either import traced

BLOCK_TILES = 8
LITTLE_WORK = 1 << 18
"""Numbers in the conditional covariances of rows that are not worth a program of their own."""


class Group(NamedTuple):
    """Rows, in the order of their patterns, whose patterns have about the same number of missing cells."""

    rows: np.ndarray
    pattern: np.ndarray
    missing: np.ndarray


def grouped(values: np.ndarray) -> list[Group]:
    """Groups of the rows (n, D) of an array in which missing cells are NaN."""
    gaps = np.isnan(values)
    width, sizes = _widths(gaps.sum(1), values.shape[1])
    return [_group(np.flatnonzero(width == size), gaps, int(size)) for size in sizes]


def of_one_pattern(values: np.ndarray) -> Group | None:
    """All rows (n, D) as one group, as they come, where they miss the same cells (NaN); else None."""
    gaps = np.isnan(values)
    if len(gaps) > 1 and (gaps != gaps[0]).any():
        return None
    return Group(np.arange(len(gaps)), np.zeros(len(gaps), np.int32), np.flatnonzero(gaps[0])[None])


def arrange(rows: Any, layout: MissingLayout | None) -> Any:
    """Rows (n, D) as the E-step takes them: an array where no cell is missing, else ``MaskedRows`` or one ``PatternRows``."""
    laid = isinstance(rows, MaskedRows | PatternRows) or traced(rows)
    if laid or layout is None or not any_missing(np.asarray(rows)):
        return rows
    values = np.asarray(rows)
    if layout == "mask":
        return MaskedRows(values)
    gaps = np.isnan(values)
    kinds, pattern = np.unique(gaps, axis=0, return_inverse=True)
    missing = _columns(kinds, int(gaps.sum(1).max()))
    return PatternRows(np.where(gaps, 0, values), pattern.reshape(-1).astype(np.int32), missing)


def pattern_blocks(
    values: np.ndarray, weight: np.ndarray, origin: Any, dtype: Any, tile: int, codes: np.ndarray | None = None
) -> tuple[list[Callable[[], Block]], np.ndarray]:
    """Functions that make the blocks of an array with missing cells, and the order in which its rows come."""
    groups = grouped(values)
    makers = [
        partial(_block, values, weight, codes, origin, dtype, size, most, group, bounds)
        for group in groups
        for size, most in [_tile_and_patterns(group, tile)]
        for bounds in _in_eights(_tile_bounds(group.pattern, size, most))
    ]
    return makers, np.concatenate([group.rows for group in groups])


def _widths(count: np.ndarray, features: int) -> tuple[np.ndarray, np.ndarray]:
    """Missing cells rounded up to a power of two, at most all columns; or as those with more have, where that is little work.

    And which numbers there are.
    """
    powers = [0, *(min(2**power, features) for power in range(features.bit_length() + 1))]
    width = np.array(powers)[np.searchsorted(powers, count)]
    rows = np.bincount(width)
    for size, wider in itertools.pairwise(np.flatnonzero(rows)):
        if rows[size] * wider**2 < LITTLE_WORK:
            width[width == size] = wider
            rows[size], rows[wider] = 0, rows[size] + rows[wider]
    return width, np.flatnonzero(rows)


def _group(rows: np.ndarray, gaps: np.ndarray, width: int) -> Group:
    packed = np.packbits(gaps[rows], axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, pattern = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(pattern, kind="stable")
    return Group(rows[order], pattern[order], _columns(gaps[rows[first]], width))


def _columns(gaps: np.ndarray, width: int) -> np.ndarray:
    """The missing columns of each pattern, (patterns, width), filled up with the number of columns."""
    order = np.argsort(~gaps, axis=1, kind="stable")[:, :width]
    return np.where(np.arange(width) < gaps.sum(1)[:, None], order, gaps.shape[1]).astype(np.int32)


def _tile_and_patterns(group: Group, tile: int) -> tuple[int, int]:
    """Rows and patterns in a tile, powers of two: as many patterns as the rows have on average, and as the cache allows."""
    patterns, width = group.missing.shape
    rows = min(tile // 2, tile_of(width**2 + 1))
    needed = min(patterns, 1.2 * patterns * rows / len(group.rows))
    most = _power_of_two(min(needed, CACHE_BYTES // (64 * max(1, width) ** 2), rows))
    return max(64, min(rows, _power_of_two(1.2 * most * len(group.rows) / patterns))), most


def _power_of_two(number: float) -> int:
    return 2 ** int(np.ceil(np.log2(max(1, number))))


def _tile_bounds(pattern: np.ndarray, tile: int, most: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(pattern):
        stop = min(start + tile, int(np.searchsorted(pattern, pattern[start] + most)))
        yield start, stop
        start = stop


def _in_eights(bounds: Iterator[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    every = list(bounds)
    return [every[i : i + BLOCK_TILES] for i in range(0, len(every), BLOCK_TILES)]


def _block(
    values: np.ndarray,
    weight: np.ndarray,
    codes: np.ndarray | None,
    origin: Any,
    dtype: Any,
    tile: int,
    most: int,
    group: Group,
    bounds: Any,
) -> Block:
    """Up to eight tiles of a group: missing cells 0, the tiles filled up with rows of weight 0."""
    import jax.numpy as jnp

    width, features = group.missing.shape[1], values.shape[1]
    rows = np.zeros((BLOCK_TILES, tile, features), dtype)
    weights = np.zeros((BLOCK_TILES, tile), dtype)
    pattern = np.zeros((BLOCK_TILES, tile), np.int32)
    missing = np.full((BLOCK_TILES, most, width), features, np.int32)
    for t, (start, stop) in enumerate(bounds):
        chosen = group.rows[start:stop]
        present = values[chosen] if origin is None else values[chosen] - origin
        rows[t, : stop - start] = np.where(np.isnan(present), 0, present)
        weights[t, : stop - start] = weight[chosen]
        pattern[t, : stop - start] = group.pattern[start:stop] - group.pattern[start]
        here = group.missing[group.pattern[start] : group.pattern[stop - 1] + 1]
        missing[t, : len(here)] = here
    arrays: Any = PatternRows(jnp.asarray(rows), jnp.asarray(pattern), jnp.asarray(missing))
    if codes is not None:
        arrays = arrays, jnp.asarray(_tiled(codes, group, bounds, tile))
    return Block(arrays, jnp.asarray(weights), np.int32(len(bounds)))


def _tiled(codes: np.ndarray, group: Group, bounds: Any, tile: int) -> np.ndarray:
    tiled = np.zeros((BLOCK_TILES, tile), codes.dtype)
    for t, (start, stop) in enumerate(bounds):
        tiled[t, : stop - start] = codes[group.rows[start:stop]]
    return tiled
