"""Rows that are read from files in random order: blocks drawn from everywhere, a window of them in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

import numpy as np

from suffice.rows.stored import Stored

WINDOW_BYTES = 32 << 20
"""Rows that are mixed; stored ones up to this size are taken into memory as a whole."""

Item = TypeVar("Item")
Window: TypeAlias = tuple[tuple[np.ndarray, ...], np.ndarray]
"""Arrays with one first axis, and the weights of their rows."""


def settled(rows: Any) -> Any:
    """Stored rows in memory where they fit into one window; all others as they are."""
    return rows[:] if isinstance(rows, Stored) and rows.nbytes <= WINDOW_BYTES else rows


def windows(arrays: Sequence[Any], weight: np.ndarray, batch_size: int, seed: Sequence[int]) -> Iterator[Window]:
    """All rows of positive weight with their weights, each once, in windows of whole batches but for the last.

    Blocks of neighbours come in an order that ``seed`` draws, so that a window has rows from everywhere; it is for who takes
    it to shuffle those in it. While one window is used, the next one is read.
    """
    return _ahead(_drawn(arrays, weight, batch_size, seed))


def block_and_window(arrays: Sequence[Any], batch_size: int) -> tuple[int, int]:
    """Rows in a block, and blocks in a window."""
    row_bytes = sum(array.nbytes for array in arrays) / len(arrays[0])
    block = min(array.block for array in arrays if isinstance(array, Stored))
    return block, int(max(1, WINDOW_BYTES // (block * row_bytes), -(-batch_size // block)))


def _drawn(arrays: Sequence[Any], weight: np.ndarray, batch_size: int, seed: Sequence[int]) -> Iterator[Window]:
    block, together = block_and_window(arrays, batch_size)
    starts = block * np.random.default_rng(seed).permutation(-(-len(weight) // block))
    left = _some((*arrays, weight), slice(0, 0))
    for first in range(0, len(starts), together):
        own = [slice(start, start + block) for start in starts[first : first + together].tolist()]
        window = _assembled((*arrays, weight), own, weight, left)
        last = first + together >= len(starts)
        whole = len(window[-1]) - (0 if last else len(window[-1]) % batch_size)
        left = tuple(part[whole:].copy() for part in window)
        if whole:
            yield tuple(part[:whole] for part in window[:-1]), window[-1][:whole]


def _assembled(
    parts: Sequence[Any], own: Sequence[slice], weight: np.ndarray, left: Sequence[np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Rows that are left, then those of positive weight in these blocks, of each part, put end to end."""
    there = [weight[rows] > 0 for rows in own]
    count = len(left[-1]) + sum(int(which.sum()) for which in there)
    whole = tuple(np.empty((count, *part.shape[1:]), part.dtype) for part in left)
    for part, into, before in zip(parts, whole, left, strict=True):
        end = len(before)
        into[:end] = before
        for rows, which in zip(own, there, strict=True):
            found = part[rows] if which.all() else part[rows][which]
            into[end : end + len(found)] = found
            end += len(found)
    return whole


def _some(parts: Sequence[Any], rows: slice) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(part[rows]) for part in parts)


def _ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items, each made by a thread while the one before it is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, iterator, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, iterator, end)
            yield item  # pyright: ignore[reportReturnType]
