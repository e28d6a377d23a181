"""The same contractions in logarithms: of sums, for evidence too improbable for floating point, and of maxima."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from suffice.bayesian.contraction import Function, Shape


def log_contraction(
    left: Shape, right: Shape, kept: Collection[int], sizes: Sequence[int], rows_kept: bool = True
) -> tuple[Shape, Function]:
    """Contraction of two factors given by their logarithms."""
    return _contraction(left, right, kept, _log_sum)


def max_contraction(
    left: Shape, right: Shape, kept: Collection[int], sizes: Sequence[int], rows_kept: bool = True
) -> tuple[Shape, Function]:
    """The same with maxima over the axes that are not kept, in place of sums."""
    return _contraction(left, right, kept, np.maximum.reduce)


def _contraction(
    left: Shape, right: Shape, kept: Collection[int], reduced: Callable[..., np.ndarray]
) -> tuple[Shape, Function]:
    both = tuple(dict.fromkeys((*left.axes, *right.axes)))
    axes = tuple(axis for axis in both if axis in kept)
    order = (*axes, *(axis for axis in both if axis not in kept))
    rows = left.rows or right.rows
    spread_left, spread_right = _spread(left, order, rows), _spread(right, order, rows)
    gone = tuple(range(len(axes), len(order)))

    def function(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        total = spread_left(first) + spread_right(second)
        return reduced(total, axis=gone) if gone else total

    return Shape(axes, rows), function


def _spread(shape: Shape, order: Sequence[int], rows: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Function that gives a factor axes of length 1 where it has none of ``order``."""
    places = [shape.axes.index(axis) for axis in order if axis in shape.axes]
    index = tuple(slice(None) if axis in shape.axes else None for axis in order)
    if rows:
        places += [len(places)] if shape.rows else []
        index += (slice(None) if shape.rows else None,)
    return lambda array: np.transpose(array, places)[index]


def _log_sum(values: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    largest = values.max(axis, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0.0)
    return np.log(np.exp(values - shift).sum(axis)) + np.squeeze(shift, axis)
