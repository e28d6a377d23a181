"""Contractions of two factors, each an array of its nodes' axes with rows last: by BLAS where one has no rows, else by einsum."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from math import prod
from string import ascii_letters
from typing import NamedTuple, TypeAlias

import numpy as np


class Shape(NamedTuple):
    """The axes of a factor, in order, and whether rows are its last axis."""

    axes: tuple[int, ...]
    rows: bool


Function: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]
Contract: TypeAlias = Callable[[Shape, Shape, Collection[int], Sequence[int], bool], tuple[Shape, Function]]
LETTERS = ascii_letters.replace("Z", "")
SMALL = 256
"""Below so many products, einsum takes less time than arranging axes."""
LONG = 16
"""From so many entries on, axes that both factors keep are worked along like rows."""
BLAS_FROM = 800
"""From so many products a matrix on, a stack of small matrices is BLAS's."""


def contraction(
    left: Shape, right: Shape, kept: Collection[int], sizes: Sequence[int], rows_kept: bool = True
) -> tuple[Shape, Function]:
    """Function that multiplies two factors and sums all axes but those kept, and the shape of what it gives."""
    names: dict[int, int] = {}
    first = tuple([names.setdefault(axis, len(names)) for axis in left.axes])
    second = tuple([names.setdefault(axis, len(names)) for axis in right.axes])
    nodes = tuple(names)
    among = tuple([place for place, node in enumerate(nodes) if node in kept])
    shape, function = _planned(
        Shape(first, left.rows), Shape(second, right.rows), among, tuple([sizes[node] for node in nodes]), rows_kept
    )
    return Shape(tuple([nodes[place] for place in shape.axes]), shape.rows), function


@lru_cache(8192)
def _planned(
    left: Shape, right: Shape, kept: tuple[int, ...], sizes: tuple[int, ...], rows_kept: bool
) -> tuple[Shape, Function]:
    if left.rows and right.rows:
        return _by_einsum(left, right, kept, True) if rows_kept else _summing_rows(left, right, kept, sizes)
    if right.rows < left.rows:
        shape, function = _planned(right, left, kept, sizes, rows_kept)
        return shape, lambda first, second: function(second, first)
    summed = [axis for axis in left.axes if axis in right.axes and axis not in kept]
    batch = [axis for axis in left.axes if axis in right.axes and axis in kept]
    alone = {*left.axes, *right.axes} - {*kept, *summed}
    if alone or (not right.rows and prod(sizes) < SMALL):
        return _by_einsum(left, right, kept, right.rows)
    if not right.rows and prod(sizes[axis] for axis in batch) >= LONG and _by_rows_pays(batch, sizes):
        return _along_batch(left, right, batch, summed, sizes)
    return _by_blas(left, right, summed, sizes) if summed else _by_einsum(left, right, kept, right.rows)


def _by_rows_pays(batch: list[int], sizes: Sequence[int]) -> bool:
    return prod(sizes) < BLAS_FROM * prod(sizes[axis] for axis in batch)


def _by_einsum(left: Shape, right: Shape, kept: Collection[int], rows: bool) -> tuple[Shape, Function]:
    shape = Shape(tuple(dict.fromkeys(axis for axis in (*left.axes, *right.axes) if axis in kept)), rows)
    for small, large in ((left, right), (right, left)):
        if large.rows == rows and {*shape.axes} == {*large.axes} and _in_order(small.axes, large.axes):
            return large, _broadcast(small, large, small is left)
    path = f"{_letters(left)},{_letters(right)}->{_letters(shape)}"
    return shape, lambda first, second: np.einsum(path, first, second)


def _in_order(axes: Sequence[int], among: Sequence[int]) -> bool:
    return [axis for axis in among if axis in axes] == list(axes)


def _broadcast(small: Shape, large: Shape, first: bool) -> Function:
    """Product of a factor with one whose axes are among its own, in their order."""
    if small == large:
        return np.multiply
    index = tuple(slice(None) if axis in small.axes else None for axis in large.axes)
    index += (slice(None) if small.rows else None,) * large.rows
    if first:
        return lambda one, two: np.multiply(one[index], two)
    return lambda one, two: np.multiply(one, two[index])


def _letters(shape: Shape) -> str:
    return "".join([LETTERS[axis] for axis in shape.axes]) + "Z" * shape.rows


def _by_blas(left: Shape, right: Shape, summed: list[int], sizes: Sequence[int]) -> tuple[Shape, Function]:
    """Matrix products of the left factor, which has no rows, with slices of the right one."""
    batch = [axis for axis in right.axes if axis in left.axes and axis not in summed]
    own = [axis for axis in left.axes if axis not in right.axes]
    others = [axis for axis in right.axes if axis not in left.axes]
    tail = _tail(right.axes, others)
    loose = [axis for axis in others if axis not in tail]
    first = _Arranged(left, batch, loose, own, summed, sizes)
    second = _Arranged(right, batch, loose, summed, tail, sizes)
    axes = (*batch, *loose, *own, *tail)
    shape = tuple(sizes[axis] for axis in axes) + ((-1,) if right.rows else ())
    return Shape(axes, right.rows), lambda one, two: np.matmul(first(one), second(two)).reshape(shape)


def _along_batch(
    left: Shape, right: Shape, batch: list[int], summed: list[int], sizes: Sequence[int]
) -> tuple[Shape, Function]:
    """Axes that both factors keep become one, the last, along which the rest is multiplied and summed."""
    own = [axis for axis in left.axes if axis not in right.axes]
    other = [axis for axis in right.axes if axis not in left.axes]
    first = _Arranged(left, own, [], summed, batch, sizes)
    second = _Arranged(right, other, [], summed, batch, sizes)
    width, depth = prod(sizes[axis] for axis in batch), prod(sizes[axis] for axis in summed)
    axes = (*own, *other, *batch)
    shape = tuple(sizes[axis] for axis in axes)

    def function(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        product = np.einsum("asz,bsz->abz", first(one).reshape(-1, depth, width), second(two).reshape(-1, depth, width))
        return product.reshape(shape)

    return Shape(axes, False), function


def _tail(axes: Sequence[int], members: Collection[int]) -> list[int]:
    count = 0
    while count < len(axes) and axes[-1 - count] in members:
        count += 1
    return list(axes[len(axes) - count :])


def _summing_rows(left: Shape, right: Shape, kept: Collection[int], sizes: Sequence[int]) -> tuple[Shape, Function]:
    """Sums over rows, and over the axes not kept: of two factors with rows, one without."""
    both = [axis for axis in left.axes if axis in right.axes]
    batch = [axis for axis in both if axis in kept]
    summed = [axis for axis in both if axis not in kept]
    own, other = ([axis for axis in shape.axes if axis not in both] for shape in (left, right))
    tail = _common_tail(left.axes, right.axes, summed)
    loose = [axis for axis in summed if axis not in tail]
    first = _Arranged(left, batch, loose, own, tail, sizes)
    second = _Arranged(right, batch, loose, other, tail, sizes)
    stacked = tuple(range(len(batch), len(batch) + len(loose)))
    axes = (*batch, *own, *other)
    shape = tuple(sizes[axis] for axis in axes)

    def function(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        products = np.matmul(first(one), second(two).swapaxes(-1, -2))
        return (products.sum(stacked) if stacked else products).reshape(shape)

    return Shape(axes, False), function


def _common_tail(first: Sequence[int], second: Sequence[int], members: Collection[int]) -> list[int]:
    count = 0
    while count < min(len(first), len(second)) and first[-1 - count] == second[-1 - count] in members:
        count += 1
    return list(first[len(first) - count :])


class _Arranged:
    """A factor as a stack of matrices: axes of the stack, then those of the matrices' rows and columns, each flattened."""

    def __init__(
        self,
        shape: Shape,
        batch: list[int],
        loose: list[int],
        rows: list[int],
        columns: list[int],
        sizes: Sequence[int],
    ):
        own = [axis for axis in loose if axis in shape.axes]
        order = tuple(shape.axes.index(axis) for axis in (*batch, *own, *rows, *columns))
        self.order = (*order, len(order)) if shape.rows else order
        stack = [sizes[axis] for axis in batch] + [sizes[axis] if axis in own else 1 for axis in loose]
        width = -1 if shape.rows else prod(sizes[axis] for axis in columns)
        self.shape = (*stack, prod(sizes[axis] for axis in rows), width)
        self.plain = self.order == tuple(range(len(self.order)))
        self.copied = not shape.rows

    def __call__(self, array: np.ndarray) -> np.ndarray:
        arranged = (array if self.plain else array.transpose(self.order)).reshape(self.shape)
        return np.ascontiguousarray(arranged) if self.copied else arranged
