"""Columns of an Arrow table to one matrix of numbers, or to columns of numbers and text; others are refused by name."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.codes_for_nothing import hints
from suffice.data.conventions import PLAIN, Conventions
from suffice.data.dates import holds_dates, without_dates
from suffice.data.gaps import with_gaps
from suffice.data.parsing import numbers_of_text
from suffice.data.table import DataError, MixedTable, Table, listing, refuse_duplicates, select_columns
from suffice.data.text_cells import MISSING, describe_cells, is_text, trimmed
from suffice.data.with_columns import with_columns


def table_from_columns(
    table: pa.Table,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    target: str | None = None,
    notes: Sequence[str] = (),
    image_shape: tuple[int, ...] | None = None,
    written: Conventions = PLAIN,
) -> Table:
    """A ``Table`` from Arrow columns."""
    chosen, labels, said = _chosen(table, name, columns, drop, target, written)
    numbers, found = _numeric(chosen, name, written)
    said = [*notes, *said, *found, *hints(numbers), *_count_missing(numbers, "NaN")]
    return Table(matrix(numbers), chosen.column_names, name, said, image_shape, labels)


def mixed_from_columns(
    table: pa.Table,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    target: str | None = None,
    notes: Sequence[str] = (),
    written: Conventions = PLAIN,
) -> MixedTable:
    """A ``MixedTable`` from Arrow columns: text that is all numbers becomes numbers, other text stays."""
    chosen, labels, said = _chosen(table, name, columns, drop, target, written)
    parsed, found, others = numbers_of_text(chosen, name, written, keep_categories=True)
    if written.dates == "keep":
        others = [label for label in others if not holds_dates(parsed[label])]
    own = dict(zip(parsed.column_names, parsed.columns, strict=True))
    refused = {label: describe_cells(own[label]) for label in others if not _holds_text(own[label])}
    refuse_not_numeric(refused, name, "text")
    parsed = with_columns(parsed, {label: _without_missing(own[label]) for label in others})
    said = [*notes, *said, *found, *hints(parsed), *_count_missing(parsed, "null")]
    return MixedTable(parsed, name, said, labels)


def matrix(table: pa.Table | pa.RecordBatch, dtype: np.dtype | None = None) -> np.ndarray:
    """Numeric Arrow columns as one array ``(n, D)``, missing cells NaN."""
    kind = _shared_type(table) if dtype is None else dtype
    values = np.empty((table.num_rows, table.num_columns), kind)
    for j, column in enumerate(table.columns):
        values[:, j] = _cells(column, kind)
    return values


def refuse_not_numeric(refused: dict[str, str], where: str, besides: str | None = None) -> None:
    """Raise a ``DataError`` that names the columns that hold no numbers, and how to leave them out."""
    if not refused:
        return
    name, what = next(iter(refused.items()))
    readable = "numbers" if besides is None else f"numbers and {besides}"
    named = f"column {name!r} holds {what}"
    if len(refused) > 1:
        none = "no numbers" if besides is None else f"neither numbers nor {besides}"
        named = f"columns {listing(list(refused))} hold {none} ({name!r}: {what})"
    option = f"--drop {shlex.quote(','.join(refused))}"
    raise DataError(
        f"{where}: {named}, and models read {readable}; leave {'it' if len(refused) == 1 else 'them'} out "
        f"with drop={list(refused)!r} ({option})."
    )


def _chosen(
    table: pa.Table,
    name: str,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    target: str | None,
    written: Conventions,
) -> tuple[pa.Table, np.ndarray | None, list[str]]:
    """The columns asked for, with gaps where cells stand for nothing, the labels, and what to say of both."""
    refuse_duplicates(_names(table, name), name)
    table, said = with_gaps(table, written, name)
    dated: list[str] = []
    if columns is None or written.parts:
        table, dated = without_dates(table, {*(columns or ()), *(drop or ()), target}, written.dates)
    chosen = select_columns(table.column_names, columns=columns, drop=drop, target=target, where=name)
    if table.num_rows == 0:
        raise DataError(f"{name} has columns but no rows; at least one row is needed.")
    return table.select(chosen), None if target is None else _labels(table[target], target, name), [*said, *dated]


def _names(table: pa.Table, name: str) -> list[str]:
    try:
        return table.column_names
    except UnicodeDecodeError:
        raise DataError(
            f"{name} has a column whose name is no text in UTF-8; rename it, or write the file again."
        ) from None


def _numeric(table: pa.Table, name: str, written: Conventions) -> tuple[pa.Table, list[str]]:
    parsed, notes, others = numbers_of_text(table, name, written, keep_categories=False)
    refuse_not_numeric({label: describe_cells(parsed[label]) for label in others}, name)
    return parsed, notes


def _holds_text(column: pa.ChunkedArray) -> bool:
    return is_text(column.type.value_type if pa.types.is_dictionary(column.type) else column.type) and (
        trimmed(column) is not None
    )


def _without_missing(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Categories stay what they are, and in their order, unless one of them stands for a missing cell."""
    declared = pa.types.is_dictionary(column.type)
    if declared and not pc.any(pc.is_in(pc.unique(column).dictionary, pa.array(MISSING))).as_py():
        return column
    return trimmed(column)


def _count_missing(table: pa.Table, called: str) -> list[str]:
    missing = sum(column.null_count for column in table.columns)
    return [f"{missing} missing cell{'s' * (missing > 1)} ({called})."] if missing else []


def _shared_type(table: pa.Table | pa.RecordBatch) -> np.dtype:
    kinds = {column.type for column in table.columns}
    missing = any(column.null_count for column in table.columns)
    kind = next(iter(kinds))
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if len(kinds) > 1 or not plain or (missing and not pa.types.is_floating(kind)):
        return np.dtype(np.float64)
    return pa.nulls(0, kind).to_numpy(zero_copy_only=False).dtype


def _cells(column: pa.ChunkedArray | pa.Array, kind: np.dtype) -> np.ndarray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.type != pa.from_numpy_dtype(kind):
        column = column.cast(pa.from_numpy_dtype(kind), safe=False)
    if isinstance(column, pa.Array):
        return column.to_numpy(zero_copy_only=False)
    return column.to_numpy()


def _labels(column: pa.ChunkedArray, target: str, name: str) -> np.ndarray:
    if column.null_count:
        row = pc.index(pc.is_null(column), True).as_py() + 1
        raise DataError(f"{name}: the target column {target!r} has no label in row {row}; every row needs one.")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    labels = column.to_numpy()
    return labels.astype(str) if labels.dtype == object else labels
