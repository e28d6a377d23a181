"""Rows that are read from files in random order: blocks drawn from everywhere, a window of them in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

import numpy as np

from suffice.rows.stored import Stored

WINDOW_BYTES = 64 << 20
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
    return _ahead(_in_whole_batches(_drawn(arrays, weight, batch_size, seed), batch_size))


def block_and_window(arrays: Sequence[Any], batch_size: int) -> tuple[int, int]:
    """Rows in a block, and blocks in a window."""
    row_bytes = sum(array.nbytes for array in arrays) / len(arrays[0])
    block = min(array.block for array in arrays if isinstance(array, Stored))
    return block, int(max(1, WINDOW_BYTES // (block * row_bytes), -(-batch_size // block)))


def _drawn(arrays: Sequence[Any], weight: np.ndarray, batch_size: int, seed: Sequence[int]) -> Iterator[Window]:
    block, together = block_and_window(arrays, batch_size)
    starts = block * np.random.default_rng(seed).permutation(-(-len(weight) // block))
    for first in range(0, len(starts), together):
        own = [slice(start, start + block) for start in starts[first : first + together].tolist()]
        of_rows = np.concatenate([weight[rows] for rows in own])
        there = of_rows > 0
        yield tuple(np.concatenate([array[rows] for rows in own])[there] for array in arrays), of_rows[there]


def _in_whole_batches(parts: Iterator[Window], batch_size: int) -> Iterator[Window]:
    arrays, weight = next(parts)
    for further in parts:
        whole = len(weight) - len(weight) % batch_size
        if whole:
            yield tuple(array[:whole] for array in arrays), weight[:whole]
        joined = zip((*arrays, weight), (*further[0], further[1]), strict=True)
        *rest, weight = (np.concatenate([own[whole:], more]) for own, more in joined)
        arrays = tuple(rest)
    if len(weight):
        yield arrays, weight


def _ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items, each made by a thread while the one before it is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, iterator, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, iterator, end)
            yield item  # pyright: ignore[reportReturnType]
