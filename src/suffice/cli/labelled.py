"""Rows with their classes from the command line: a column, an array, a file beside them, or folders of pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suffice.cli.options import Reading
from suffice.cli.source import Source, finite, read, refuse_empty_columns


def read_rows(
    data: str, reading: Reading, *, target: str | None = None, labels: str | None = None, weights: str | None = None
) -> Source:
    """Complete rows in memory; classes are text or whole numbers."""
    from suffice.data import DataError

    if target is not None and labels is not None:
        raise DataError("--target and --labels both name the classes; give one of them.")
    source = _pictures(data, target, weights) or finite(read(data, reading, weights=weights, target=target))
    if not isinstance(source.rows, np.ndarray):
        raise DataError("A network is learned from rows in memory: use --in-memory.")
    refuse_empty_columns(source)
    if source.rows.dtype.kind == "f" and np.isnan(source.rows).any():
        raise DataError(
            f"{source.name} has missing cells, which a network does not take: `suffice impute` fills them in."
        )
    if labels is not None:
        source = replace(source, target=_labels(labels, reading, len(source.rows)))
    return source if source.target is None else replace(source, target=as_classes(source.target))


def as_classes(target: np.ndarray) -> np.ndarray:
    """Classes as a file has them: whole numbers as such, others as text."""
    target = np.asarray(target)
    if target.dtype.kind == "f" and np.isfinite(target).all() and (target == np.round(target)).all():
        return target.astype(np.int64)
    return target if target.dtype.kind in "iu" else target.astype(str)


def _pictures(data: str, target: str | None, weights: str | None) -> Source | None:
    from suffice.data.pictures import holds_pictures, read_pictures

    if not holds_pictures(data):
        return None
    for option, value in (("target", target), ("weights", weights)):
        if value is not None:
            raise ValueError(f"--{option} {value} names a column, and {data} is a folder of pictures: leave it out.")
    table = read_pictures(data)
    return Source(table.values, table.columns, table.name, table.notes, table.image_shape, table.target)


def _labels(path: str, reading: Reading, count: int) -> np.ndarray:
    from suffice.data import DataError, read_columns

    table = read_columns(path, header=reading.header)
    if len(table.columns) != 1 or table.values.num_rows != count:
        raise DataError(
            f"--labels {path} has {table.values.num_rows:,} rows of {len(table.columns)} columns; {count:,} rows of 1 column are "
            "expected, a class for each row of the data."
        )
    return np.asarray(table.values.column(0).to_pylist())
