"""Columns of a file that are not the model's, such as an id or a time, beside what is written of each row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.cli.options import RUN
from suffice.cli.parse import names
from suffice.cli.reading import Reading
from suffice.cli.source import Files, as_classes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Keep = Annotated[
    Any,
    typer.Option(parser=names, metavar="COLUMN,...", show_default="none", rich_help_panel=RUN,
                 help="Columns of DATA to write beside what is said of each row, such as id,timestamp."),
]  # fmt: skip


def read_kept(data: Files, reading: Reading, columns: list[str] | None) -> pa.Table | None:
    """Columns as they stand in a file, dates and text too."""
    if not columns:
        return None
    from suffice.data.delimited import read_cells
    from suffice.data.recognised import is_delimited
    from suffice.data.table import select_columns

    if isinstance(data, str) and is_delimited(Path(data)):
        found = read_cells(Path(data), header=reading.header, delimiter=reading.delimiter, known=columns)
        return found.values.select(
            select_columns(found.columns, columns=columns, drop=None, target=None, where=found.name)
        )
    return _typed(data, reading, columns)


def _typed(data: Files, reading: Reading, columns: list[str]) -> pa.Table:
    from suffice.data import read_columns

    table = read_columns(
        data, header=reading.header, columns=columns, array=reading.array, delimiter=reading.delimiter,
        decimal=reading.decimal, missing_values=reading.missing, dates="keep", row_names=True,
    )  # fmt: skip
    return table.values


def known_classes(data: Files, reading: Reading, target: str) -> np.ndarray:
    """Known classes as text, None where a row has none."""
    import numpy as np

    cells = _typed(data, reading, [target]).column(0).to_pylist()
    given = np.array([cell is not None for cell in cells])
    found = np.full(len(cells), None, dtype=object)
    if given.any():
        found[given] = as_classes([cell for cell in cells if cell is not None]).astype(str)
    return found
