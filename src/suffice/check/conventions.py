"""Ways in which an answer may be laid out and still be the same answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ONE_NUMBER = "as one number for all elements"
EXCHANGED = "with the last two axes exchanged"
Reading = tuple[str, np.ndarray]


def readings(claimed: np.ndarray, shape: tuple[int, ...], layout: str = "any") -> Iterator[Reading]:
    """An answer as an array of a shape, in each layout that gives it; the first, without a name, is the answer itself."""
    if claimed.shape == shape:
        yield "", claimed
    if layout != "any":
        return
    if claimed.ndim > 1 and claimed.T.shape == shape:
        yield "transposed", claimed.T
    if claimed.ndim > 2 and claimed.shape == shape and shape[-1] == shape[-2]:
        yield EXCHANGED, np.swapaxes(claimed, -1, -2)
    for name, array in _reshaped(claimed, shape):
        if array.shape == shape:
            yield name, array


def _reshaped(claimed: np.ndarray, shape: tuple[int, ...]) -> Iterator[Reading]:
    if claimed.shape == shape:
        return
    if _without_ones(claimed.shape) == _without_ones(shape):
        yield "with other axes of length one", claimed.reshape(shape)
        return
    if claimed.ndim == 1 and claimed.size == int(np.prod(shape)):
        yield "flattened row by row", claimed.reshape(shape)
        yield "flattened column by column", claimed.reshape(shape[::-1]).T
    if claimed.ndim == 2 and len(shape) == 3 and claimed.size == int(np.prod(shape)):
        yield "with axes joined", claimed.reshape(shape)
    if len(shape) > 2 and claimed.ndim == len(shape):
        yield EXCHANGED, np.swapaxes(claimed, -1, -2)
    if claimed.size == 1 and shape:
        yield ONE_NUMBER, np.full(shape, claimed.reshape(()))


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
