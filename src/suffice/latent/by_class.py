"""Moments of rows whose classes are known: the rows of each class are summed on their own, about a centre of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from suffice.latent.families.family import Family
from suffice.latent.families.mixed import Mixed
from suffice.latent.forms.natural import Moments
from suffice.rows.block import Block, Buffers, filled
from suffice.rows.missing import MaskedRows
from suffice.rows.row_function import RowFunction
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.precision import dtype_of, precision_of
from suffice.runtime.road import passes_by_numpy

BLOCK_ROWS = 8192
FEW_ROWS = 1024
"""Blocks are no longer where no class has more rows: filling them up would take longer than summing them."""
TILE = 256
CENTRE_ROWS = 256


class OneClass(RowFunction):
    """Moments of a tile of rows that are all of one class; ``components`` is a family of one component, about the origin."""

    components: Family

    def __call__(self, rows: Any, weight: Array) -> Moments:
        form: Any = self.components.missing_form if isinstance(rows, MaskedRows) else self.components.form
        form = form(True)
        return form.moments(form.features(rows), weight[None], weight)


def class_moments(
    unit: Family, values: np.ndarray, codes: np.ndarray, weight: np.ndarray, centres: np.ndarray, *, gaps: bool
) -> Moments:
    """Moments of the rows of each class about its centre, side by side as those of K components."""
    order = np.argsort(codes.astype(np.int16) if len(centres) < 2**15 else codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(centres)))
    size = FEW_ROWS if np.diff(ends, prepend=0).max() <= FEW_ROWS else BLOCK_ROWS
    pieces = [
        (k, order[start : min(start + size, end)])
        for k, end in enumerate(ends)
        for start in range(ends[k - 1] if k else 0, end, size)
    ]
    dtype = dtype_of(precision_of(unit))

    def rows_of(piece: tuple[int, np.ndarray]) -> tuple[Any, np.ndarray, np.ndarray]:
        k, chosen = piece
        return np.take(values, chosen, axis=0), weight[chosen].astype(dtype), centres[k]

    if passes_by_numpy(values.size):
        with np.errstate(all="ignore"):
            parts = [_sums(OneClass(unit), *rows_of(piece), gaps, dtype) for piece in pieces]
    else:
        parts = _sums_by_jax(OneClass(unit), map(rows_of, pieces), gaps, dtype, size)
    nothing = tree.map_leaves(np.zeros_like, parts[0])
    of_class = [nothing] * len(centres)
    for (k, _), part in zip(pieces, parts, strict=True):
        of_class[k] = tree.map_leaves(np.add, of_class[k], part)
    return _side_by_side(of_class)


def _sums(fn: OneClass, rows: np.ndarray, weight: np.ndarray, centre: np.ndarray, gaps: bool, dtype: Any) -> Moments:
    moved = (rows - centre).astype(dtype)
    return fn(MaskedRows(moved) if gaps else moved, weight)


def _sums_by_jax(fn: OneClass, pieces: Iterable[Any], gaps: bool, dtype: Any, size: int) -> list[Moments]:
    """The same of every piece, all filled up to one size, in threads."""
    from suffice.rows.blocks import Blocks

    buffers = Buffers()

    def block(piece: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Block:
        rows, weight, centre = piece
        arrays: Any = MaskedRows(rows) if gaps else rows
        return filled(arrays, weight, slice(0, len(rows)), centre, dtype, size // TILE, TILE, buffers)

    return list(Blocks(lambda: [(partial(block, piece) for piece in pieces)]).totals(fn))


def _side_by_side(parts: Sequence[Moments]) -> Moments:
    """Moments of families of one component as those of one family with them all."""
    total, first = np.concatenate([part.total for part in parts], -1), parts[0]
    if isinstance(first.common, tuple):
        groups = zip(*(part.common for part in parts), strict=True)
        return Moments(total, tuple(_side_by_side(group) for group in groups), first.about)
    common = None if first.common is None else np.sum([part.common for part in parts], 0)
    return Moments(total, common, first.about)


def with_cells(moments: Moments, unit: Family) -> Moments:
    """Moments with the weight behind each column, as if cells might have been missing, so that they can be added to others."""
    if isinstance(unit, Mixed):
        parts = zip(moments.common, unit.parts, strict=True)
        return Moments(moments.total, tuple(with_cells(own, part) for own, part in parts), moments.about)
    form: Any = unit.missing_form(False) if unit.missing == "mask" else None
    if form is None or len(moments.total) == form.size:
        return moments
    weight = moments.total[-1:]
    cells = np.repeat(weight, unit.features, 0)
    return Moments(np.concatenate([moments.total[:-1], cells, weight]), moments.common, moments.about)


def class_centres(values: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
    """A point near the rows of each class, ``(K, D)``: the mean of its first few, or of all classes' where it has no value."""
    means = np.stack([_mean(values[np.flatnonzero(codes == k)[:CENTRE_ROWS]]) for k in range(count)])
    return np.where(np.isnan(means), np.nan_to_num(_mean(means)), means)


def _mean(rows: np.ndarray) -> np.ndarray:
    seen = ~np.isnan(rows)
    count = seen.sum(0)
    return np.where(count > 0, np.where(seen, rows, 0).sum(0) / np.maximum(count, 1), np.nan)
