"""Parquet files and folders of them, at once or as a stream of batches in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import feather, parquet

from suffice.data.columns import matrix, refuse_not_numeric
from suffice.data.table import DataError, listing, select_columns
from suffice.data.text_cells import describe_type, is_numeric

_READ_BUFFER = 1 << 16


@dataclass(frozen=True, eq=False)
class ParquetRows:
    """Rows of Parquet files in batches; every ``iter`` starts over, and one batch at a time is in memory.

    Parameters
    ----------
    paths
        The files, in the order in which they are read.
    columns
        Names of the columns that are read.
    n_rows
        Number of rows in all files.
    dtype
        Type of the batches: float32 if all columns of all files are, else float64.
    batch_size
        Largest number of rows in a batch.
    notes
        Sentences about what was left out.
    text
        Whether batches are Arrow tables, whose columns may hold text, rather than arrays.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pyarrow as pa
    >>> from pyarrow import feather, parquet
    >>> from suffice.data import stream_parquet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.parquet")
    ...     parquet.write_table(pa.table({"a": [1.0, 2.0, 3.0]}), path)
    ...     rows = stream_parquet(path, batch_size=2)
    ...     [batch.shape for batch in rows], rows.n_rows
    ([(2, 1), (1, 1)], 3)
    """

    paths: tuple[Path, ...]
    columns: list[str]
    n_rows: int
    dtype: np.dtype
    batch_size: int
    notes: list[str] = field(default_factory=list)
    text: bool = False

    @property
    def n_features(self) -> int:
        """Number of columns D."""
        return len(self.columns)

    def __iter__(self) -> Iterator[Any]:
        """Batches ``(at most batch_size, D)``, missing cells NaN; or Arrow tables of so many rows."""
        for path in self.paths:
            yield from self._batches(path)

    def _batches(self, path: Path) -> Iterator[Any]:
        try:
            with _open(path) as file:
                if not self.text:
                    _refuse_text(file.schema_arrow, self.columns, path.name)
                for batch in file.iter_batches(self.batch_size, columns=self.columns, use_threads=False):
                    rows = batch.select(self.columns)
                    yield pa.table(rows).replace_schema_metadata(None) if self.text else matrix(rows, self.dtype)
        except (OSError, pa.ArrowInvalid, KeyError) as error:
            raise DataError(f"{path.name} is a damaged or incomplete Parquet file ({_short(error)}).") from None


def stream_parquet(
    path: str | Path | Sequence[str | Path],
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    batch_size: int = 65536,
    text: bool = False,
) -> ParquetRows:
    """Rows of a Parquet file, or of all Parquet files in a folder, in batches.

    Files of a folder are read in the order of their names, those in folders within it included, but none whose name or folder
    begins with ``.`` or ``_``; an index that pandas stored and values that are written only in folder names (``year=2020``)
    are not read.

    Parameters
    ----------
    path
        The file or folder, or a list of files, read in its order.
    columns
        Columns to keep; None for all.
    drop
        Columns to leave out.
    batch_size
        Largest number of rows in a batch.
    text
        Whether columns may hold text: batches are then Arrow tables, as mixtures of labels take them.

    Raises
    ------
    DataError
        If a file is damaged, has other columns than the first one, or, without ``text``, a column holds no numbers.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pyarrow as pa
    >>> from pyarrow import feather, parquet
    >>> from suffice.data import stream_parquet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.parquet")
    ...     parquet.write_table(pa.table({"a": [1.0, 2.0], "b": ["u", "v"]}), path)
    ...     [batch.tolist() for batch in stream_parquet(path, drop=["b"])]
    [[[1.0], [2.0]]]
    """
    if batch_size < 1:
        raise DataError(f"batch_size={batch_size}: give at least 1 row a batch.")
    plan = _plan(path, columns, drop, None)
    if not text:
        _refuse_text_in_any(plan)
    single = all(pa.types.is_float32(schema.field(name).type) for schema in plan.schemas for name in plan.columns)
    dtype = np.dtype(np.float32 if single else np.float64)
    return ParquetRows(tuple(plan.paths), plan.columns, plan.n_rows, dtype, batch_size, plan.notes, text)


def read_parquet(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    target: str | None = None,
    text: bool = False,
    dates: bool = False,
) -> tuple[pa.Table, list[str]]:
    """The columns of a Parquet file or of a folder of them, the target last, and what was left out; see ``read_table``."""
    plan = _plan(path, columns, drop, target)
    if not text:
        _refuse_text_in_any(plan, dates)
    wanted = [*plan.columns, *([] if target is None else [target])]
    tables = [_read(file, wanted) for file in plan.paths]
    try:
        return pa.concat_tables(tables, promote_options="permissive"), plan.notes
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(f"The files of {path.name} do not fit together ({_short(error)}).") from None


def read_feather(path: Path) -> pa.Table:
    """The columns of a file in the format of Arrow, also called Feather."""
    try:
        return _whole(feather.read_table(path, memory_map=False))
    except (OSError, pa.ArrowException, MemoryError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} is a damaged or incomplete Arrow file ({_short(error)}).") from None


def parquet_names(path: Path) -> list[str]:
    """Names of the columns of a Parquet file or of the first of a folder."""
    return _schema(parquet_files(path)[0])[0].names


def parquet_files(path: Path) -> list[Path]:
    """The Parquet files that a path names: itself, or all in the folder by name."""
    if not path.is_dir():
        return [path]
    found = sorted(
        file for file in path.rglob("*.parquet") if file.is_file() and not _is_hidden(file.relative_to(path))
    )
    if not found:
        raise DataError(f"The folder {path} holds no file *.parquet; name a file, or a folder of Parquet files.")
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


class _Plan(NamedTuple):
    """Which files and columns to read, checked on what the files say of themselves."""

    paths: list[Path]
    schemas: list[pa.Schema]
    n_rows: int
    columns: list[str]
    notes: list[str]


def _plan(
    path: str | Path | Sequence[str | Path],
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    target: str | None,
) -> _Plan:
    paths, where = _found(path)
    schemas, counts = map(list, zip(*map(_schema, paths), strict=True))
    index = [name for name in _stored_index(schemas[0]) if name not in (columns or []) and name != target]
    names = [name for name in schemas[0].names if name not in index]
    chosen = select_columns(names, columns=columns, drop=drop, target=target, where=where)
    for file, schema in zip(paths, schemas, strict=True):
        _refuse_other_columns(schemas[0], schema, paths[0].name, file.name)
    if sum(counts) == 0:
        raise DataError(f"{where} has columns but no rows; at least one row is needed.")
    note = f"The index {listing(index)} that pandas stored is left out; name it in columns= (--columns) to keep it."
    return _Plan(paths, schemas, sum(counts), chosen, [note] * bool(index))


def _found(path: str | Path | Sequence[str | Path]) -> tuple[list[Path], str]:
    """Files, and what a sentence calls them."""
    if isinstance(path, str | Path):
        return parquet_files(Path(path)), Path(path).name
    if not path:
        raise DataError("No file was named; at least one is needed.")
    paths = [file for one in path for file in parquet_files(Path(one))]
    return paths, paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"


def _open(path: Path) -> parquet.ParquetFile:
    return parquet.ParquetFile(path, buffer_size=_READ_BUFFER, pre_buffer=False)


def _whole(table: pa.Table) -> pa.Table:
    """The table, once its names are known to be text, and its cells to lie where they are said to."""
    table.validate(full=True)
    return table.rename_columns(table.column_names)


def _schema(path: Path) -> tuple[pa.Schema, int]:
    try:
        with _open(path) as file:
            schema = file.schema_arrow
            listing(schema.names)  # which are text, or an error
            return schema, file.metadata.num_rows
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (OSError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} is not a complete Parquet file ({_short(error)}).") from None


def _read(path: Path, names: list[str]) -> pa.Table:
    try:
        with _open(path) as file:
            return _whole(file.read(columns=names).select(names).replace_schema_metadata(None))
    except (OSError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} is a damaged or incomplete Parquet file ({_short(error)}).") from None


def _refuse_other_columns(first: pa.Schema, schema: pa.Schema, first_name: str, name: str) -> None:
    missing = [column for column in first.names if column not in schema.names]
    added = [column for column in schema.names if column not in first.names]
    if not missing and not added:
        return
    what = f"has no column {listing(missing)}" if missing else f"has the column {listing(added)} besides"
    raise DataError(f"{name} {what}, unlike {first_name}; all files of a folder need the same columns.")


def _refuse_text_in_any(plan: _Plan, dates: bool = False) -> None:
    for file, schema in zip(plan.paths, plan.schemas, strict=True):
        _refuse_text(schema, plan.columns, file.name, dates)


def _refuse_text(schema: pa.Schema, columns: list[str], name: str, dates: bool = False) -> None:
    """Refuse columns that hold no numbers, nor dates where these may be."""
    kinds: dict[str, Any] = {column: schema.field(column).type for column in columns}
    kinds = {column: kind for column, kind in kinds.items() if not (dates and pa.types.is_temporal(kind))}
    refuse_not_numeric({column: describe_type(kind) for column, kind in kinds.items() if not is_numeric(kind)}, name)


def _stored_index(schema: pa.Schema) -> list[str]:
    """Columns that pandas wrote for the index of a frame."""
    stored = (schema.metadata or {}).get(b"pandas")
    try:
        told = [] if stored is None else json.loads(stored)["index_columns"]
    except (
        ValueError,
        KeyError,
        TypeError,
    ):  # what is told of an index is damaged, and the columns are whole without it
        return []
    return [name for name in told if isinstance(name, str)]


def _short(error: Exception) -> str:
    return str(error).split("\n")[0].rstrip(".")
