"""CSV files the command line writes, each complete or absent."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.cli.partial import part_of
from suffice.files import FileError

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow as pa

    from suffice.cli.source import Source
    from suffice.report.story import Story
    from suffice.selection.result import Selection


NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
"""Errors of the system that say that a disk is full, or that a file is as large as it may be."""
SELECTION, TRACE, ERRORS = "selection.csv", "trace.csv", "standard_errors.csv"


class RowWriter:
    """Appends what is said of blocks of rows to an open CSV file, under numbers from 0 and columns that are kept."""

    def __init__(self, file: BinaryIO, kept: pa.Table | None = None) -> None:
        self.file, self.kept, self.next_row = file, kept, 0

    def __call__(self, columns: Mapping[str, Any]) -> None:
        import numpy as np

        begin = self.next_row
        self.next_row += len(next(iter(columns.values())))
        own = {} if self.kept is None else dict(zip(self.kept.column_names, self.kept.columns, strict=True))
        twice = sorted({"row", *columns} & own.keys())
        if twice:
            raise ValueError(
                f"--keep {','.join(twice)} has the name of a column that is written: rename it in the file."
            )
        rows = {name: cells.slice(begin, self.next_row - begin) for name, cells in own.items()}
        given = {"row": np.arange(begin, self.next_row), **rows, **columns}
        write_columns(self.file, list(given.values()), None if begin else list(given))


def write_columns(file: BinaryIO, columns: Sequence[Any], header: Sequence[str] | None = None) -> None:
    """Append columns of equal length to an open binary file as lines of CSV, under a line of names if given."""
    import pyarrow

    names = [str(j) for j in range(len(columns))] if header is None else list(header)
    cells = [column if isinstance(column, pyarrow.ChunkedArray) else pyarrow.array(column) for column in columns]
    table = pyarrow.Table.from_arrays(cells, names=names)
    append_table(file, table, header is not None)


def write_tables(folder: Path, teller: Story, selection: Selection | None) -> None:
    """Write the selection and the trace of a fit."""
    for name, columns in ((SELECTION, {} if selection is None else selection.table), (TRACE, teller.trace())):
        if columns:
            with (folder / name).open("wb") as file:
                write_columns(file, list(columns.values()), list(columns))


def write_errors(folder: Path, estimator: Any, source: Source, method: str) -> Any:
    """Write standard errors and intervals of the parameters; they are returned."""
    from sklearn.base import is_classifier

    from suffice.report.uncertain import estimates

    known = source.target if is_classifier(estimator) else None
    found = estimates(estimator, source.rows, source.weight, method, source.columns, known, source.covariates)
    with (folder / ERRORS).open("wb") as file:
        write_columns(file, list(found.columns().values()), list(found.columns()))
    return found


def write_rows(folder: Path, teller: Story, source: Source) -> Any:
    """Write in one pass what a model's story tells of each row; that is returned."""
    from suffice.report.story import seen

    if teller.rows_file is None:
        return seen(source.rows)
    path = folder / teller.rows_file
    try:
        with path.open("wb") as file:
            given = {} if source.covariates is None else {"covariates": source.covariates}
            return teller.tell(source.rows, source.weight, RowWriter(file), **given)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def append_table(file: BinaryIO, table: pa.Table, header: bool) -> None:
    """Append an Arrow table to an open binary file as lines of CSV, under a line of its names if ``header``."""
    from pyarrow import csv

    csv.write_csv(table, file, csv.WriteOptions(include_header=header, quoting_style="needed"))


@contextmanager
def replacing(path: Path) -> Iterator[Any]:
    """An open binary file that takes the place of ``path`` when the block ends well."""
    place = Path(os.path.realpath(path))
    part = part_of(place)
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, place)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise FileError(
            f"{path} cannot be written ({os.strerror(error.errno)}); nothing that was there is changed."
        ) from None
    finally:
        part.unlink(missing_ok=True)
