"""What the command line reads: rows in memory or in a stream, with weights and known classes where asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from suffice.cli.batches import WeightedBatches, numbers_of
from suffice.cli.options import Job
from suffice.cli.reading import Reading
from suffice.cli.usable import finite, refuse_empty_columns

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator

    from suffice.runtime.types import ArrayLike


STREAM_BYTES = 1_000_000_000
Files: TypeAlias = "str | list[str]"
"""One file or folder, or several files that are one table."""
NO_LABEL = "(none)"
"""What a fit calls the class of rows without a label."""


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
    covariates: Any = None
    """Numbers with ``columns``, beside the rows, that membership of components follows."""
    places: Any = None
    """The numbers of these rows among all, where they are some that are looked at; None of all."""


def first_of(data: Files) -> str:
    """One of the files, by which the others go."""
    return data if isinstance(data, str) else data[0]


def read_rows(estimator: BaseEstimator, data: Files, job: Job, reading: Reading) -> Source:
    """Rows for an estimator, in memory or as a stream."""
    labels = takes_labels(estimator)
    if labels and job.image_shape is not None:
        raise ValueError(
            f"--image-shape {_written(job.image_shape)} shows rows of numbers, and this model's are labels: leave it out."
        )
    source = _usable(read(data, reading, weights=job.weights, target=job.target, labels=labels))
    return source if job.image_shape is None else replace(source, image_shape=_image_shape(source, job.image_shape))


def read_in_memory(estimator: BaseEstimator, data: Files, job: Job, reading: Reading) -> Source:
    """Rows for an estimator that takes no streams."""
    if streams(data, reading):
        raise ValueError(
            f"{type(estimator).__name__} is fitted to rows in memory: use --in-memory, or partial_fit batch by batch in Python."
        )
    return read_rows(estimator, data, job, reading)


def read_classes(estimator: BaseEstimator, data: Files, job: Job, reading: Reading) -> Source:
    """Rows with their classes as text, as a file has them; rows without one are unlabelled where the estimator knows such."""
    import numpy as np

    from suffice.cli.kept import known_classes
    from suffice.data.names import names_in

    target = str(job.target)
    plain = "unlabelled" not in estimator.get_params() or streams(data, reading)
    if plain or target not in (
        names_in(first_of(data), header=reading.header, delimiter=reading.delimiter, array=reading.array) or ()
    ):
        source = read_in_memory(estimator, data, job, reading)
        return replace(source, target=as_classes(source.target).astype(str))
    without = replace(reading, drop=[*(reading.drop or ()), target])
    source = read_in_memory(estimator, data, replace(job, target=None), without)
    known = known_classes(data, reading, target)
    gaps = np.array([cell is None for cell in known])
    if not gaps.any():
        return replace(source, target=known.astype(str))
    mark = estimator.get_params()["unlabelled"] or NO_LABEL
    estimator.set_params(unlabelled=mark)
    known[gaps] = mark
    count = int(gaps.sum())
    rows, fitted = ("row has", "is") if count == 1 else ("rows have", "are")
    said = f"{count:,} {rows} no {target}, and {fitted} fitted as unlabelled."
    return replace(source, target=known.astype(str), notes=[*source.notes, said])


def takes_labels(estimator: BaseEstimator) -> bool:
    """Whether an estimator takes tables with text."""
    from sklearn.utils import get_tags

    return get_tags(estimator).input_tags.string


def as_classes(target: ArrayLike) -> np.ndarray:
    """Classes as a file has them: whole numbers as such, others as text."""
    import numpy as np

    target = np.asarray(target)
    if target.dtype.kind == "f" and np.isfinite(target).all() and (target == np.round(target)).all():
        return target.astype(np.int64)
    return target if target.dtype.kind in "iu" else target.astype(str)


def _usable(source: Source) -> Source:
    refuse_empty_columns(finite(source))
    return source


def _image_shape(source: Source, given: tuple[int, ...]) -> tuple[int, ...]:
    """The size of a row as an image."""
    if len(given) != 2:
        raise ValueError(
            f"--image-shape {_written(given)} was given; expected height x width in pixels, such as 28x28."
        )
    if prod(given) != len(source.columns):
        raise ValueError(
            f"--image-shape {_written(given)} has {prod(given)} pixels, and a row has {len(source.columns)} columns."
        )
    return given


def _written(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def read(
    path: Files,
    reading: Reading,
    *,
    columns: list[str] | None = None,
    weights: str | None = None,
    target: str | None = None,
    labels: bool = False,
    dates: str | None = None,
) -> Source:
    """Read files as the options say."""
    wanted = reading.columns if columns is None else columns
    if wanted is not None and weights is not None and weights not in wanted:
        wanted = [*wanted, weights]
    if streams(path, reading):
        return _stream(path, reading, wanted, weights, target, labels)
    from suffice.data import read_columns, read_table

    table = (read_columns if labels else read_table)(
        path, header=reading.header, columns=wanted, drop=reading.drop, array=reading.array,
        delimiter=reading.delimiter, target=target, decimal=reading.decimal, missing_values=reading.missing,
        dates=cast("Any", dates or reading.dates),
    )  # fmt: skip
    shape = getattr(table, "image_shape", None)
    source = Source(table.values, list(table.columns), table.name, list(table.notes), shape, table.target)
    return source if weights is None else _weighted(source, weights)


def streams(path: Files, reading: Reading) -> bool:
    """Whether files are read in batches: as the options say, else large ones of Parquet are, together or in a folder."""
    if reading.stream is not None:
        return reading.stream
    paths = [path] if isinstance(path, str) else path
    return sum(_parquet_bytes(one) for one in paths) > STREAM_BYTES


def _parquet_bytes(path: str) -> int:
    """Bytes of Parquet files that a path names; 0 of all else."""
    if os.path.isdir(path):
        return sum(file.stat().st_size for file in Path(path).rglob("*.parquet") if file.is_file())
    return os.path.getsize(path) if path.endswith((".parquet", ".pq")) and os.path.isfile(path) else 0


def _weighted(source: Source, weights: str) -> Source:
    import numpy as np

    column = _position(source.columns, weights, source.name)
    rest = [name for name in source.columns if name != weights]
    if isinstance(source.rows, np.ndarray):
        rows, weight = np.delete(source.rows, column, axis=1), source.rows[:, column]
    else:
        rows, weight = source.rows.drop_columns([weights]), numbers_of(source.rows, weights, source.name)
    note = f"Column {weights!r} holds the row weights."
    return Source(rows, rest, source.name, [*source.notes, note], None, source.target, weight)


def _stream(
    path: Files, reading: Reading, wanted: list[str] | None, weights: str | None, target: str | None, labels: bool
) -> Source:
    from suffice.data import DataError
    from suffice.data.streams import stream_files

    for option, value in (("--missing", reading.missing), ("--decimal", reading.decimal)):
        if value is not None:
            raise DataError(f"{option} is for tables that are read as a whole: use --in-memory.")
    if target is not None:
        raise DataError(f"--target {target} cannot be compared in a stream: use --in-memory, or --drop {target}.")
    batches = stream_files(
        path, columns=wanted, drop=reading.drop, header=reading.header, delimiter=reading.delimiter, text=labels
    )
    columns, name = list(batches.columns), _called(path)
    notes = [*batches.notes, "The rows were read in batches, in bounded memory."]
    if weights is None:
        return Source(batches, columns, name, notes)
    split = WeightedBatches(batches, _position(columns, weights, name), name)
    return Source(split, split.columns, name, [*notes, f"Column {weights!r} holds the row weights."])


def _called(path: Files) -> str:
    first, more = (path, 0) if isinstance(path, str) else (path[0], len(path) - 1)
    return f"{os.path.basename(first)} and {more} more" if more else os.path.basename(first)


def _position(columns: list[str], weights: str, name: str) -> int:
    from suffice.data import DataError

    if weights not in columns:
        raise DataError(f"{name}: --weights {weights} names no column; the columns are {', '.join(columns[:20])}.")
    if len(columns) == 1:
        raise DataError(f"{name}: no column is left to fit beside the weights {weights}.")
    return columns.index(weights)
