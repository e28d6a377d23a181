"""Data that come in batches, and data that lie on a device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from suffice.latent.look import pairs


class CheckedBatches:
    """Batches that are checked as they pass, anew each time they are iterated over.

    Parameters
    ----------
    source
        What yields batches, or pairs of batch and weight.
    check
        Function of a batch and the number of its first row, to the batch as the family takes it.
    """

    def __init__(self, source: Any, check: Callable[[np.ndarray, int], np.ndarray]):
        if iter(source) is source:
            raise ValueError("An iterator can be read only once, and fitting reads the data many times; give a list of "
                             "batches or an object whose __iter__ starts over.")  # fmt: skip
        self.source, self.check = source, check

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        first = 0
        for rows, weight in pairs(self.source):
            if weight.shape != rows.shape[:1] or not (np.isfinite(weight) & (weight >= 0)).all():
                raise ValueError("A batch's weights must be finite, not negative, and one for each of its rows.")
            yield self.check(rows, first), weight
            first += len(rows)


def on_host(data: Any) -> Any:
    """JAX arrays as NumPy arrays; anything else as it is.

    Parameters
    ----------
    data
        What was given.
    """
    return np.asarray(data) if isinstance(data, jax.Array) else data


def is_stream(data: Any) -> bool:
    """Whether data come in batches: an object that can be iterated over but is no array, table, or nested list of numbers.

    Parameters
    ----------
    data
        What was given.
    """
    if isinstance(data, list):
        first = data[0] if data else None
        first = first[0] if isinstance(first, tuple) and first else first
        return getattr(first, "ndim", 0) == 2
    tabular = ("shape", "__array__", "__dataframe__", "__array_interface__")
    return hasattr(data, "__iter__") and not isinstance(data, (tuple, str, bytes, dict)) and not any(
        hasattr(data, name) for name in tabular
    )  # fmt: skip
