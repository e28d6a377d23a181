"""Functions that read a table from whatever holds it: one of numbers, or one of numbers and text."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from suffice.data.arrays import read_npy, read_npz, table_from_array
from suffice.data.columns import mixed_from_columns, table_from_columns
from suffice.data.delimited import read_delimited, read_delimited_columns
from suffice.data.frame import arrow_table
from suffice.data.idx import is_idx, read_idx
from suffice.data.layout import GZIP_ERRORS, open_bytes
from suffice.data.parquet import read_parquet
from suffice.data.table import DataError, MixedTable, Table, refuse_duplicates
from suffice.runtime.types import ArrayLike, TableLike, is_sparse

if TYPE_CHECKING:
    from pandas import DataFrame

_FOREIGN = {
    b"\x80\x04": "a pickle, which is never read because reading one can run any program",
    b"\x80\x05": "a pickle, which is never read because reading one can run any program",
    b"\x89HDF": "HDF5",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BM": "a picture",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\xd0\xcf\x11\xe0": "a workbook",
}


def read_table(
    source: PathLike | Sequence[PathLike] | TableLike,
    *,
    header: bool | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    array: str | None = None,
    delimiter: str | None = None,
    target: str | None = None,
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
    path = Path(source) if isinstance(source, str | PathLike) else None
    kind = "memory" if path is None else _kind(path)
    _refuse_options(kind, header=header, delimiter=delimiter, array=array)
    if path is None:
        return _from_memory(cast("TableLike", source), columns, drop, target)
    if kind == "text":
        return read_delimited(path, header=header, columns=columns, drop=drop, delimiter=delimiter, target=target)
    if kind == "Parquet":
        columns_read, notes = read_parquet(path, columns=columns, drop=drop, target=target)
        return table_from_columns(columns_read, path.name, target=target, notes=notes)
    if kind == "npz":
        values, name, labels = read_npz(path, array, target)
        return table_from_array(values, name, columns=columns, drop=drop, target=labels)
    values = read_npy(path) if kind == "npy" else read_idx(path)
    return table_from_array(values, path.name, columns=columns, drop=drop, target=target)


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
    path = Path(source) if isinstance(source, str | PathLike) else None
    kind = "memory" if path is None else _kind(path)
    _refuse_options(kind, header=header, delimiter=delimiter, array=array)
    if path is None and _is_frame(source):
        return mixed_from_columns(
            _as_arrow(cast("TableLike", source)), "The data frame", columns=columns, drop=drop, target=target
        )
    if path is not None and kind == "text":
        return read_delimited_columns(
            path, header=header, columns=columns, drop=drop, delimiter=delimiter, target=target, row_names=row_names
        )
    if path is not None and kind == "Parquet":
        columns_read, notes = read_parquet(path, columns=columns, drop=drop, target=target, text=True)
        return mixed_from_columns(columns_read, path.name, target=target, notes=notes)
    table = read_table(source, columns=columns, drop=drop, array=array, target=target)
    cells = [pa.array(column, from_pandas=True) for column in np.ascontiguousarray(table.values.T)]
    return MixedTable(pa.table(cells, table.columns), table.name, table.notes, table.target)


def is_delimited(path: Path) -> bool:
    """Whether a file holds delimited text."""
    return _kind(path) == "text"


def _kind(path: Path) -> str:
    """Text, Parquet, npz, npy or IDX, by the first bytes."""
    if path.is_dir():
        return "Parquet"
    start = _start(path)
    foreign = [what for mark, what in _FOREIGN.items() if start.startswith(mark)]
    if foreign and not _is_text_start(start):
        raise DataError(
            f"{path.name} is {foreign[0]}. Text, Parquet, npy, npz and IDX files are read; convert it to one."
        )
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "npz"
    if is_idx(start) or path.name.removesuffix(".gz").endswith(("-ubyte", ".idx")):
        return "IDX"
    marks = {b"PAR1": "Parquet", b"\x93NUMPY": "npy"}
    marked = [kind for mark, kind in marks.items() if start.startswith(mark)]
    named = {".parquet": "Parquet", ".npy": "npy", ".npz": "npz"}
    return marked[0] if marked else named.get(path.suffix, "text")


def _start(path: Path) -> bytes:
    try:
        with open_bytes(path) as stream:
            return stream.read(8)
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (OSError, *GZIP_ERRORS) as error:
        raise DataError(f"{path} cannot be read ({error}).") from None


def _is_text_start(start: bytes) -> bool:
    return start.isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in start)


def _refuse_options(kind: str, *, header: bool | None, delimiter: str | None, array: str | None) -> None:
    for option, value, needed in (
        ("header", header, "text"),
        ("delimiter", delimiter, "text"),
        ("array", array, "npz"),
    ):
        if value is not None and kind != needed:
            given = "data in memory" if kind == "memory" else f"a file of kind {kind}"
            raise DataError(f"{option}={value!r} is for {needed} files, and the source is {given}; leave it out.")


def _from_memory(
    source: TableLike, columns: Sequence[str] | None, drop: Sequence[str] | None, target: str | None
) -> Table:
    if not _is_frame(source):
        array = source.toarray() if is_sparse(source) else cast("ArrayLike", source)
        return table_from_array(array, "The array", columns=columns, drop=drop, target=target)
    return table_from_columns(_as_arrow(source), "The data frame", columns=columns, drop=drop, target=target)


def _is_frame(source: PathLike | Sequence[PathLike] | TableLike) -> bool:
    return isinstance(source, pa.Table) or hasattr(source, "__arrow_c_stream__")


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
