"""``suffice impute`` for models that know the labels of their columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suffice.cli.known import read_known
from suffice.cli.reading import Reading
from suffice.cli.source import Files
from suffice.cli.tables import append_table, replacing
from suffice.cli.telling import answer, note, say


def fill_known(model: Any, data: Files, reading: Reading, out: Path, draws: int | None, random_state: int) -> None:
    """Write the table with each gap filled by its likeliest label, or with draws of all gaps together."""
    import numpy as np

    from suffice.report.parts import counted

    source = read_known(model.states, data, reading)
    for sentence in source.notes:
        note(sentence)
    generator = np.random.default_rng(random_state)
    with replacing(out) as file:
        for number in range(1, (draws or 1) + 1):
            filled = model.filled(source.rows, None if draws is None else generator)
            append_table(file, filled if draws is None else _numbered(filled, number), number == 1)
    gaps = sum(column.null_count for column in source.rows.columns)
    what = "its likeliest label" if draws is None else f"draws: {draws:,} tables, numbered in the first column draw"
    say(f"{out} holds {source.rows.num_rows:,} rows; {counted(gaps, 'missing cell')} filled in with {what}")
    answer(rows=source.rows.num_rows, filled_cells=gaps, tables=draws or 1, out=str(out))


def _numbered(table: Any, number: int) -> Any:
    import pyarrow as pa

    if "draw" in table.column_names:
        raise ValueError("The table has a column 'draw' of its own, the name of the numbers of draws: rename it.")
    return table.add_column(0, "draw", pa.array([number] * table.num_rows))
