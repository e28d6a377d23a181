"""Rows that a Bayesian network is fitted to: in memory or in batches, those without weight left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight

from suffice.bayesian.learning.counted_rows import Counting, begun, counted_rows
from suffice.bayesian.learning.fit_rows import Asked, FitRows, read_rows
from suffice.bayesian.rows import columns_of, named_columns
from suffice.rows.frequencies import weighed
from suffice.rows.streams import WEIGHTS_OF_STREAMS, is_stream, on_host, parted, partitions_of
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.types import ArrayLike, TableLike


def rows_of_fit(X: TableLike, sample_weight: ArrayLike | None, asked: Asked) -> tuple[FitRows, str]:
    """Positions of states and weights, and what was done about the weights, a sentence or nothing."""
    X, sample_weight, said = weighed(_of_lists(X), sample_weight)
    if partitions_of(X) is not None:
        rows = _of_partitions(X, asked)
    else:
        read = counted_rows if is_stream(X) and asked.edges else read_rows
        rows = read(_batches(X, sample_weight), asked)
    if not rows.total_weight:
        raise ValueError(NO_WEIGHT)
    return rows, said


def _of_partitions(X: Any, asked: Asked) -> FitRows:
    """Rows counted where they lie; of those with gaps, and of all where edges are sought, the different ones come here."""
    from suffice.rows.cluster.partitions import reduced

    found = reduced(X, partial(_counted, asked), Counting.joined)
    if found is None:
        raise ValueError(NO_WEIGHT if partitions_of(X).weighted else "There are no rows; at least one is needed.")
    return found.rows()


def _counted(asked: Asked, kept: Any, number: int) -> Counting | None:
    for rows, weight in _weighing(kept.rows, kept.weight):
        counting = begun(rows, asked)
        counting.add(named_columns(columns_of(rows), counting.names), np.asarray(weight, np.float64))
        return counting.with_different_rows()
    return None


def _batches(X: Any, sample_weight: ArrayLike | None) -> Iterator[tuple[Any, np.ndarray]]:
    if is_stream(X):
        if sample_weight is not None:
            raise ValueError(WEIGHTS_OF_STREAMS)
        for rows, weight in parted(X):
            yield from _weighing(rows, weight)
        return
    rows = on_host(X)
    if sample_weight is None:
        yield rows, np.ones(_count(rows))
        return
    weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    if not weight.any():
        raise ValueError(NO_WEIGHT)
    yield from _weighing(rows, weight)


def _weighing(rows: Any, weight: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
    """Rows that have weight."""
    if weight.all():
        yield rows, weight
    elif weight.any():
        yield _chosen(rows, np.flatnonzero(weight)), weight[weight > 0]


def _chosen(rows: Any, places: np.ndarray) -> Any:
    if type(rows).__module__.startswith("pyarrow"):
        return rows.take(places)
    return _safe_indexing(rows, places)


def _count(rows: Any) -> int:
    """Number of rows; 0 of what has none, which is refused where its columns are read."""
    shape = getattr(rows, "shape", None)
    if shape is None:
        return len(rows) if hasattr(rows, "__len__") else 0
    return shape[0] if shape else 0


def _of_lists(X: Any) -> Any:
    """Lists of rows as an array of cells; a list of tables is a stream."""
    if isinstance(X, list | tuple) and not is_stream(X):
        return np.array(X, object)
    return X
