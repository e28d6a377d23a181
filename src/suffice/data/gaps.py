"""Cells that stand for nothing because the user says so, or because they are no number at all."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.conventions import Conventions
from suffice.data.table import DataError, listing
from suffice.data.text_cells import is_text
from suffice.data.with_columns import with_columns


def with_gaps(table: pa.Table, written: Conventions, name: str) -> tuple[pa.Table, list[str]]:
    """The table with nulls in place of the marks for missing cells and of NaN; how many there were, and marks without any."""
    unknown = [column for column in written.missing or {} if column and column not in table.column_names]
    if unknown:
        raise DataError(f"{name} has no column {unknown[0]!r} (given as missing); its columns are "
                        f"{listing(table.column_names)}.")  # fmt: skip
    notes, absent = [], {(of, mark) for of, marks in (written.missing or {}).items() for mark in marks}
    changed: dict[str, Any] = {}
    for label, column in zip(table.column_names, table.columns, strict=True):
        marks, gaps, count = written.marks(label), _nan(column), 0
        if marks:
            marked = _marked(column, marks)
            count = pc.sum(marked).as_py() or 0
            gaps = marked if gaps is None else pc.or_(gaps, marked)
        if count:
            absent -= {
                (of, mark) for of, mark in absent if of in ("", label) and pc.any(_marked(column, [mark])).as_py()
            }
            said = listing(marks)
            notes.append(
                f"Column {label!r}: {count:,} cell{'s' * (count > 1)} {said} {'are' if count > 1 else 'is'} read as missing."
            )
        if gaps is not None and pc.any(gaps).as_py():
            changed[label] = _without(column, gaps)
    if absent:
        marks = [f"{of}={mark}" if of else mark for of, mark in sorted(absent)]
        notes.append(f"No cell of {name} is {listing(marks)}, given as missing.")
    return with_columns(table, changed), notes


def with_marks_missing(cells: pa.Array, marks: Sequence[str]) -> pa.Array:
    """Cells of one column with nulls in place of the marks."""
    if not marks:
        return cells
    marked = _marked(pa.chunked_array([cells]), marks).combine_chunks()
    return pc.if_else(marked, pa.scalar(None, cells.type), cells)


def _nan(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    return pc.fill_null(pc.is_nan(column), False) if pa.types.is_floating(column.type) else None


def _marked(column: pa.ChunkedArray, marks: Sequence[str]) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    cells = column.cast(kind) if kind != column.type else column
    if is_text(kind):
        return pc.is_in(pc.utf8_trim_whitespace(cells.cast(pa.string())), pa.array(marks, pa.string()))
    numbers = pa.array([number for number in map(_number, marks) if number is not None], pa.float64())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pc.is_in(cells.cast(pa.float64(), safe=False), numbers)
    return pa.chunked_array([pa.array([False] * table_length) for table_length in map(len, column.chunks)], pa.bool_())


def _number(mark: str) -> float | None:
    try:
        return float(mark)
    except ValueError:
        return None


def _without(column: pa.ChunkedArray, gaps: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(gaps, pa.scalar(None, column.type), column)
