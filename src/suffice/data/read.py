"""Functions that read a table from whatever holds it: one of numbers, or one of numbers and text."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from suffice.data.arff import read_arff
from suffice.data.arrays import read_npy, read_npz, table_from_array
from suffice.data.columns import mixed_from_columns, table_from_columns
from suffice.data.conventions import Conventions, Dates, Missing, conventions
from suffice.data.delimited import read_delimited, read_delimited_columns
from suffice.data.frame import arrow_table, is_frame
from suffice.data.idx import read_idx
from suffice.data.json_rows import read_json
from suffice.data.parquet import read_feather, read_parquet
from suffice.data.pipes import as_file
from suffice.data.recognised import COLUMNAR, kind_of
from suffice.data.several import read_together, several_files
from suffice.data.table import DataError, MixedTable, Table, refuse_duplicates
from suffice.data.workbook import sheet_as_text
from suffice.runtime.types import ArrayLike, TableLike, is_sparse

if TYPE_CHECKING:
    from pandas import DataFrame


def read_table(
    source: PathLike | Sequence[PathLike] | TableLike,
    *,
    header: bool | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    array: str | None = None,
    delimiter: str | None = None,
    target: str | None = None,
    decimal: str | None = None,
    missing_values: Missing | None = None,
    dates: Dates = "aside",
) -> Table:
    """Read rows of numbers from a file, a data frame or an array.

    What a file is, its content says, not its name. In text, the delimiter, a header, decimal commas, a byte-order mark and a
    first column that numbers or names the rows are detected; ``notes`` of the result says what was. Lines of 784 values in
    [0, 1] and a label from 0 to 9 are read as images of 28 x 28 pixels with their labels as target.

    Parameters
    ----------
    source
        Path of a text (CSV, TSV, blanks), npy, npz, IDX or Parquet file or of a folder of Parquet files, text and IDX gzipped
        or not; a pandas or polars data frame, or any table that Arrow knows; an array ``(n,)``, ``(n, D)`` or images
        ``(n, height, width)``; a sparse matrix.
    header
        Whether the first line of a text holds the names of the columns; None to detect it.
    columns
        Columns to keep, in this order; None for all. Columns without names are called ``x0``, ``x1`` and so on.
    drop
        Columns to leave out.
    array
        Which array of an npz archive holds the rows.
    delimiter
        What separates the cells of a text; None to detect it.
    target
        Column, or array of an npz archive, with the label of each row.
    decimal
        Decimal mark, ``.`` or ``,``; None to detect it. The other one then separates thousands.
    missing_values
        Cells that stand for nothing, such as ``[-9, 99]``; or such lists by column. Empty cells, ``NA`` and the like always do.
    dates
        What becomes of columns of dates and times: ``"aside"`` leaves them out, ``"parts"`` makes numbers of them in columns
        such as ``time.hour``, ``"keep"`` keeps them (of ``read_columns``).

    Returns
    -------
    Table
        Its ``values`` keep the type of arrays, and of columns that share one; they are float64 otherwise.

    Raises
    ------
    DataError
        If the source cannot be read as a table of numbers; the message says where and what to do.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from suffice.data import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "eruptions.csv")
    ...     _ = path.write_text("rownames,minutes,waiting\\n1,3.6,79\\n2,1.8,54\\n")
    ...     table = read_table(path)
    >>> table.columns, table.values.tolist()
    (['minutes', 'waiting'], [[3.6, 79.0], [1.8, 54.0]])
    """
    written = conventions(decimal, missing_values, dates)
    many = several_files(source)
    if many is not None:
        return read_together(
            read_table, many, dates, header=header, columns=columns, drop=drop, array=array, delimiter=delimiter,
            target=target, decimal=decimal, missing_values=missing_values,
        )  # fmt: skip
    if not isinstance(source, str | PathLike):
        _refuse_options("memory", header=header, delimiter=delimiter, array=array)
        return _from_memory(cast("TableLike", source), columns, drop, target, written)
    with as_file(Path(source)) as path:
        kind = kind_of(path)
        _refuse_options(kind, header=header, delimiter=delimiter, array=array)
        if kind == "Excel":
            with sheet_as_text(path, array) as text:
                return read_delimited(text, header=header, columns=columns, drop=drop, delimiter=",", target=target,
                                      written=written)  # fmt: skip
        if kind == "text":
            return read_delimited(path, header=header, columns=columns, drop=drop, delimiter=delimiter, target=target,
                                  written=written)  # fmt: skip
        if kind in COLUMNAR:
            found, notes = _columnar(path, kind, columns, drop, target, written, text=False)
            whole = kind == "Parquet" and not (written.parts or missing_values)
            kept, left = (None, None) if whole else (columns, drop)
            return table_from_columns(found, path.name, columns=kept, drop=left, target=target, notes=notes,
                                      written=written)  # fmt: skip
        if kind == "npz":
            values, name, labels = read_npz(path, array, target)
            return table_from_array(values, name, columns=columns, drop=drop, target=labels, written=written)
        values = read_npy(path) if kind == "npy" else read_idx(path)
        return table_from_array(values, path.name, columns=columns, drop=drop, target=target, written=written)


def read_columns(
    source: PathLike | Sequence[PathLike] | TableLike,
    *,
    header: bool | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    array: str | None = None,
    delimiter: str | None = None,
    target: str | None = None,
    row_names: bool = False,
    decimal: str | None = None,
    missing_values: Missing | None = None,
    dates: Dates = "aside",
) -> MixedTable:
    """Read columns of numbers and text, such as names of categories, from a file, a data frame or an array.

    As ``read_table``, but text stays text, without the blanks around it; cells such as ``NA``, ``?`` or empty ones are null. A
    column whose cells are all numbers holds numbers, unless its type says that they are categories. Dates are refused. Give the
    result to ``ColumnEncoder``.

    Parameters
    ----------
    source
        As for ``read_table``.
    header
        Whether the first line of a text holds the names of the columns; None to detect it.
    columns
        Columns to keep, in this order; None for all. Columns without names are called ``x0``, ``x1`` and so on.
    drop
        Columns to leave out.
    array
        Which array of an npz archive holds the rows.
    delimiter
        What separates the cells of a text; None to detect it.
    target
        Column, or array of an npz archive, with the label of each row.
    row_names
        Whether a first column of a text that numbers or names the rows is kept, as it is when it is asked for by name.
    decimal
        Decimal mark, ``.`` or ``,``; None to detect it. The other one then separates thousands.
    missing_values
        Cells that stand for nothing, such as ``[-9, 99]``; or such lists by column. Empty cells, ``NA`` and the like always do.
    dates
        What becomes of columns of dates and times: ``"aside"`` leaves them out, ``"parts"`` makes numbers of them in columns
        such as ``time.hour``, ``"keep"`` keeps them (of ``read_columns``).

    Returns
    -------
    MixedTable
        Its ``values`` is an Arrow table.

    Raises
    ------
    DataError
        If the source cannot be read as a table of numbers and text; the message says where and what to do.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from suffice.data import read_columns
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "penguins.csv")
    ...     _ = path.write_text("species,mass\\nGentoo,5.1\\nAdelie,NA\\n")
    ...     table = read_columns(path)
    >>> table.values.to_pydict()
    {'species': ['Gentoo', 'Adelie'], 'mass': [5.1, None]}
    """
    written = conventions(decimal, missing_values, dates)
    many = several_files(source)
    if many is not None:
        return read_together(
            read_columns, many, dates, header=header, columns=columns, drop=drop, array=array, delimiter=delimiter,
            target=target, row_names=row_names, decimal=decimal, missing_values=missing_values,
        )  # fmt: skip
    if not isinstance(source, str | PathLike):
        _refuse_options("memory", header=header, delimiter=delimiter, array=array)
    if is_frame(source):
        frame = _as_arrow(cast("TableLike", source))
        return mixed_from_columns(frame, "The data frame", columns=columns, drop=drop, target=target, written=written)
    if not isinstance(source, str | PathLike):
        given = {"columns": columns, "drop": drop, "target": target, "missing_values": missing_values}
        return _as_mixed(read_table(source, array=array, **given))
    with as_file(Path(source)) as path:
        kind = kind_of(path)
        _refuse_options(kind, header=header, delimiter=delimiter, array=array)
        if kind == "Excel":
            with sheet_as_text(path, array) as text:
                return read_delimited_columns(text, header=header, columns=columns, drop=drop, delimiter=",",
                                              target=target, row_names=row_names, written=written)  # fmt: skip
        if kind == "text":
            return read_delimited_columns(path, header=header, columns=columns, drop=drop, delimiter=delimiter,
                                          target=target, row_names=row_names, written=written)  # fmt: skip
        if kind in COLUMNAR:
            found, notes = _columnar(path, kind, columns, drop, target, written, text=True)
            whole = kind == "Parquet" and not (written.parts or missing_values)
            kept, left = (None, None) if whole else (columns, drop)
            return mixed_from_columns(found, path.name, columns=kept, drop=left, target=target, notes=notes,
                                      written=written)  # fmt: skip
        table = read_table(path, columns=columns, drop=drop, array=array, target=target, decimal=decimal,
                           missing_values=missing_values)  # fmt: skip
        return _as_mixed(table)


def _as_mixed(table: Table) -> MixedTable:
    cells = [pa.array(column, from_pandas=True) for column in np.ascontiguousarray(table.values.T)]
    return MixedTable(pa.table(cells, table.columns), table.name, table.notes, table.target)


def _columnar(
    path: Path,
    kind: str,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    target: str | None,
    written: Conventions,
    *,
    text: bool,
) -> tuple[pa.Table, list[str]]:
    """Columns of a file that has types of its own, and what was left out of it."""
    if kind == "Parquet" and (written.parts or written.missing):
        return read_parquet(path, text=True, dates=True)
    if kind == "Parquet":
        return read_parquet(path, columns=columns, drop=drop, target=target, text=text, dates=True)
    return {"JSON": read_json, "ARFF": read_arff, "Arrow": read_feather}[kind](path), []


def _refuse_options(kind: str, *, header: bool | None, delimiter: str | None, array: str | None) -> None:
    for option, value, needed in (
        ("header", header, "text"),
        ("delimiter", delimiter, "text"),
        ("array", array, "npz"),
    ):
        if value is not None and kind != needed and not (kind == "Excel" and needed in ("npz", "text")):
            given = "data in memory" if kind == "memory" else f"a file of kind {kind}"
            raise DataError(f"{option}={value!r} is for {needed} files, and the source is {given}; leave it out.")


def _from_memory(
    source: TableLike,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    target: str | None,
    written: Conventions,
) -> Table:
    if not is_frame(source):
        array = source.toarray() if is_sparse(source) else cast("ArrayLike", source)
        return table_from_array(array, "The array", columns=columns, drop=drop, target=target, written=written)
    frame = _as_arrow(source)
    return table_from_columns(frame, "The data frame", columns=columns, drop=drop, target=target, written=written)


def _as_arrow(frame: TableLike) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    names = [str(name) for name in getattr(frame, "columns", ())]
    refuse_duplicates(names, "The data frame")
    if not type(frame).__module__.startswith("pandas"):
        return arrow_table(frame)
    try:
        return pa.Table.from_pandas(cast("DataFrame", frame).set_axis(names, axis=1), preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(
            f"The data frame has a column of mixed objects ({error.args[-1]}); convert it or drop it."
        ) from None
