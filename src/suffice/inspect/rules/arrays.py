"""Backward rules of windows in NumPy: what the formulas call that are too long to stand in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

Sizes = Sequence[int]
Pairs = Sequence[Sequence[int]]


def convolution_vjp(
    maps: np.ndarray,
    kernels: np.ndarray,
    cotangent: np.ndarray,
    *,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
    layout: Sequence[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives with respect to maps and kernels; ``layout`` names the axes of maps, kernels and output maps."""
    space = "".join(letter for letter in layout[0] if letter not in "NC")
    x, w, g = (
        _turned(array, word, first + space)
        for array, word, first in zip((maps, kernels, cotangent), layout, ("NC", "OI", "NC"), strict=True)
    )
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    of_x, of_w = np.zeros_like(padded), np.zeros_like(w)
    parts, sizes = (len(x), groups, -1), g.shape[2:]
    split = g.reshape(*parts, int(np.prod(sizes)))
    for offset in np.ndindex(w.shape[2:]):
        window = (..., *_window(offset, sizes, stride, dilation))
        seen = padded[window].reshape(*parts, split.shape[-1])
        at = (slice(None), slice(None), *offset)
        of_w[at] = np.einsum("ngcp,ngop->goc", seen, split).reshape(w.shape[:2])
        kernel = w[at].reshape(groups, -1, w.shape[1])
        of_x[window] += np.einsum("ngop,goc->ngcp", split, kernel).reshape(of_x[window].shape)
    return _turned(_cut(of_x, padding), "NC" + space, layout[0]), _turned(of_w, "OI" + space, layout[1])


def max_pooling_vjp(
    maps: np.ndarray, cotangent: np.ndarray, *, kernel: Sizes, stride: Sizes, padding: Pairs
) -> np.ndarray:
    """Derivative with respect to maps: a window's goes to its largest number, the first of equals."""
    padded = _padded(maps, padding, -np.inf)
    sizes = cotangent.shape[cotangent.ndim - len(kernel) :]
    windows = [(..., *_window(offset, sizes, stride, [1] * len(kernel))) for offset in np.ndindex(*kernel)]
    winner = np.argmax([padded[window] for window in windows], 0)
    result = np.zeros_like(padded)
    for place, window in enumerate(windows):
        result[window] += np.where(winner == place, cotangent, 0)
    return _cut(result, padding)


def sum_pooling_vjp(shape: Sizes, cotangent: np.ndarray, *, kernel: Sizes, stride: Sizes, padding: Pairs) -> np.ndarray:
    """Derivative with respect to maps of a shape: each number of a window gets its derivative."""
    result = _padded(np.zeros(shape, cotangent.dtype), padding, 0)
    sizes = cotangent.shape[cotangent.ndim - len(kernel) :]
    for offset in np.ndindex(*kernel):
        result[(..., *_window(offset, sizes, stride, [1] * len(kernel)))] += cotangent
    return _cut(result, padding)


def average_pooling_vjp(
    shape: Sizes, cotangent: np.ndarray, *, kernel: Sizes, stride: Sizes, padding: Pairs
) -> np.ndarray:
    """Derivative with respect to maps of a shape: each number of a window gets an equal part."""
    return sum_pooling_vjp(shape, cotangent / np.prod(kernel), kernel=kernel, stride=stride, padding=padding)


def normalisation_vjp(
    x: np.ndarray, inverse: np.ndarray, derivative: np.ndarray, *, axis: int | Sizes, centred: bool
) -> np.ndarray:
    """Derivative with respect to x of (x - its mean) by its standard deviation, or of x by its root mean square.

    ``inverse`` is one by either, ``derivative`` the one where mean and deviation are held.
    """
    over = axis if isinstance(axis, int) else tuple(axis)
    normal = (x - x.mean(over, keepdims=True) if centred else x) * inverse
    along = derivative - normal * (derivative * normal).mean(over, keepdims=True)
    return along - derivative.mean(over, keepdims=True) if centred else along


def scattered(cotangent: np.ndarray, places: np.ndarray, *, shape: Sizes) -> np.ndarray:
    """Numbers added up at their places in an array of a shape, written one after another; NaN is no place."""
    known = np.isfinite(places)
    total = np.bincount(places[known].astype(np.intp), np.asarray(cotangent)[known], int(np.prod(shape, dtype=int)))
    return total.reshape(shape).astype(np.asarray(cotangent).dtype)


def _turned(array: np.ndarray, axes: str, wanted: str) -> np.ndarray:
    return array.transpose([axes.index(letter) for letter in wanted])


def _window(offset: Sizes, sizes: Sizes, stride: Sizes, dilation: Sizes) -> Iterator[slice]:
    for start, size, step, spread in zip(offset, sizes, stride, dilation, strict=True):
        yield slice(start * spread, start * spread + (size - 1) * step + 1, step)


def _padded(maps: np.ndarray, padding: Pairs, value: float) -> np.ndarray:
    ahead = [(0, 0)] * (maps.ndim - len(padding))
    return np.pad(maps, [*ahead, *padding], constant_values=value) if np.any(padding) else maps.copy()


def _cut(padded: np.ndarray, padding: Pairs) -> np.ndarray:
    sizes = padded.shape[padded.ndim - len(padding) :]
    return padded[(..., *(slice(low, size - high) for (low, high), size in zip(padding, sizes, strict=True)))]
