"""What the command line reads for networks: complete rows that may be images, with their classes or without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from suffice.cli.by_batches import read_by_batches
from suffice.cli.options import Job
from suffice.cli.reading import Reading
from suffice.cli.source import Files, Source, as_classes

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator


def read_images(estimator: BaseEstimator, data: Files, job: Job, reading: Reading) -> Source:
    """Complete rows for a network, which takes the size of its images from the file if it has none yet."""
    import numpy as np

    from suffice.data import DataError

    if job.target is not None and job.labels is not None:
        raise DataError("--target and --labels both name the classes; give one of them.")
    source = _pictures(data, job) or read_by_batches(estimator, data, job, reading)
    if isinstance(source.rows, np.ndarray) and not isinstance(source.rows, np.memmap) and np.isnan(source.rows.sum()):
        raise DataError(
            f"{source.name} has missing cells, which a network does not take: `suffice impute` fills them in."
        )
    if estimator.get_params()["image_shape"] is None:
        estimator.set_params(image_shape=source.image_shape)
    if job.labels is not None:
        source = replace(source, target=_labels(job.labels, reading, len(source.rows)))
    return source if source.target is None else replace(source, target=as_classes(source.target))


def read_labelled_images(estimator: BaseEstimator, data: Files, job: Job, reading: Reading) -> Source:
    """Complete rows and their classes: a column, an array, a file beside them, or folders of pictures."""
    source = read_images(estimator, data, job, reading)
    if source.target is None:
        raise ValueError("The classes are not named: give --target COLUMN, or --labels FILE.")
    return source


def _pictures(data: Files, job: Job) -> Source | None:
    from suffice.data.pictures import holds_pictures, read_pictures

    if not isinstance(data, str) or not holds_pictures(data):
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
