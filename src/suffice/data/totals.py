"""Last lines of a table that sum up those above, as spreadsheets have them."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.numerals import written_numbers
from suffice.data.text_cells import is_numeric, trimmed

_LAST = 3
_CALLED = re.compile(
    r"((grand |sub)?totals?|sum|all|overall|mean|average|avg|median|summe|gesamt|insgesamt|mittelwert|durchschnitt|somme|"
    r"moyenne|suma|totale|media)\b.{0,20}",
    re.IGNORECASE,
)


def without_totals(table: pa.Table) -> tuple[pa.Table, list[str]]:
    """The table without last rows that are called a total or a mean and are one, and without empty rows before them."""
    count = table.num_rows
    while count > 1 and table.num_rows - count < _LAST and (_is_total(table, count - 1) or _is_empty(table, count - 1)):
        count -= 1
    named = [row for row in range(count, table.num_rows) if not _is_empty(table, row)]
    if not named:
        return table, []
    said = ", ".join(f"{row + 1} ({_called(table, row)!r})" for row in named)
    sums = "Row {} sums" if len(named) == 1 else "Rows {} sum"
    them = "is" if len(named) == 1 else "are"
    return table.slice(0, count), [f"{sums.format(said)} up those above and {them} left out."]


def _is_empty(table: pa.Table, row: int) -> bool:
    return all(column[row].as_py() is None for column in table.columns)


def _called(table: pa.Table, row: int) -> str | None:
    """The word by which a row is called a total, the only word in it."""
    words = [cell for column in table.columns if isinstance(cell := column[row].as_py(), str)]
    return next((word for word in words if _CALLED.fullmatch(word.strip())), None)


def _is_total(table: pa.Table, row: int) -> bool:
    """Whether a row is called a total, and stands among numbers or sums up a column."""
    word = _called(table, row)
    if word is None:
        return False
    above = table.slice(0, row)
    own = next(j for j, column in enumerate(table.columns) if column[row].as_py() == word)
    if pc.any(pc.equal(above.column(own), word)).as_py():  # a label, as above
        return False
    return _mostly_numbers(above.column(own)) or any(
        _sums_up(above.column(j), table.column(j)[row].as_py()) for j in range(table.num_columns) if j != own
    )


def _mostly_numbers(column: pa.ChunkedArray) -> bool:
    cells = trimmed(column)
    if cells is None or len(cells) == cells.null_count:
        return False
    found = written_numbers(column)
    return found is not None and not [row for row in found.odd if not _CALLED.fullmatch(found.cells[row].as_py())]


def _sums_up(column: pa.ChunkedArray, cell: object) -> bool:
    if not is_numeric(column.type) or pa.types.is_null(column.type) or not isinstance(cell, int | float):
        return False
    values = column.cast(pa.float64(), safe=False).drop_null().to_numpy()
    if len(values) < 3:
        return False
    near = [
        np.abs(np.append(values, cell) - total) <= 0.006 * max(abs(total), 1e-9)
        for total in (values.sum(), values.mean())
    ]
    return any(here[-1] and here[:-1].mean() < 0.5 for here in near)  # where most cells are as near, it says nothing
