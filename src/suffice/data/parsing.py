"""Columns of text that say numbers become numbers: by one decimal mark in all of a table, or else the user is asked."""

from __future__ import annotations

import shlex
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.conventions import Conventions
from suffice.data.dates import holds_dates
from suffice.data.numerals import Written, plain_numbers, written_numbers
from suffice.data.table import DataError, listing
from suffice.data.text_cells import is_numeric, trimmed
from suffice.data.with_columns import with_columns

FEW_ODD = 0.1
"""Share of cells, at most, that are a mistake among numbers rather than a sign that all are labels."""
ENOUGH = 10
"""Different numbers from which on they are no codes of categories."""


def numbers_of_text(
    table: pa.Table, where: str, written: Conventions, *, keep_categories: bool
) -> tuple[pa.Table, list[str], list[str]]:
    """Text whose cells are all numbers as numbers, what to say of it, and the columns that hold something else."""
    notes: list[str] = []
    others: list[str] = []
    found: dict[str, Written] = {}
    read: dict[str, Any] = {}
    for label, column in zip(table.column_names, table.columns, strict=True):
        if is_numeric(column.type):
            continue
        cells = None if keep_categories and pa.types.is_dictionary(column.type) else trimmed(column)
        numbers = None if cells is None or holds_dates(column) else written_numbers(column)
        if cells is not None and plain_numbers(cells) and not (numbers and _asks(numbers, written)):
            read[label] = cells.cast(pa.float64())
        elif numbers is None or not _all_numbers(numbers, label, where, labels_too=keep_categories):
            others.append(label)
        else:
            found[label] = numbers
    decimal = _decimal(found, with_columns(table, read), written)
    for label, numbers in found.items():
        mark = _mark_of(numbers, label, where, decimal)
        read[label] = numbers.numbers(mark)
        notes += _said(numbers, label, mark)
    return with_columns(table, read), notes, others


def _asks(numbers: Written, written: Conventions) -> bool:
    """Whether plain cells such as 1.234 may be thousands: where the table may be written with decimal commas."""
    return numbers.ambiguous and (written.decimal == "," or written.delimiter in (",", ";", "\t", "|"))


def _all_numbers(numbers: Written, label: str, where: str, *, labels_too: bool) -> bool:
    """Whether a column is numbers; a column that is but for a few cells is refused, with these."""
    if not numbers.odd and (numbers.point or numbers.comma):
        return True
    odd = numbers.odd or _unlike(numbers)
    count = numbers.count if numbers.odd else numbers.count - len(odd)
    if (not labels_too and len(odd) < count) or (len(odd) <= FEW_ODD * count and _many(numbers)):
        cells = [numbers.cells[row].as_py() for row in odd]
        shown = ", ".join(f"{cell!r} in row {row + 1}" for cell, row in zip(cells[:3], odd[:3], strict=True))
        marks = shlex.quote(",".join(f"{label}={cell}" for cell in dict.fromkeys(cells[:3])))
        raise DataError(
            f"{where}: column {label!r} holds text, such as {shown}{_and_more(len(odd))}, among {count:,} numbers, and models "
            f"read numbers: correct {'them' if len(odd) > 1 else 'it'}, say that such cells are missing with missing_values= "
            f"(--missing {marks}), or leave the column out with drop=[{label!r}] (--drop {shlex.quote(label)})."
        )
    return False


def _and_more(count: int) -> str:
    return f" and {count - 3:,} more" if count > 3 else ""


def _many(numbers: Written) -> bool:
    return len(pc.unique(numbers.cores.drop_null())) > ENOUGH  # pyright: ignore[reportAttributeAccessIssue]


def _unlike(numbers: Written) -> list[int]:
    """Cells that are numbers by neither mark where most are by one."""
    return min((numbers.unlike(mark) for mark in (".", ",")), key=len)


def _decimal(found: dict[str, Written], table: pa.Table, written: Conventions) -> str | None:
    """The decimal mark of a table: what was asked for, or what its other columns show."""
    if written.decimal is not None:
        return written.decimal
    shown = {("." if numbers.point else ",") for numbers in found.values() if numbers.point != numbers.comma}
    shown |= {"." for column in table.columns if pa.types.is_floating(column.type) and _fractional(column)}
    if not shown and written.delimiter == ",":
        return "."
    if written.delimiter == "," and any(numbers.ambiguous and numbers.example(r"\.") for numbers in found.values()):
        return None
    return shown.pop() if len(shown) == 1 else None


def _fractional(column: pa.ChunkedArray) -> bool:
    values = column.drop_null()
    return pc.any(pc.not_equal(pc.floor(values), values)).as_py() or False  # pyright: ignore[reportAttributeAccessIssue]


def _mark_of(numbers: Written, label: str, where: str, decimal: str | None) -> str:
    if not numbers.ambiguous:
        return "." if numbers.point else ","
    if decimal is not None:
        return decimal
    cell = numbers.example(r"[.,]")
    by_point, by_comma = (_value(numbers, mark) for mark in (".", ","))
    raise DataError(
        f"{where}: column {label!r} can be read in two ways: {cell!r} is {by_point:,.10g} with a decimal point and "
        f"{by_comma:,.10g} with a decimal comma; say which with decimal='.' or decimal=',' (--decimal . or --decimal ,)."
    )


def _value(numbers: Written, mark: str) -> float:
    row = next(row for row, core in enumerate(numbers.cores.to_pylist()) if core and ("." in core or "," in core))
    return numbers.numbers(mark)[row].as_py()


def _said(numbers: Written, label: str, mark: str) -> list[str]:
    """What was read otherwise than a program would read it."""
    notes = []
    other = "," if mark == "." else "."
    first = next((row for row, core in enumerate(numbers.cores.to_pylist()) if core), 0)
    for pattern, what in (
        (r"," if mark == "," else "^$", "decimal commas"),
        (rf"\{other}|\d[’'   ]\d", "thousands apart"),
    ):
        cell = numbers.example(pattern)
        if cell is not None:
            row = numbers.cells.to_pylist().index(cell)
            notes.append(
                f"Column {label!r} has {what}: {cell!r} is read as {_plain(numbers.numbers(mark)[row].as_py())}."
            )
    if numbers.before or numbers.after:
        cell, value = numbers.cells[first].as_py(), numbers.numbers(mark)[first].as_py()
        notes.append(f"Column {label!r} is in {numbers.before or numbers.after}: {cell!r} is read as {_plain(value)}.")
    if numbers.empty:
        notes.append(f"Column {label!r}: {listing(numbers.empty)} is read as missing.")
    return notes


def _plain(value: float) -> str:
    return str(int(value)) if 1000 <= abs(value) < 1e15 and value == int(value) else str(value)
