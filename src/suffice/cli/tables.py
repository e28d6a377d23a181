"""CSV files the command line writes, each complete or absent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow as pa

    from suffice.cli.source import Source
    from suffice.report.story import Story
    from suffice.selection.result import Selection


SELECTION, TRACE = "selection.csv", "trace.csv"


class RowWriter:
    """Appends what is said of blocks of rows to an open CSV file, the rows numbered from 0 in a first column."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.next_row = file, 0

    def __call__(self, columns: Mapping[str, Any]) -> None:
        import numpy as np

        begin = self.next_row
        self.next_row += len(next(iter(columns.values())))
        numbers = np.arange(begin, self.next_row)
        write_columns(self.file, [numbers, *columns.values()], None if begin else ["row", *columns])


def write_columns(file: BinaryIO, columns: Sequence[Any], header: Sequence[str] | None = None) -> None:
    """Append columns of equal length to an open binary file as lines of CSV, under a line of names if given."""
    import pyarrow

    names = [str(j) for j in range(len(columns))] if header is None else list(header)
    table = pyarrow.Table.from_arrays([pyarrow.array(column) for column in columns], names=names)
    append_table(file, table, header is not None)


def write_tables(folder: Path, teller: Story, source: Source, selection: Selection | None) -> Any:
    """Write the selection, the trace, and in one pass what a model's story tells of each row; that is returned."""
    from suffice.report.story import seen

    for name, columns in ((SELECTION, {} if selection is None else selection.table), (TRACE, teller.trace())):
        if columns:
            with (folder / name).open("wb") as file:
                write_columns(file, list(columns.values()), list(columns))
    if teller.rows_file is None:
        return seen(source.rows)
    with (folder / teller.rows_file).open("wb") as file:
        return teller.tell(source.rows, source.weight, RowWriter(file))


def append_table(file: BinaryIO, table: pa.Table, header: bool) -> None:
    """Append an Arrow table to an open binary file as lines of CSV, under a line of its names if ``header``."""
    from pyarrow import csv

    csv.write_csv(table, file, csv.WriteOptions(include_header=header, quoting_style="needed"))


@contextmanager
def replacing(path: Path) -> Iterator[Any]:
    """An open binary file that takes the place of ``path`` when the block ends well."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file to write.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to write {path.name} to.")
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
