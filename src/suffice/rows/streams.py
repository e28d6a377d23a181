"""What data are: batches, arrays on a device or on several; and batches as they pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing

from suffice.rows.sparse import SparseRows
from suffice.runtime import tree
from suffice.runtime.either import is_jax

WEIGHTS_OF_STREAMS = "Batches bring their own weights: yield (batch, weight) pairs, without sample_weight."
TABULAR = ("shape", "__array__", "__dataframe__", "__array_interface__")
"""What arrays and tables have, one or the other."""


def pairs(batches: Iterable[Any]) -> Iterator[tuple[Any, np.ndarray]]:
    """Batches as arrays, or sparse rows as they are, with their weights; 1 for every row of those that bring none."""
    for batch in batches:
        rows, weight = batch if isinstance(batch, tuple) else (batch, None)
        rows = rows if isinstance(rows, SparseRows) else np.asarray(rows)
        yield rows, np.ones(len(rows)) if weight is None else np.asarray(weight)


def parted(batches: Any) -> Iterator[tuple[Any, np.ndarray]]:
    """Batches as they are, with their weights."""
    for batch in batches:
        rows, weight = batch if isinstance(batch, tuple) else (batch, None)
        count = rows.shape[0] if issparse(rows) else len(rows)
        weight = np.ones(count) if weight is None else np.asarray(weight)
        if weight.shape != (count,) or not (np.isfinite(weight) & (weight >= 0)).all():
            raise ValueError("A batch's weights must be finite, not negative, and one for each of its rows.")
        yield rows, weight


def repeatable(source: Any) -> Any:
    """A source of batches, if it starts over each time it is iterated over."""
    if iter(source) is source:
        raise ValueError("An iterator can be read only once, and fitting reads the data many times; give a list of "
                         "batches or an object whose __iter__ starts over.")  # fmt: skip
    return source


class CheckedBatches:
    """Batches that are checked as they pass, anew each time they are iterated over."""

    def __init__(self, source: Any, check: Callable[[Any, int], np.ndarray]):
        self.source, self.check = repeatable(source), check

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        first = 0
        for rows, weight in parted(self.source):
            yield self.check(rows, first), weight
            first += len(weight)


class Weighing:
    """The rows of batches that have a weight, with their weights, anew each time they are iterated over."""

    def __init__(self, source: Any):
        self.source = repeatable(source)

    def __iter__(self) -> Iterator[tuple[Any, np.ndarray]]:
        for rows, weight in parted(self.source):
            if not weight.all():
                rows, weight = _safe_indexing(rows, np.flatnonzero(weight)), weight[weight > 0]
            if len(weight):
                yield rows, weight


def on_host(data: Any) -> Any:
    """JAX arrays as NumPy arrays; anything else as it is."""
    return np.asarray(data) if is_jax(data) else data


def is_stream(data: Any) -> bool:
    """Whether data come in batches: a list of tables, or an object that can be iterated over but is itself no array or table."""
    if isinstance(data, list):
        return bool(data) and _is_batch(data[0])
    return hasattr(data, "__iter__") and not isinstance(data, (tuple, str, bytes, dict)) and not any(
        hasattr(data, name) for name in TABULAR
    )  # fmt: skip


def is_collection(data: Any) -> bool:
    """Whether data are a Dask collection, or a list of delayed blocks."""
    first: Any = data[0] if isinstance(data, list) and data else data
    if not hasattr(type(first), "__dask_graph__"):
        return False
    return type(first).__module__.partition(".")[0] == "dask" or first.__dask_graph__() is not None


def on_workers(data: Any) -> bool:
    """Whether data are a Dask collection, or partitions that were made of one."""
    return is_collection(data) or partitions_of(data) is not None


def partitions_of(data: Any) -> Any:
    """The partitions on a cluster that are under a stream, however it wraps them; None of any other data."""
    while not getattr(type(data), "on_workers", False):
        if not hasattr(type(data), "__iter__") or not hasattr(data, "source"):
            return None
        data = data.source
    return data


def devices_of(data: Any) -> tuple[Any, ...]:
    """Devices over which arrays are sharded, in their order; none for what lies on one device or on the host."""
    for leaf in tree.leaves(data):
        if is_jax(leaf) and len(leaf.sharding.device_set) > 1:
            return tuple(sorted(leaf.sharding.device_set, key=lambda device: device.id))
    return ()


def _is_batch(part: Any) -> bool:
    rows = part[0] if isinstance(part, tuple) and part else part
    return hasattr(rows, "columns") or np.ndim(rows) >= 2
