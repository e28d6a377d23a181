"""Delimited text (CSV, TSV and the like) as a stream of batches in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from suffice.data.columns import matrix, refuse_not_numeric
from suffice.data.delimited import without_row_names
from suffice.data.layout import Layout, detect_layout
from suffice.data.recognised import is_delimited
from suffice.data.table import DataError, listing, select_columns
from suffice.data.text_cells import MISSING, describe_type, is_numeric

BLOCK_BYTES = 1 << 22


@dataclass(frozen=True, eq=False)
class DelimitedRows:
    """Rows of delimited texts in batches; every ``iter`` starts over, and one batch at a time is in memory.

    What a column holds is what its first cells hold, some 4 MB of text: a cell further down that is no number where these are
    is refused with its line. ``notes`` are sentences about what was left out.
    """

    paths: tuple[Path, ...]
    layouts: tuple[Layout, ...]
    kinds: dict[str, pa.DataType]
    columns: list[str]
    notes: list[str] = field(default_factory=list)
    text: bool = False

    @property
    def n_features(self) -> int:
        """Number of columns D."""
        return len(self.columns)

    def __iter__(self) -> Iterator[Any]:
        """Batches ``(rows, D)``, missing cells NaN; or Arrow tables."""
        for path, layout in zip(self.paths, self.layouts, strict=True):
            for batch in _batches(path, layout, self.kinds):
                rows = batch.select(self.columns)
                if rows.num_rows:
                    yield pa.table(rows) if self.text else matrix(rows, np.dtype(np.float64))

    def parts(self) -> list[Callable[[], Any]]:
        """What gives all rows of each file."""
        return [partial(_whole, replace(self, paths=(path,), layouts=(layout,)))
                for path, layout in zip(self.paths, self.layouts, strict=True)]  # fmt: skip


def stream_delimited(
    paths: Sequence[Path],
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    text: bool = False,
) -> DelimitedRows:
    """Rows of delimited texts with the same columns, in the order of the files."""
    layouts = tuple(detect_layout(path, header, delimiter) for path in paths)
    _refuse_others(paths, layouts)
    first = next(iter(_batches(paths[0], layouts[0], {})), None)
    if first is None or not first.num_rows:
        raise DataError(f"{paths[0].name} has column names but no rows; at least one row is needed.")
    table, said = without_row_names(pa.table(first), {*(columns or []), *(drop or [])})
    kinds = {name: _kind(table.schema.field(name).type) for name in table.column_names}
    chosen = select_columns(table.column_names, columns=columns, drop=drop, target=None, where=paths[0].name)
    if not text:
        words = {name: describe_type(kinds[name]) for name in chosen if not is_numeric(kinds[name])}
        refuse_not_numeric(words, paths[0].name)
    return DelimitedRows(tuple(paths), layouts, kinds, list(chosen), [layouts[0].sentence(), *said], text)


def delimited_files(path: Path) -> list[Path]:
    """The delimited texts that a path names: itself, or all *.csv and *.tsv in the folder by name; else none."""
    if not path.is_dir():
        return [path] if is_delimited(path) else []
    return sorted(file for file in path.iterdir() if file.suffix in (".csv", ".tsv") and file.is_file())


def _whole(rows: DelimitedRows) -> Any:
    batches = list(rows)
    if not batches:
        raise DataError(f"{rows.paths[0].name} has column names but no rows; leave it out.")
    return pa.concat_tables(batches) if rows.text else np.concatenate(batches)


def _kind(kind: pa.DataType) -> pa.DataType:
    return pa.float64() if is_numeric(kind) or pa.types.is_null(kind) else pa.string()


def _batches(path: Path, layout: Layout, kinds: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    if layout.delimiter == " " or not layout.encoding.startswith("utf-8"):
        raise DataError(
            f"{path.name} is laid out by blanks or is not in UTF-8; such texts are read as a whole: use --in-memory."
        )
    read = arrow_csv.ReadOptions(column_names=layout.names, skip_rows=layout.lines, block_size=BLOCK_BYTES)
    parse = arrow_csv.ParseOptions(
        delimiter=layout.delimiter, ignore_empty_lines=len(layout.names) > 1, newlines_in_values=layout.quoted
    )
    convert = arrow_csv.ConvertOptions(null_values=MISSING, strings_can_be_null=True, column_types=kinds)
    try:
        with arrow_csv.open_csv(str(path), read_options=read, parse_options=parse, convert_options=convert) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        raise DataError(
            f"{path.name} cannot be read in batches ({str(error).splitlines()[0]}): correct the line, or read the table as a "
            "whole with --in-memory."
        ) from None


def _refuse_others(paths: Sequence[Path], layouts: Sequence[Layout]) -> None:
    for path, layout in zip(paths[1:], layouts[1:], strict=True):
        if layout.names != layouts[0].names:
            raise DataError(
                f"{path.name} has the columns {listing(layout.names)}, unlike {paths[0].name}, which has "
                f"{listing(layouts[0].names)}; files read together need the same columns."
            )
