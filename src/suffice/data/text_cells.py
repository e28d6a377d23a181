"""Cells of text: which of them are missing, which are numbers, and what to call the others in a message."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

MISSING = ("", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", ".")
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity|nan)$"


def describe_type(kind: pa.DataType) -> str:
    """What a column of an Arrow type that is not numeric holds, in words."""
    if pa.types.is_dictionary(kind):
        return describe_type(kind.value_type)
    if pa.types.is_temporal(kind):
        return "dates or times"
    return "text" if is_text(kind) else f"cells of type {kind}"


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of an Arrow type are text, or bytes that may be."""
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in (*tests, pa.types.is_binary, pa.types.is_large_binary))


def trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Text without blanks around it, null where it says that a cell is missing; None if the column holds no text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not is_text(column.type):
        return None
    try:
        cells = pc.utf8_trim_whitespace(column.cast(pa.string()))
    except pa.ArrowInvalid:
        return None
    return pc.if_else(pc.is_in(cells, pa.array(MISSING)), pa.scalar(None, pa.string()), cells)


def is_numeric(kind: pa.DataType) -> bool:
    """Whether cells of an Arrow type can be read as numbers."""
    if pa.types.is_dictionary(kind):
        return is_numeric(kind.value_type)
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal, pa.types.is_null)
    return any(test(kind) for test in tests)


def describe_cells(column: pa.ChunkedArray) -> str:
    """What a column that is not all numbers holds, in words, with the first such cell of a text."""
    cells = trimmed(column)
    if cells is None:
        return describe_type(column.type)
    row = pc.index(pc.fill_null(pc.match_substring_regex(cells, NUMBER), True), False).as_py()
    return f"text, such as {cells[row].as_py()!r} in row {row + 1}"
