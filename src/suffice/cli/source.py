"""What the command line reads: rows in memory or in a stream, with weights and known classes where asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

from suffice.cli.batches import WeightedBatches, numbers_of
from suffice.cli.options import Job, Reading

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator

    from suffice.runtime.types import ArrayLike


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


def read_rows(estimator: BaseEstimator, data: str, job: Job, reading: Reading) -> Source:
    """Rows for an estimator, in memory or as a stream."""
    labels = takes_labels(estimator)
    if labels and job.image_shape is not None:
        raise ValueError(
            f"--image-shape {_written(job.image_shape)} shows rows of numbers, and this model's are labels: leave it out."
        )
    source = _usable(read(data, reading, weights=job.weights, target=job.target, labels=labels))
    return source if job.image_shape is None else replace(source, image_shape=_image_shape(source, job.image_shape))


def read_in_memory(estimator: BaseEstimator, data: str, job: Job, reading: Reading) -> Source:
    """Rows for an estimator that takes no streams."""
    if streams(data, reading):
        raise ValueError(
            f"{type(estimator).__name__} is fitted to rows in memory: use --in-memory, or partial_fit batch by batch in Python."
        )
    return read_rows(estimator, data, job, reading)


def read_classes(estimator: BaseEstimator, data: str, job: Job, reading: Reading) -> Source:
    """Rows with their classes as text, as a file has them."""
    source = read_in_memory(estimator, data, job, reading)
    return replace(source, target=as_classes(source.target).astype(str))


def read_images(estimator: BaseEstimator, data: str, job: Job, reading: Reading) -> Source:
    """Complete rows for a network, which takes the size of its images from the file if it has none yet."""
    import numpy as np

    from suffice.data import DataError

    if job.target is not None and job.labels is not None:
        raise DataError("--target and --labels both name the classes; give one of them.")
    source = _pictures(data, job) or read_in_memory(estimator, data, job, reading)
    if source.rows.dtype.kind == "f" and np.isnan(source.rows).any():
        raise DataError(
            f"{source.name} has missing cells, which a network does not take: `suffice impute` fills them in."
        )
    if estimator.get_params()["image_shape"] is None:
        estimator.set_params(image_shape=source.image_shape)
    if job.labels is not None:
        source = replace(source, target=_labels(job.labels, reading, len(source.rows)))
    return source if source.target is None else replace(source, target=as_classes(source.target))


def read_labelled_images(estimator: BaseEstimator, data: str, job: Job, reading: Reading) -> Source:
    """Complete rows and their classes: a column, an array, a file beside them, or folders of pictures."""
    source = read_images(estimator, data, job, reading)
    if source.target is None:
        raise ValueError("The classes are not named: give --target COLUMN, or --labels FILE.")
    return source


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


def _pictures(data: str, job: Job) -> Source | None:
    from suffice.data.pictures import holds_pictures, read_pictures

    if not holds_pictures(data):
        return None
    for option, value in (("target", job.target), ("weights", job.weights)):
        if value is not None:
            raise ValueError(f"--{option} {value} names a column, and {data} is a folder of pictures: leave it out.")
    table = read_pictures(data)
    return Source(table.values, table.columns, table.name, table.notes, table.image_shape, table.target)


def _labels(path: str, reading: Reading, count: int) -> np.ndarray:
    import numpy as np

    from suffice.data import DataError, read_columns

    table = read_columns(path, header=reading.header)
    if len(table.columns) != 1 or table.values.num_rows != count:
        raise DataError(
            f"--labels {path} has {table.values.num_rows:,} rows of {len(table.columns)} columns; {count:,} rows of 1 column are "
            "expected, a class for each row of the data."
        )
    return np.asarray(table.values.column(0).to_pylist())


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
    wanted = reading.columns if columns is None else columns
    if wanted is not None and weights is not None and weights not in wanted:
        wanted = [*wanted, weights]
    if streams(path, reading):
        return _stream(path, reading, wanted, weights, target, labels)
    from suffice.data import read_columns, read_table

    table = (read_columns if labels else read_table)(
        path, header=reading.header, columns=wanted, drop=reading.drop, array=reading.array,
        delimiter=reading.delimiter, target=target,
    )  # fmt: skip
    shape = getattr(table, "image_shape", None)
    source = Source(table.values, list(table.columns), table.name, list(table.notes), shape, table.target)
    return source if weights is None else _weighted(source, weights)


def finite(source: Source) -> Source:
    """The source as it is, if no cell of its rows is infinite and no weight is missing; a stream is checked as it is read."""
    import numpy as np

    from suffice.data import DataError

    if source.weight is not None and not np.isfinite(source.weight).all():
        row = int((~np.isfinite(source.weight)).argmax())
        raise DataError(
            f"{source.name}: the weight of row {row} (counted from 0) is {source.weight[row]:g}; every row needs a finite weight."
        )
    bad = np.isinf(source.rows) if isinstance(source.rows, np.ndarray) else np.zeros((0, 0), bool)
    if not bad.any():
        return source
    columns = _hit(source.columns, np.any(bad, axis=0))
    raise DataError(
        f"{source.name}: {int(bad.sum()):,} cells are infinite, the first in row {int(bad.any(axis=1).argmax())} (counted from "
        f"0); columns {', '.join(columns[:10])}{' ...' if len(columns) > 10 else ''}. Empty these cells (missing), "
        f"remove the rows, or leave the columns out with --drop {','.join(columns[:10])}."
    )


def refuse_empty_columns(source: Source) -> None:
    """Refuse columns without any value, by name; a fit checks those of a stream itself."""
    import numpy as np

    from suffice.data import DataError

    if not isinstance(source.rows, np.ndarray) or source.rows.dtype.kind != "f":
        return
    used = source.rows if source.weight is None else source.rows[source.weight > 0]
    columns = _hit(source.columns, np.all(np.isnan(used), axis=0)) if len(used) else []
    if columns:
        raise DataError(
            f"{source.name}: every cell of {', '.join(columns[:10])}{' ...' if len(columns) > 10 else ''} is missing (in "
            f"the rows with a weight), so nothing can be learned of it: leave it out with --drop {','.join(columns)}."
        )


def _hit(columns: list[str], mask: Sequence[bool] | np.ndarray) -> list[str]:
    return [name for name, hit in zip(columns, mask, strict=True) if hit]


def streams(path: str, reading: Reading) -> bool:
    """Whether a file is read in batches: as the options say, else large Parquet files are."""
    if reading.stream is not None:
        return reading.stream
    return path.endswith((".parquet", ".pq")) and os.path.isfile(path) and os.path.getsize(path) > STREAM_BYTES


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
    path: str, reading: Reading, wanted: list[str] | None, weights: str | None, target: str | None, labels: bool
) -> Source:
    from suffice.data import DataError, stream_parquet

    if target is not None:
        raise DataError(f"--target {target} cannot be compared in a stream: use --in-memory, or --drop {target}.")
    batches = stream_parquet(path, columns=wanted, drop=reading.drop, text=labels)
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
