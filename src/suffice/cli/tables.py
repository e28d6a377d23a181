"""CSV files the command line writes, each complete or absent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from suffice.report import Assigned


class AssignmentWriter:
    """Appends blocks of assigned rows to an open CSV file."""

    header = "row,component,probability,log_likelihood\n"

    def __init__(self, file: Any) -> None:
        self.file, self.next_row = file, 0
        file.write(self.header.encode())

    def __call__(self, block: Assigned) -> None:
        rows = np.arange(self.next_row, self.next_row + len(block.rows))
        self.next_row += len(block.rows)
        write_columns(self.file, [rows, block.component, block.probability, block.log_likelihood])


class CodeWriter:
    """Appends the log-likelihood and the posterior mean of the latent variables of blocks of rows to an open CSV file."""

    def __init__(self, file: Any, estimator: Any) -> None:
        self.file, self.estimator, self.next_row = file, estimator, 0
        names = [f"component{j}" for j in range(estimator.loadings_.shape[1])]
        file.write((",".join(["row", "log_likelihood", *names]) + "\n").encode())

    def __call__(self, block: Assigned) -> None:
        rows = np.arange(self.next_row, self.next_row + len(block.rows))
        self.next_row += len(block.rows)
        write_columns(self.file, [rows, block.log_likelihood, *self.estimator.transform(block.rows).T])


def row_writer(file: Any, estimator: Any) -> Any:
    """What writes of each row what a fitted estimator says of it."""
    return CodeWriter(file, estimator) if hasattr(estimator, "loadings_") else AssignmentWriter(file)


def write_columns(file: Any, columns: Sequence[Any], header: Sequence[str] | None = None) -> None:
    """Append columns of equal length to an open binary file as lines of CSV, under a line of names if given."""
    import pyarrow

    names = [str(j) for j in range(len(columns))] if header is None else list(header)
    table = pyarrow.Table.from_arrays([pyarrow.array(column) for column in columns], names=names)
    append_table(file, table, header is not None)


def append_table(file: Any, table: Any, header: bool) -> None:
    """Append an Arrow table to an open binary file as lines of CSV, under a line of its names if ``header``."""
    from pyarrow import csv

    csv.write_csv(table, file, csv.WriteOptions(include_header=header, quoting_style="needed"))


def write_trace(path: Path, traces: Sequence[Any]) -> None:
    """Write the log-likelihood of every restart and iteration; iteration 0 is the start."""
    with replacing(path) as file:
        file.write(b"restart,iteration,log_likelihood\n")
        for restart, trace in enumerate(traces):
            values = np.asarray(trace, dtype=float)
            write_columns(file, [np.full(len(values), restart), np.arange(len(values)), values])


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
