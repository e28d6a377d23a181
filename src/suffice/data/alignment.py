"""Columns of a frame against those that were fitted."""

from __future__ import annotations

from typing import Any

from suffice.data.frame import Frame
from suffice.data.table import DataError, listing


def columns_named(frame: Frame, labels: list[Any]) -> Frame:
    """The columns of these labels, in this order; those of the frame have to be the same."""
    own = frame.labels or []
    missing = [label for label in labels if label not in own]
    unexpected = [label for label in own if label not in labels]
    if missing or unexpected:
        said = [f"lacks {listing(missing)}"] * bool(missing) + [f"has {listing(unexpected)} besides"] * bool(unexpected)
        raise DataError(
            f"X {' and '.join(said)}; the columns that were fitted are expected: {listing(labels)}. Rename, add or drop columns."
        )
    return frame if own == labels else frame._replace(columns=[frame.columns[own.index(label)] for label in labels])


def refuse_empty(frame: Frame) -> None:
    """Refuse columns all of whose cells are missing."""
    empty = [column.name for column in frame.columns if column.cells.null_count == len(column.cells)]
    if empty:
        raise DataError(
            f"Column{'s' * (len(empty) > 1)} {listing(empty)} of X hold{'s' * (len(empty) == 1)} no cell that is not missing; "
            "leave out what has no cells."
        )
