"""Parquet files in parts that can be read apart: row groups of one file, as many as make a part worth a task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from suffice.data.columns import matrix
from suffice.data.parquet import ParquetRows
from suffice.data.table import DataError

PART_CELLS = 1 << 22
"""Cells of a part, 32 MB of them: a part ends with the row group that reaches them."""


@dataclass(frozen=True)
class ParquetPart:
    """Some row groups of a file; called, it gives their rows, as the batches of ``rows`` are."""

    rows: ParquetRows
    path: Path
    groups: tuple[int, ...]

    def __call__(self) -> Any:
        """An array or an Arrow table."""
        try:
            with parquet.ParquetFile(self.path) as file:
                table = file.read_row_groups(list(self.groups), columns=self.rows.columns, use_threads=False)
        except (OSError, pa.ArrowException, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{self.path.name} is a damaged or incomplete Parquet file ({reason}).") from None
        table = table.select(self.rows.columns).replace_schema_metadata(None)
        return table if self.rows.text else matrix(table, self.rows.dtype)


def parts_of(rows: ParquetRows) -> list[ParquetPart]:
    """The parts of all files, in order."""
    return [ParquetPart(rows, path, groups) for path in rows.paths for groups in _groups(path, len(rows.columns))]


def _groups(path: Path, width: int) -> Iterator[tuple[int, ...]]:
    with parquet.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    groups: list[int] = []
    for number, _size in enumerate(sizes):
        groups.append(number)
        if sum(sizes[group] for group in groups) * width >= PART_CELLS:
            yield tuple(groups)
            groups = []
    if groups:
        yield tuple(groups)
