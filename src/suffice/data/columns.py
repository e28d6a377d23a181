"""Columns of an Arrow table to one matrix of numbers; columns that hold anything else are refused by name."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.table import DataError, Table, listing, select_columns

MISSING = ("", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", ".")
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity|nan)$"
_DECIMAL_COMMA = r"^[+-]?\d*(,\d+)?([eE][+-]?\d+)?$"


def table_from_columns(
    table: pa.Table,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    target: str | None = None,
    notes: Sequence[str] = (),
    image_shape: tuple[int, ...] | None = None,
) -> Table:
    """A ``Table`` from Arrow columns.

    Parameters
    ----------
    table
        The columns.
    name
        What the data are called.
    columns, drop, target
        Columns to keep, to leave out, and the one with the labels.
    notes
        What was noticed so far.
    image_shape
        Shape of one row where rows are images.

    Raises
    ------
    DataError
        If a column is unknown, occurs twice or holds no numbers, or if there are no rows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice.data.columns import table_from_columns
    >>> table_from_columns(pa.table({"a": [1, 2], "b": [0.5, None]}), "example").notes
    ['1 missing cell (NaN).']
    """
    chosen = select_columns(table.column_names, columns=columns, drop=drop, target=target, where=name)
    if table.num_rows == 0:
        raise DataError(f"{name} has columns but no rows; at least one row of numbers is needed.")
    numbers, found = _numeric(table.select(chosen), name)
    values = matrix(numbers)
    missing = sum(column.null_count for column in numbers.columns)
    found += [f"{missing} missing cell{'s' * (missing > 1)} (NaN)."] if missing else []
    labels = None if target is None else _labels(table[target], target, name)
    return Table(values, chosen, name, [*notes, *found], image_shape, labels)


def matrix(table: pa.Table | pa.RecordBatch, dtype: np.dtype | None = None) -> np.ndarray:
    """Numeric Arrow columns as one array ``(n, D)``, missing cells NaN.

    Parameters
    ----------
    table
        Columns of numbers or truth values.
    dtype
        Type of the result; None for the type that all columns share if they have one and no cell is missing, else float64.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice.data.columns import matrix
    >>> matrix(pa.table({"a": [1.5, None]}))
    array([[1.5],
           [nan]])
    """
    kind = _shared_type(table) if dtype is None else dtype
    values = np.empty((table.num_rows, table.num_columns), kind)
    for j, column in enumerate(table.columns):
        values[:, j] = _cells(column, kind)
    return values


def is_numeric(kind: pa.DataType) -> bool:
    """Whether cells of an Arrow type can be read as numbers.

    Parameters
    ----------
    kind
        The type of a column.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice.data.columns import is_numeric
    >>> is_numeric(pa.int8()), is_numeric(pa.string())
    (True, False)
    """
    if pa.types.is_dictionary(kind):
        return is_numeric(kind.value_type)
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal, pa.types.is_null)
    return any(test(kind) for test in tests)


def refuse_not_numeric(refused: dict[str, str], where: str) -> None:
    """Raise a ``DataError`` that names the columns that hold no numbers, and how to leave them out.

    Parameters
    ----------
    refused
        For each such column what it holds.
    where
        What the data are called.

    Raises
    ------
    DataError
        If there is any.

    Examples
    --------
    >>> from suffice.data.columns import refuse_not_numeric
    >>> refuse_not_numeric({}, "data.csv")
    """
    if not refused:
        return
    name, what = next(iter(refused.items()))
    named = f"column {name!r} holds {what}"
    if len(refused) > 1:
        named = f"columns {listing(list(refused))} hold no numbers ({name!r}: {what})"
    option = f"--drop {shlex.quote(','.join(refused))}"
    raise DataError(
        f"{where}: {named}, and models read numbers; leave {'it' if len(refused) == 1 else 'them'} out "
        f"with drop={list(refused)!r} ({option})."
    )


def describe_type(kind: pa.DataType) -> str:
    """What a column of an Arrow type that is not numeric holds, in words.

    Parameters
    ----------
    kind
        The type of the column.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice.data.columns import describe_type
    >>> describe_type(pa.date32())
    'dates or times'
    """
    if pa.types.is_dictionary(kind):
        return describe_type(kind.value_type)
    if pa.types.is_temporal(kind):
        return "dates or times"
    return "text" if _is_text(kind) else f"cells of type {kind}"


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in (*tests, pa.types.is_binary, pa.types.is_large_binary))


def _numeric(table: pa.Table, name: str) -> tuple[pa.Table, list[str]]:
    notes, refused = [], {}
    for j, label in enumerate(table.column_names):
        column = table.column(j)
        if is_numeric(column.type):
            continue
        numbers, comma = _from_text(column)
        if numbers is None:
            refused[label] = _describe(column)
            continue
        table = table.set_column(j, label, numbers)
        notes += (
            [f"Column {label!r} has decimal commas: {comma!r} is read as {float(comma.replace(',', '.'))}."]
            if comma
            else []
        )
    refuse_not_numeric(refused, name)
    return table, notes


def _from_text(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray | None, str | None]:
    """Text whose cells are all numbers as numbers, with one cell that has a decimal comma if there is one."""
    cells = _trimmed(column)
    if cells is None:
        return None, None
    if _all(pc.match_substring_regex(cells, _NUMBER)):
        return cells.cast(pa.float64()), None
    commas = cells.drop_null().filter(pc.match_substring(cells.drop_null(), ","))
    if len(commas) == 0 or not _all(pc.match_substring_regex(cells, _DECIMAL_COMMA)):
        return None, None
    return pc.replace_substring(cells, ",", ".").cast(pa.float64()), str(commas[0])


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not _is_text(column.type):
        return None
    try:
        cells = pc.utf8_trim_whitespace(column.cast(pa.string()))
    except pa.ArrowInvalid:
        return None
    return pc.if_else(pc.is_in(cells, pa.array(MISSING)), pa.scalar(None, pa.string()), cells)


def _all(truth: pa.ChunkedArray) -> bool:
    return pc.all(truth).as_py() is not False


def _describe(column: pa.ChunkedArray) -> str:
    cells = _trimmed(column)
    if cells is None:
        return describe_type(column.type)
    row = pc.index(pc.fill_null(pc.match_substring_regex(cells, _NUMBER), True), False).as_py()
    return f"text, such as {cells[row].as_py()!r} in row {row + 1}"


def _shared_type(table: pa.Table | pa.RecordBatch) -> np.dtype:
    kinds = {column.type for column in table.columns}
    missing = any(column.null_count for column in table.columns)
    kind = next(iter(kinds))
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if len(kinds) > 1 or not plain or (missing and not pa.types.is_floating(kind)):
        return np.dtype(np.float64)
    return np.dtype(kind.to_pandas_dtype())


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
