"""Columns of dates and times: kept aside, or made into numbers that repeat with the year, the week and the day."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.conventions import EVERY_PART
from suffice.data.table import DataError, listing
from suffice.data.text_cells import trimmed

_DAY = r"\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
_TIME = r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?( ?(Z|[+-]\d{2}:?\d{2}))?"
_DATED = rf"^(({_DAY})([T ]({_TIME}))?|{_TIME})$"
PARTS: dict[str, Callable[[Any], Any]] = {
    "year": pc.year,
    "month": pc.month,
    "day": pc.day,
    "weekday": pc.day_of_week,
    "hour": pc.hour,
}
"""What is made of a date, each in a column of its own called after both, such as ``time.hour``."""


def holds_dates(column: pa.ChunkedArray) -> bool:
    """Whether all cells are dates or times, by their type or as text."""
    if pa.types.is_temporal(column.type):
        return True
    cells = trimmed(column)
    if cells is None or len(cells) == cells.null_count:
        return False
    return pc.all(pc.match_substring_regex(cells, _DATED)).as_py() is not False


def without_dates(table: pa.Table, asked: set[str | None], dates: str) -> tuple[pa.Table, list[str]]:
    """The table with its dates kept aside or made into parts, unless they are asked for by name; and what was done."""
    found = [name for name in table.column_names if name not in asked and holds_dates(table[name])]
    if not found or dates == "keep":
        return table, []
    if dates == "aside":
        if len(found) == table.num_columns:
            return table, []
        them = "them" if len(found) > 1 else "it"
        hold = f"Columns {listing(found)} hold" if len(found) > 1 else f"Column {found[0]!r} holds"
        return table.drop_columns(found), [
            f"{hold} dates or times and {'are' if len(found) > 1 else 'is'} kept aside; make numbers of {them} with "
            "dates='parts' (--dates parts)."
        ]
    notes = []
    for name in found:
        parts = _parts(table[name], name)
        if dates != EVERY_PART:
            parts = {part: values for part, values in parts.items() if part in asked or _varies(values)}
        table = table.drop_columns(name)
        for part, values in parts.items():
            table = table.append_column(part, values)
        notes.append(f"Column {name!r} is made into {listing(list(parts))}.")
    return table, notes


def _varies(values: pa.ChunkedArray) -> bool:
    return len(pc.unique(values.drop_null())) > 1


def needs_parts(columns: list[str], present: list[str]) -> bool:
    """Whether columns are parts of dates that stand in a table as a whole."""
    absent = [name.rpartition(".") for name in columns if name not in present]
    return bool(absent) and all(part in PARTS and name in present for name, _, part in absent)


def _parts(column: pa.ChunkedArray, name: str) -> dict[str, pa.ChunkedArray]:
    moments = _as_moments(column, name)
    is_time, is_date = pa.types.is_time(moments.type), pa.types.is_date(moments.type)
    wanted = ["hour"] if is_time else [part for part in PARTS if part != "hour" or not is_date]
    return {f"{name}.{part}": PARTS[part](moments).cast(pa.float64()) for part in wanted}


def _as_moments(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if pa.types.is_temporal(column.type):
        return column
    cells = trimmed(column)
    for form in ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M"):
        found = pc.strptime(cells, format=form, unit="s", error_is_null=True)
        if cells is not None and found.null_count == cells.null_count:
            return found
    example = "" if cells is None else cells.drop_null()[0].as_py()
    raise DataError(
        f"Column {name!r} has dates such as {example!r}, which can be read with the day or the month first: write them as "
        "2020-12-31, or keep them aside with dates='aside' (--dates aside)."
    )
