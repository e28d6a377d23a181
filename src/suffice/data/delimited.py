"""Delimited text (CSV, TSV and the like, gzipped too), its cells read by Arrow."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from suffice.data.columns import matrix, mixed_from_columns, table_from_columns
from suffice.data.conventions import PLAIN, Conventions
from suffice.data.layout import GZIP_ERRORS, Layout, blocks, cells, detect_layout, open_bytes
from suffice.data.numerals import have_decimal_commas, may_be_thousands
from suffice.data.table import DataError, MixedTable, Table
from suffice.data.text_cells import MISSING, is_numeric
from suffice.data.totals import without_totals

ROW_NAMES = {"rownames", "rowname", "row.names", "unnamed: 0", ""}
ROW_NUMBERS = {"index", "id", "row", "nr", "no", "obs"}
PIXELS = 784


def read_delimited(
    path: Path,
    *,
    header: bool | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    delimiter: str | None = None,
    target: str | None = None,
    written: Conventions = PLAIN,
) -> Table:
    """Read a delimited text; see ``read_table``."""
    table, layout = _rows(path, header, delimiter, decimal=written.decimal)
    notes, written = [layout.sentence(), *layout.notes], replace(written, delimiter=layout.delimiter)
    if (columns, drop, target) == (None, None, None) and not layout.header and _is_digits(table):
        notes.append("Images of 28 x 28 pixels, each followed by its label: the label is the target, not a column.")
        return _as_float(table_from_columns(table, path.name, target=f"x{PIXELS}", notes=notes, image_shape=(28, 28)))
    table, said = _without_extras(table, {*(columns or []), *(drop or []), target})
    notes += said
    return _as_float(
        table_from_columns(table, path.name, columns=columns, drop=drop, target=target, notes=notes, written=written)
    )


def read_delimited_columns(
    path: Path,
    *,
    header: bool | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    delimiter: str | None = None,
    target: str | None = None,
    row_names: bool = False,
    written: Conventions = PLAIN,
) -> MixedTable:
    """Read numbers and text of a delimited text; see ``read_columns``."""
    table, layout = _rows(path, header, delimiter, dates_as_text=written.dates == "keep", decimal=written.decimal)
    asked = {*(columns or []), *(drop or []), target, *(table.column_names[:1] if row_names else [])}
    table, said = _without_extras(table, asked)
    notes, written = [layout.sentence(), *layout.notes, *said], replace(written, delimiter=layout.delimiter)
    return mixed_from_columns(table, path.name, columns=columns, drop=drop, target=target, notes=notes, written=written)


def read_cells(
    path: Path, *, header: bool | None = None, delimiter: str | None = None, known: Collection[str] = ()
) -> MixedTable:
    """Cells of a delimited text as they stand, as text; only empty ones are null.

    A first column that numbers or names the rows is left out, unless its name is among those ``known``.
    """
    table, layout = _rows(path, header, delimiter, as_text=True)
    first, notes = table.column_names[0], [layout.sentence(), *layout.notes]
    if first.lower() in ROW_NAMES | ROW_NUMBERS and first not in known and table.num_columns > 1:
        table, notes = (
            table.drop_columns(first),
            [*notes, f"The first column {first!r} names the rows and is left out."],
        )
    return MixedTable(table, path.name, notes)


def _rows(
    path: Path,
    header: bool | None,
    delimiter: str | None,
    as_text: bool = False,
    dates_as_text: bool = False,
    decimal: str | None = None,
) -> tuple[pa.Table, Layout]:
    try:
        layout = detect_layout(path, header, delimiter)
        texts = layout.names if as_text else _perhaps_thousands(layout, decimal)
        table = _parse(path, layout, texts, as_text)
        dates = [field.name for field in table.schema if pa.types.is_temporal(field.type)] if dates_as_text else []
        if dates:
            table = _parse(path, layout, [*texts, *dates], as_text)
    except GZIP_ERRORS as error:
        raise DataError(
            f"{path.name} is a damaged or incomplete gzip file ({error}); fetch or write it again."
        ) from None
    if table.num_rows == 0:
        raise DataError(f"{path.name} has column names but no rows; at least one row is needed.")
    return table, layout


def _perhaps_thousands(layout: Layout, decimal: str | None) -> list[str]:
    """Columns whose points may separate thousands, in a text that may be written with decimal commas."""
    columns = [
        [row[j] for row in layout.first_rows if j < len(row) and row[j] not in MISSING]
        for j in range(len(layout.names))
    ]
    if layout.delimiter not in (";", "\t", "|") and decimal != "," and not any(map(have_decimal_commas, columns)):
        return []
    return [name for name, column in zip(layout.names, columns, strict=True) if may_be_thousands(column)]


def _without_extras(table: pa.Table, asked: set[str | None]) -> tuple[pa.Table, list[str]]:
    notes = []
    for leave_out in (_without_last_empty, without_row_names):
        table, said = leave_out(table, asked)
        notes += said
    table, said = without_totals(table)
    return table, [*notes, *said]


def _parse(path: Path, layout: Layout, texts: Sequence[str], as_text: bool) -> pa.Table:
    one = len(layout.names) == 1
    read = arrow_csv.ReadOptions(
        column_names=layout.names, skip_rows=layout.lines, block_size=max(1 << 22, 64 * len(layout.names))
    )
    parse = arrow_csv.ParseOptions(
        delimiter="," if layout.delimiter == " " else layout.delimiter,
        ignore_empty_lines=not one,
        newlines_in_values=layout.quoted,
    )
    convert = arrow_csv.ConvertOptions(
        null_values=[""] if as_text else MISSING, strings_can_be_null=True,
        column_types=dict.fromkeys(texts, pa.string()),
    )  # fmt: skip
    try:
        with _source(path, layout) as source:
            table = arrow_csv.read_csv(source, read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return pa.table({name: pa.array([], pa.null()) for name in layout.names})
        raise _located(path, layout, error) from None
    return _without_last_lines(table) if one else table


def _source(path: Path, layout: Layout) -> pa.NativeFile:
    """The text in UTF-8 as an Arrow file: Arrow's threads can hang or abort at exit after reading a Python file."""
    with open_bytes(path) as stream:
        if isinstance(stream, io.BufferedReader) and layout.encoding.startswith("utf-8") and layout.delimiter != " ":
            return pa.OSFile(str(path))
        if layout.delimiter != " ":
            whole = b"".join(blocks(path))
            return pa.BufferReader(
                whole if layout.encoding == "utf-8" else whole.decode(layout.encoding, errors="replace").encode()
            )
        text = io.StringIO(newline="")
        with io.TextIOWrapper(stream, layout.encoding, errors="replace") as lines:
            csv.writer(text, lineterminator="\n").writerows(cells(lines, " "))
        return pa.BufferReader(text.getvalue().encode())


def _located(path: Path, layout: Layout, error: Exception) -> DataError:
    """The first line with another number of cells than there are columns."""
    expected = len(layout.names)
    with open_bytes(path) as stream, io.TextIOWrapper(stream, layout.encoding, errors="replace", newline="") as text:
        reader = cells(text, layout.delimiter)
        for row in reader:
            if row and reader.line_num > layout.lines and len(row) != expected:
                return DataError(
                    f"{path.name}: line {reader.line_num} has {len(row)} cell{'s' * (len(row) != 1)} where {expected} are "
                    "expected; correct that line, or name the character between cells with delimiter= (--delimiter)."
                )
    return DataError(f"{path.name} cannot be read as a table: {error}")


def _without_last_lines(table: pa.Table) -> pa.Table:
    filled = pc.indices_nonzero(pc.is_valid(table.column(0)))
    return table.slice(0, filled[-1].as_py() + 1 if len(filled) else 0)


def _without_last_empty(table: pa.Table, asked: set[str | None]) -> tuple[pa.Table, list[str]]:
    """Lines that all end with a delimiter have a last column without name and cells."""
    last = table.column_names[-1]
    if last != f"x{table.num_columns - 1}" or last in asked or table.column(last).null_count < table.num_rows:
        return table, []
    return table.drop_columns(last), ["Every line ends with a delimiter: the empty last column is left out."]


def without_row_names(table: pa.Table, asked: set[str | None]) -> tuple[pa.Table, list[str]]:
    """A table without its first column, where that numbers or names the rows and is not among those asked for."""
    name = table.column_names[0]
    if name in asked or table.num_columns == 1 or not _names_rows(name.lower(), table.column(0)):
        return table, []
    note = f"The first column {name!r} numbers or names the rows and is left out; name it in columns= (--columns) to keep it."
    return table.drop_columns(name), [note]


def _names_rows(name: str, column: pa.ChunkedArray) -> bool:
    if name not in ROW_NAMES | ROW_NUMBERS or column.null_count:
        return False
    if not pa.types.is_integer(column.type):
        return name in ROW_NAMES and not is_numeric(column.type)
    numbers = column.to_numpy()
    consecutive = numbers[0] in (0, 1) and bool(np.all(np.diff(numbers) == 1))
    return consecutive or (name in ROW_NAMES and len(np.unique(numbers)) == len(numbers))


def _is_digits(table: pa.Table) -> bool:
    """Whether rows are 784 values in [0, 1] and then a whole number from 0 to 9."""
    if table.num_columns != PIXELS + 1 or not pa.types.is_integer(table.column(PIXELS).type):
        return False
    if not all(is_numeric(column.type) and column.null_count == 0 for column in table.columns):
        return False
    values = matrix(table)
    pixels, labels = values[:, :PIXELS], values[:, PIXELS]
    return bool(pixels.min() >= 0 and pixels.max() <= 1 and labels.min() >= 0 and labels.max() <= 9)


def _as_float(table: Table) -> Table:
    values = table.values.astype(np.float64, copy=False)
    return Table(values, table.columns, table.name, table.notes, table.image_shape, table.target)
