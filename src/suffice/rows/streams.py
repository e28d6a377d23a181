"""Data that come in batches, and data that lie on a device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from sklearn.utils import _safe_indexing

WEIGHTS_OF_STREAMS = "Batches bring their own weights: yield (batch, weight) pairs, without sample_weight."


def parted(batches: Any) -> Iterator[tuple[Any, np.ndarray]]:
    """Batches as they are, with their weights."""
    for batch in batches:
        rows, weight = batch if isinstance(batch, tuple) else (batch, None)
        weight = np.ones(len(rows)) if weight is None else np.asarray(weight)
        if weight.shape != (len(rows),) or not (np.isfinite(weight) & (weight >= 0)).all():
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
            first += len(rows)


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
    return np.asarray(data) if isinstance(data, jax.Array) else data


def is_stream(data: Any) -> bool:
    """Whether data come in batches: an object that can be iterated over but is no array, table, or nested list of numbers."""
    if isinstance(data, list):
        first = data[0] if data else None
        first = first[0] if isinstance(first, tuple) and first else first
        return getattr(first, "ndim", 0) == 2 or hasattr(first, "columns")
    tabular = ("shape", "__array__", "__dataframe__", "__array_interface__")
    return hasattr(data, "__iter__") and not isinstance(data, (tuple, str, bytes, dict)) and not any(
        hasattr(data, name) for name in tabular
    )  # fmt: skip
