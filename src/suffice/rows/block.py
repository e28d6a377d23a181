"""A block of rows: tiles of one fixed size on the device, the last ones filled up with rows of weight 0."""

from __future__ import annotations

import operator
from math import log2
from threading import local
from typing import Any, NamedTuple

import numpy as np

from suffice.runtime import tree

NO_ROWS = "The data hold no rows; at least one is needed."
ALIGNMENT = 64
TILE = 1024
"""Rows in a tile, where a row does not become many numbers."""
CACHE_BYTES = 1 << 20


def tile_of(numbers: int, least: int = 128) -> int:
    """Rows in a tile, each of which becomes so many numbers: a power of two from the least to ``TILE``."""
    return min(TILE, max(least, 2 ** round(log2(CACHE_BYTES / (8 * numbers)))))


class Block(NamedTuple):
    """Tiles of rows on the device: arrays ``(tiles, tile, ...)``, weight ``(tiles, tile)``, and how many tiles count."""

    arrays: Any
    weight: Any
    used: Any


def add(left: Any, right: Any) -> Any:
    """Sum of two results of ``total``, leaf by leaf."""
    return tree.map_leaves(operator.add, left, right)


class Buffers(local):
    """Memory for blocks, each thread's taken again for its next block of the same shape: first use of memory is slow."""

    def __init__(self):
        self.kept: dict[Any, np.ndarray] = {}

    def __call__(self, place: int, shape: tuple[int, ...], kind: Any) -> np.ndarray:
        """Aligned array for what stands at ``place`` in a block."""
        key = (place, shape, np.dtype(kind))
        if key not in self.kept:
            self.kept[key] = _aligned(shape, kind)
        return self.kept[key]


def filled(
    arrays: Any, weight: Any, rows: slice, origin: Any, dtype: Any, tiles: int, tile: int, buffers: Buffers
) -> Block:
    """Block of ``tiles`` tiles that begins with the given rows and ends with rows of weight 0."""
    import jax.numpy as jnp

    count = rows.stop - rows.start

    def fill(place: int, array: Any, centre: Any) -> Any:
        kind = kind_on_device(array, dtype)
        buffer = buffers(place, (tiles * tile, *array.shape[1:]), kind)
        buffer[count:] = 0
        if centre is None:
            buffer[:count] = array[rows]
        else:
            np.subtract(array[rows], centre, out=buffer[:count], casting="same_kind")
        return jnp.asarray(buffer.reshape(tiles, tile, *array.shape[1:]))

    leaves = tree.leaves(arrays)
    blocks = [fill(place, leaf, origin if leaf.dtype.kind == "f" else None) for place, leaf in enumerate(leaves)]
    weights = fill(-1, weight, None)
    return Block(tree.unflattened(arrays, blocks), weights, np.int32(-(-count // tile)))


def kind_on_device(array: np.ndarray, dtype: Any) -> np.dtype:
    """Real numbers and truth values become ``dtype``; whole numbers stay as small as they are."""
    return np.dtype(dtype if np.issubdtype(array.dtype, np.floating) or array.dtype == bool else array.dtype)


def row_count(arrays: Any) -> int:
    """The number of rows of arrays with one first axis."""
    counts = sorted({leaf.shape[0] if leaf.ndim else 0 for leaf in tree.leaves(arrays)})
    if len(counts) != 1:
        raise ValueError(f"All arrays need the same number of rows; got {counts}.")
    if counts[0] == 0:
        raise ValueError(NO_ROWS)
    return counts[0]


def row_weight(count: int, weight: Any, dtype: Any) -> np.ndarray:
    """A weight for each row, (n,); None is 1 for every one."""
    weight = np.ones(count, dtype) if weight is None else np.asarray(weight, dtype)
    if weight.shape != (count,):
        raise ValueError(
            f"The weights have shape {weight.shape}; one for each of the {count} rows, ({count},), is expected."
        )
    return weight


def rounded(tiles: int) -> int:
    """A number of tiles, 2 at least, rounded up to 3 significant bits, so that few shapes are compiled."""
    step = 1 << max(0, tiles.bit_length() - 3)
    return max(2, -(-tiles // step) * step)


def _aligned(shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """An array that JAX takes over on the CPU without a copy."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(kind).reshape(shape)
