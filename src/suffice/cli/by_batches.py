"""Rows for learners by batches: in memory, as a stream, or a large npy file where it lies; and some of them to look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.cli.options import Job
from suffice.cli.reading import Reading
from suffice.cli.source import STREAM_BYTES, Files, Source, read, read_rows, streams

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import BaseEstimator


SHOWN = 20_000
"""Rows that a report on a fit to files is about, and as many that were held out."""
NOTE = "What is said of rows is said of {count:,} of them at equal steps."


def read_by_batches(estimator: BaseEstimator, data: Files, job: Job, reading: Reading) -> Source:
    """Rows for a learner by batches, with their classes where a column of them is named."""
    if _lies_where_it_is(data, reading):
        return _mapped(str(data), job, reading)
    if not streams(data, reading) or job.target is None:
        return read_rows(estimator, data, job, reading)
    without = replace(reading, drop=None if reading.columns else [*(reading.drop or ()), job.target])
    classes = read(data, replace(reading, columns=[job.target], drop=None), labels=True)
    return replace(read(data, without, weights=job.weights), target=_column(classes.rows))


def looked_at(source: Source, held: np.ndarray | None) -> Source:
    """At most 20,000 rows of a stream or a file that is not read as a whole, in memory; as many of those ``held`` out too."""
    import numpy as np

    if isinstance(source.rows, np.ndarray) and not isinstance(source.rows, np.memmap):
        return source
    count = (
        len(source.rows) if isinstance(source.rows, np.memmap) else sum(len(rows) for rows, _ in _parts(source.rows))
    )
    some = [_steps(np.arange(count)), *([] if held is None or not len(held) else [_steps(held)])]
    places = np.unique(np.concatenate(some))
    rows, weight = _picked(source.rows, places)
    target = None if source.target is None else source.target[places]
    note = NOTE.format(count=len(places))
    return replace(source, rows=rows, weight=weight, target=target, places=places, notes=[*source.notes, note])


def as_looked_at(estimator: Any, source: Source) -> Any:
    """The estimator, whose rows held out have the numbers that they have among those looked at."""
    import copy

    import numpy as np

    held = getattr(estimator, "validation_rows_", None)
    if source.places is None or held is None:
        return estimator
    shown = copy.copy(estimator)
    shown.validation_rows_ = np.flatnonzero(np.isin(source.places, held))
    return shown


def takes_streams(estimator: Any) -> bool:
    """Whether what is said of a fit is said in passes over all rows, as of those that learn by sums."""
    return not hasattr(estimator, "epochs")


def _lies_where_it_is(data: Files, reading: Reading) -> bool:
    if not isinstance(data, str) or not data.endswith(".npy") or reading.stream is False or not os.path.isfile(data):
        return False
    return bool(reading.stream) or os.path.getsize(data) > STREAM_BYTES


def _mapped(data: str, job: Job, reading: Reading) -> Source:
    from suffice.data.streams import mapped_rows

    chosen = {"weights": job.weights, "target": job.target, "columns": reading.columns, "drop": reading.drop}
    for option, value in chosen.items():
        if value is not None:
            raise ValueError(f"--{option} names columns, and {data} is learned from where it lies: use --in-memory.")
    rows = mapped_rows(Path(data))
    note = "The file is learned from where it lies, a part of it in memory at a time."
    return Source(rows, [f"x{j}" for j in range(rows.shape[1])], os.path.basename(data), [note])


def _column(tables: Any) -> np.ndarray:
    """The only column of a stream of Arrow tables."""
    import numpy as np

    return np.concatenate([np.asarray(table.column(0).to_pylist()) for table in tables])


def _parts(rows: Any) -> Iterator[tuple[Any, Any]]:
    for part in rows:
        yield part if isinstance(part, tuple) else (part, None)


def _steps(numbers: np.ndarray) -> np.ndarray:
    return numbers[:: -(-len(numbers) // SHOWN)]


def _picked(rows: Any, places: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    import numpy as np

    if isinstance(rows, np.memmap):
        return np.array(rows[places]), None
    found, weights, first = [], [], 0
    for part, weight in _parts(rows):
        own = places[(places >= first) & (places < first + len(part))] - first
        found.append(part[own])
        weights.append(None if weight is None else weight[own])
        first += len(part)
    return np.concatenate(found), None if weights[0] is None else np.concatenate(weights)
