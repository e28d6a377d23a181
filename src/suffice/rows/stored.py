"""Rows in files, of which a part at a time is in memory."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

BLOCK_BYTES = 1 << 18
"""Rows that lie next to each other and are read together."""
HELD_BYTES = 256 << 20
"""Most memory of rows in files that are held out."""

Encode: TypeAlias = Callable[[np.ndarray], np.ndarray]


class Stored:
    """Rows of a memory-mapped array as a model takes them: what is asked for is read, and encoded as it is read."""

    def __init__(self, base: np.ndarray, *encodings: Encode):
        self.base, self.encodings = base, encodings
        one = self[:1]
        self.shape, self.dtype = (len(base), *one.shape[1:]), one.dtype
        self.size = int(np.prod(self.shape))
        self.nbytes = self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.base)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Some rows, in memory."""
        found = np.array(self.base[rows])
        _let_go(self.base)
        for encode in self.encodings:
            found = encode(found)
        return found

    @property
    def block(self) -> int:
        """Rows in a block."""
        return max(1, BLOCK_BYTES * len(self) // max(1, self.nbytes))

    def then(self, encode: Encode) -> Stored:
        """The same rows, encoded once more."""
        return Stored(self.base, *self.encodings, encode)

    def min(self) -> float:
        """The least number, in one pass; NaN where there is one."""
        return float(np.min([part.min() for part in pieces(self)]))

    def max(self) -> float:
        """The largest number, in one pass; NaN where there is one."""
        return float(np.max([part.max() for part in pieces(self)]))


def mapped(encode: Encode, rows: Any) -> Any:
    """Rows encoded: at once in memory, as they are read where they are stored."""
    return rows.then(encode) if isinstance(rows, Stored) else encode(rows)


def pieces(rows: Any) -> Iterator[np.ndarray]:
    """Rows a block at a time where they are stored, else all of them."""
    if not isinstance(rows, Stored):
        yield rows
        return
    for start in range(0, len(rows), rows.block):
        yield rows[start : start + rows.block]


class WeightedPieces:
    """The same, with their weights (n,), anew each time they are iterated over."""

    def __init__(self, rows: Any, weight: np.ndarray):
        self.rows, self.weight = rows, weight

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        start = 0
        for part in pieces(self.rows):
            yield part, self.weight[start : start + len(part)]
            start += len(part)


def spread(rows: Any, most: int) -> Any:
    """At most so many rows at equal steps, in memory."""
    return rows[:: -(-rows.shape[0] // most)]


def spooled(batches: Iterable[np.ndarray]) -> np.ndarray:
    """Batches (rows, ...) put end to end in a file without a name, which goes with the array or the process."""
    first, count = None, 0
    try:
        with tempfile.TemporaryFile() as file:
            for batch in batches:
                first = batch[:0] if first is None else first
                _refuse_other(batch, first, count)
                file.write(np.ascontiguousarray(batch).data)
                count += len(batch)
            file.flush()
            if first is not None and count:
                return np.memmap(file, first.dtype, "r", shape=(count, *first.shape[1:]))
    except OSError as error:
        raise OSError(
            f"Rows of a stream are copied to a file in {tempfile.gettempdir()}, so that they can be read in any order, and "
            f"that failed ({error.strerror or error}): set TMPDIR to a folder with room, or give a memory-mapped array."
        ) from None
    raise ValueError("The stream holds no rows; at least one is needed.")


def _refuse_other(batch: np.ndarray, first: np.ndarray, count: int) -> None:
    if (batch.dtype, batch.shape[1:]) != (first.dtype, first.shape[1:]):
        raise ValueError(
            f"The batch that begins at row {count} holds {batch.dtype} of shape {batch.shape[1:]} a row; {first.dtype} of shape "
            f"{first.shape[1:]} is expected, as in the first."
        )


def _let_go(array: Any) -> None:
    """Let the system take back what was read of a file: it would count as this process's memory until then."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    if isinstance(array.base, mmap.mmap) and getattr(array, "mode", "c") != "c" and hasattr(mmap, "MADV_DONTNEED"):
        array.base.madvise(mmap.MADV_DONTNEED)


def is_mapped(data: Any) -> bool:
    """Whether data are a memory-mapped array, or rows of one."""
    return isinstance(data, (np.memmap, Stored))


def any_stored(arrays: Sequence[Any]) -> bool:
    """Whether some of these arrays are read from files."""
    return any(isinstance(array, Stored) for array in arrays)


def check_held_out(size: float, fraction: float) -> None:
    """Refuse to hold out a share of rows in files, ``size`` bytes in all, that takes more memory than it should."""
    if size * fraction > HELD_BYTES:
        raise ValueError(
            f"validation_fraction={fraction!r} holds out {size * fraction / 2**20:.0f} MB of rows, and {HELD_BYTES >> 20} MB may "
            "be in memory: take a smaller share, or give fit validation rows."
        )


def at_equal_steps(weight: np.ndarray, most: int) -> np.ndarray:
    """Places of at most so many rows of positive weight (n,), at equal steps."""
    there = np.flatnonzero(weight)
    return there[:: -(-len(there) // most)]
