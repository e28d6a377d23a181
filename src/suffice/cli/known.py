"""Rows of labels that a model knows already: what readers take for a gap is a label where it is one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suffice.cli.options import Job
from suffice.cli.reading import Reading
from suffice.cli.source import Files, Source

if TYPE_CHECKING:
    import pyarrow as pa
    from sklearn.base import BaseEstimator

    from suffice.data.table import MixedTable

States = Mapping[str, Sequence[Hashable]]


def read_labels(estimator: BaseEstimator, data: Files, job: Job, reading: Reading) -> Source:
    """Columns of labels for a fit, as text where the file is text."""
    return read_known({}, data, reading, job.weights)


def read_known(states: States, data: Files, reading: Reading, weights: str | None = None) -> Source:
    """Columns of a file, some of those that have states, as text where the file is text, and row weights."""
    from suffice.cli.batches import numbers_of
    from suffice.data.table import select_columns

    if reading.stream:
        raise ValueError("Rows of a Bayesian network are read as a whole: leave --stream out.")
    table = _table(data, reading, states)
    chosen = select_columns(table.columns, columns=reading.columns, drop=reading.drop, target=None, where=table.name)
    values, weight = table.values.select(chosen), None
    if weights is not None:
        weight = numbers_of(_as_numbers(table.values, weights, table.name), weights, table.name)
        values = values.drop_columns([weights]) if weights in chosen else values
    for place, name in enumerate(values.column_names):
        values = values.set_column(place, name, _with_gaps(values.column(place), states.get(name, ())))
    return Source(values, list(values.column_names), table.name, list(table.notes), weight=weight)


def _table(data: Files, reading: Reading, states: States) -> MixedTable:
    from pathlib import Path

    from suffice.data import read_columns
    from suffice.data.conventions import conventions
    from suffice.data.delimited import read_cells
    from suffice.data.gaps import with_gaps
    from suffice.data.recognised import is_delimited
    from suffice.data.several import joined_mixed_tables

    written = conventions(reading.decimal, reading.missing, reading.dates)
    files = [Path(one) for one in ([data] if isinstance(data, str) else data)]
    if all(map(is_delimited, files)):
        table = joined_mixed_tables(
            [read_cells(one, header=reading.header, delimiter=reading.delimiter, known=states) for one in files]
        )
        values, said = with_gaps(table.values, written, table.name)
        return replace(table, values=values, notes=[*table.notes, *said])
    return read_columns(
        data, header=reading.header, array=reading.array, delimiter=reading.delimiter, decimal=reading.decimal,
        missing_values=reading.missing, dates=reading.dates,
    )  # fmt: skip


def _with_gaps(column: pa.ChunkedArray, states: Sequence[Hashable]) -> Any:
    """Cells that say that they are missing, and are no state, are null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from suffice.data.text_cells import MISSING, is_text

    if not is_text(column.type):
        return column
    known = {str(state) for state in states}
    gaps = pa.array([word for word in MISSING if word not in known], column.type)
    return pc.if_else(pc.is_in(column, gaps), pa.scalar(None, column.type), column)  # pyright: ignore[reportAttributeAccessIssue]


def _as_numbers(table: pa.Table, column: str, name: str) -> pa.Table:
    import pyarrow as pa

    from suffice.data import DataError

    if column not in table.column_names:
        raise DataError(
            f"{name}: --weights {column} names no column; the columns are {', '.join(table.column_names[:20])}."
        )
    try:
        return pa.table({column: table.column(column).cast(pa.float64())})
    except pa.ArrowInvalid:
        return table
