"""What batches of a table hold, in bounded memory: of each column the different cells that its kind and labels follow from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from suffice.data.frame import Column, Frame, frame_from
from suffice.data.table import DataError
from suffice.rows.streams import parted, partitions_of

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


class Digest(NamedTuple):
    """A short frame with the kinds and labels of rows, the number of missing cells in each column, and the rows' first batch."""

    frame: Frame
    missing: list[int]
    number: int


def digest(batches: Iterable[Any], most: int, estimator: BaseEstimator) -> tuple[Frame, list[int]]:
    """A short frame with the kinds and labels of the whole, and the number of missing cells in each column."""
    found = _of_stream(batches, most, estimator)
    if found is None:
        raise DataError("The batches hold no row; at least one is needed.")
    return found.frame, found.missing


def _of_stream(batches: Any, most: int, estimator: BaseEstimator) -> Digest | None:
    if partitions_of(batches) is not None:
        from suffice.rows.cluster.partitions import reduced

        return reduced(batches, partial(_of_partition, most, estimator), partial(_together, most))
    kept: Digest | None = None
    for number, batch in enumerate(rows for rows, _ in parted(batches)):
        found = _of_batch(batch, number, most, estimator)
        kept = found if kept is None else _together(most, kept, found)
    return kept


def _of_batch(batch: Any, number: int, most: int, estimator: BaseEstimator) -> Digest:
    frame = frame_from(batch, estimator)
    counts = [column.cells.null_count for column in frame.columns]
    return Digest(frame._replace(columns=[_reduced(column, most) for column in frame.columns]), counts, number)


def _of_partition(most: int, estimator: BaseEstimator, kept: Any, number: int) -> Digest:
    return _of_batch(kept.rows, number, most, estimator)


def _together(most: int, left: Digest, right: Digest) -> Digest:
    """The digest of rows and of those after them."""
    order = _places(left.frame, right.frame, right.number)
    columns = [right.frame.columns[place] for place in order]
    missing = [before + right.missing[place] for before, place in zip(left.missing, order, strict=True)]
    pairs = zip(left.frame.columns, columns, strict=True)
    kept = left.frame._replace(columns=[_reduced(_merged(old, new, right.number), most) for old, new in pairs])
    return Digest(kept, missing, left.number)


def _places(kept: Frame, frame: Frame, number: int) -> list[int]:
    """Where in a batch the columns of the first stand."""
    expected, given = [column.name for column in kept.columns], [column.name for column in frame.columns]
    if sorted(expected) != sorted(given):
        raise DataError(
            f"Batch {number} (counted from 0) has the columns {', '.join(given[:20])}; {', '.join(expected[:20])} are expected, "
            "as in the first."
        )
    return [given.index(name) for name in expected]


def _merged(old: Column, new: Column, number: int) -> Column:
    cells = [old.cells, new.cells]
    types = {cell.type for cell in cells if not pa.types.is_null(cell.type)}
    if len(types) > 1 and not all(_is_number(kind) for kind in types):
        said = " and ".join(sorted(map(str, types)))
        raise DataError(
            f"Column {old.name!r} changes its type in batch {number} (counted from 0): {said} do not belong together; make its "
            "cells all numbers or all text."
        )
    common = types.pop() if len(types) == 1 else pa.float64() if types else pa.null()
    declared = old.order is not None and new.order is not None
    order = old.order if declared and np.array_equal(old.order, new.order) else None  # type: ignore[arg-type]
    joined = pa.concat_arrays([cell.cast(common, safe=False) for cell in cells])
    times = np.concatenate([np.ones(len(c.cells), int) if c.times is None else c.times for c in (old, new)])
    return Column(old.name, joined, old.dtype, old.declared or new.declared, order, times)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _reduced(column: Column, most: int) -> Column:
    """Different cells only; of many numbers the smallest, the largest, one that is not whole, and some others."""
    gap = int(column.cells.null_count > 0)
    cells, times = column.tally()
    if len(cells) > most + 1 and _is_number(cells.type):
        values = cells.to_numpy(zero_copy_only=False)
        kept = {int(values.argmin()), int(values.argmax()), *np.flatnonzero(values != np.floor(values))[:1].tolist()}
        place = sorted(kept | set(range(most + 1)))
        cells, times = cells.take(pa.array(place)), times[place]
    cells = pa.concat_arrays([cells, pa.nulls(gap, cells.type)])
    return column._replace(cells=cells, times=np.append(times, np.zeros(gap, int)))
