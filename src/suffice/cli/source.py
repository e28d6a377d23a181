"""What the command line reads: rows in memory or in a stream, with weights and known classes where asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suffice.cli.options import Reading, names

STREAM_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Source:
    """Rows and what is known of them."""

    rows: Any
    columns: list[str]
    name: str
    notes: list[str] = field(default_factory=list)
    image_shape: tuple[int, ...] | None = None
    target: Any = None
    weight: Any = None


class WeightedBatches:
    """Batches of a stream split into rows and the column of their weights."""

    def __init__(self, batches: Any, column: int, name: str) -> None:
        self.batches, self.column, self.name = batches, column, name
        self.columns = [name for j, name in enumerate(batches.columns) if j != column]

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for batch in self.batches:
            if isinstance(batch, np.ndarray):
                yield np.delete(batch, self.column, axis=1), batch[:, self.column]
            else:
                yield batch.remove_column(self.column), numbers_of(batch, batch.column_names[self.column], self.name)


class RenamedBatches:
    """Arrow tables of a stream, or pairs of table and weights, under other names of the columns."""

    def __init__(self, batches: Any, columns: list[str]) -> None:
        self.batches, self.columns = batches, columns

    def __iter__(self) -> Iterator[Any]:
        for batch in self.batches:
            if isinstance(batch, tuple):
                yield batch[0].rename_columns(self.columns), batch[1]
            else:
                yield batch.rename_columns(self.columns)


def read(
    path: str,
    reading: Reading,
    *,
    columns: list[str] | None = None,
    weights: str | None = None,
    target: str | None = None,
    labels: bool = False,
) -> Source:
    """Read a file as the options say."""
    wanted = names(reading.columns) if columns is None else columns
    if wanted is not None and weights is not None and weights not in wanted:
        wanted = [*wanted, weights]
    if streams(path, reading):
        return _stream(path, reading, wanted, weights, target, labels)
    from suffice.data import read_columns, read_table

    table = (read_columns if labels else read_table)(
        path, header=reading.header, columns=wanted, drop=names(reading.drop), array=reading.array,
        delimiter=reading.delimiter, target=target,
    )  # fmt: skip
    shape = getattr(table, "image_shape", None)
    source = Source(table.values, list(table.columns), table.name, list(table.notes), shape, table.target)
    return source if weights is None else _weighted(source, weights)


def finite(source: Source) -> Source:
    """The source as it is, if no cell of its rows is infinite and no weight is missing; a stream is checked as it is read."""
    from suffice.data import DataError

    if source.weight is not None and not np.isfinite(source.weight).all():
        row = int((~np.isfinite(source.weight)).argmax())
        raise DataError(
            f"{source.name}: the weight of row {row} (counted from 0) is {source.weight[row]:g}; every row needs a finite weight."
        )
    bad = np.isinf(source.rows) if isinstance(source.rows, np.ndarray) else np.zeros((0, 0), bool)
    if not bad.any():
        return source
    columns = _hit(source.columns, bad.any(axis=0))
    raise DataError(
        f"{source.name}: {int(bad.sum()):,} cells are infinite, the first in row {int(bad.any(axis=1).argmax())} (counted from "
        f"0); columns {', '.join(columns[:10])}{' ...' if len(columns) > 10 else ''}. Empty these cells (missing), "
        f"remove the rows, or leave the columns out with --drop {','.join(columns[:10])}."
    )


def refuse_empty_columns(source: Source) -> None:
    """Refuse columns without any value, by name; a fit checks those of a stream itself."""
    from suffice.data import DataError

    if not isinstance(source.rows, np.ndarray) or source.rows.dtype.kind != "f":
        return
    used = source.rows if source.weight is None else source.rows[source.weight > 0]
    columns = _hit(source.columns, np.isnan(used).all(axis=0)) if len(used) else []
    if columns:
        raise DataError(
            f"{source.name}: every cell of {', '.join(columns[:10])}{' ...' if len(columns) > 10 else ''} is missing (in "
            f"the rows with a weight), so nothing can be learned of it: leave it out with --drop {','.join(columns)}."
        )


def _hit(columns: list[str], mask: Any) -> list[str]:
    return [name for name, hit in zip(columns, mask, strict=True) if hit]


def streams(path: str, reading: Reading) -> bool:
    """Whether a file is read in batches: as the options say, else large Parquet files are."""
    if reading.stream is not None:
        return reading.stream
    return path.endswith((".parquet", ".pq")) and os.path.isfile(path) and os.path.getsize(path) > STREAM_BYTES


def _weighted(source: Source, weights: str) -> Source:
    column = _position(source.columns, weights, source.name)
    rest = [name for name in source.columns if name != weights]
    if isinstance(source.rows, np.ndarray):
        rows, weight = np.delete(source.rows, column, axis=1), source.rows[:, column]
    else:
        rows, weight = source.rows.drop_columns([weights]), numbers_of(source.rows, weights, source.name)
    note = f"Column {weights!r} holds the row weights."
    return Source(rows, rest, source.name, [*source.notes, note], None, source.target, weight)


def numbers_of(rows: Any, column: str, name: str) -> np.ndarray:
    """A column of an Arrow table as numbers."""
    from suffice.data import DataError
    from suffice.data.columns import is_numeric, matrix

    chosen = rows.select([column])
    if not is_numeric(chosen.schema.field(0).type):
        raise DataError(f"{name}: --weights {column} names a column of text; weights are numbers.")
    return matrix(chosen, np.dtype(float))[:, 0]


def _stream(
    path: str, reading: Reading, wanted: list[str] | None, weights: str | None, target: str | None, labels: bool
) -> Source:
    from suffice.data import DataError, stream_parquet

    if target is not None:
        raise DataError(f"--target {target} cannot be compared in a stream: use --in-memory, or --drop {target}.")
    batches = stream_parquet(path, columns=wanted, drop=names(reading.drop), text=labels)
    columns, name = list(batches.columns), os.path.basename(path)
    notes = [*batches.notes, "The rows were read in batches, in bounded memory."]
    if weights is None:
        return Source(batches, columns, name, notes)
    split = WeightedBatches(batches, _position(columns, weights, name), name)
    return Source(split, split.columns, name, [*notes, f"Column {weights!r} holds the row weights."])


def _position(columns: list[str], weights: str, name: str) -> int:
    from suffice.data import DataError

    if weights not in columns:
        raise DataError(f"{name}: --weights {weights} names no column; the columns are {', '.join(columns[:20])}.")
    if len(columns) == 1:
        raise DataError(f"{name}: no column is left to fit beside the weights {weights}.")
    return columns.index(weights)
