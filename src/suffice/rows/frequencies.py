"""Row weights as numbers of rows: 2 is the row twice, and weights that cannot be such numbers are relative."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from scipy.sparse import issparse

from suffice.rows.streams import is_collection, is_stream, parted, partitions_of, repeatable

MOST = 2.0**53
"""Weights that sum to more are no numbers of rows either: a double does not tell one row more from none."""
ROUNDING = 1e-9

_counted: ContextVar[bool] = ContextVar("counted", default=False)


@contextmanager
def taken_as_counts() -> Iterator[None]:
    """Fits within take their weights as the numbers of rows that they are, shares of rows among them."""
    before = _counted.set(True)
    try:
        yield
    finally:
        _counted.reset(before)


def one_by_one(weight: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Places of rows, each as often as its weight (n,) says; of weights that are no whole numbers, so many drawn by them."""
    if (weight == np.rint(weight)).all():
        return np.repeat(np.arange(len(weight)), weight.astype(int))
    return generator.choice(len(weight), max(1, round(weight.sum())), p=weight / weight.sum())


class Scaled:
    """Batches whose weights are scaled; their columns' names are the source's."""

    def __init__(self, source: Any, weighed: Weighed):
        self.source, self.weighed = source, weighed

    @property
    def columns(self) -> Any:
        """Names of the columns, None where the source has none."""
        return getattr(self.source, "columns", None)

    def __iter__(self) -> Iterator[tuple[Any, np.ndarray]]:
        for rows, weight in parted(self.source):
            yield rows, self.weighed.scaled(weight)


class Weighed:
    """How many rows carry weight, and what it sums to, as a multiple of the ``largest`` weight."""

    def __init__(self, carrying: int = 0, largest: float = 0.0, total: float = 0.0):
        self.carrying, self.largest, self.total = carrying, largest, total

    def with_weights(self, weight: np.ndarray) -> Weighed:
        """The same with more rows."""
        largest = float(np.max(weight, initial=0.0))
        if not largest > 0:
            return self
        return self.joined(Weighed(int(np.count_nonzero(weight)), largest, float((weight / largest).sum())))

    def joined(self, other: Weighed) -> Weighed:
        """Both together."""
        largest = max(self.largest, other.largest)
        if not largest > 0:
            return self
        total = self.total * (self.largest / largest) + other.total * (other.largest / largest)
        return Weighed(self.carrying + other.carrying, largest, total)

    @property
    def relative(self) -> bool:
        """Whether the weights are no numbers of rows."""
        least, most = self.carrying * (1 - ROUNDING), MOST
        return self.carrying > 0 and not least / self.largest <= self.total <= most / self.largest

    def scaled(self, weight: np.ndarray) -> np.ndarray:
        """Weights that sum to the number of rows that carry any, where they are relative."""
        return weight / self.largest * (self.carrying / self.total) if self.relative else weight

    def __str__(self) -> str:
        if not self.relative:
            return ""
        return (
            f"Row weights are relative, since they sum to {self.total * self.largest:.6g} over {self.carrying:,} rows: they were "
            f"scaled to sum to {self.carrying:,}."
        )


def frequencies(weight: np.ndarray) -> np.ndarray:
    """Checked weights (n,) as numbers of rows."""
    return weight if _counted.get() else Weighed().with_weights(weight).scaled(weight)


def weighed(X: Any, sample_weight: Any) -> tuple[Any, Any, str]:
    """Rows and weights that count rows, of any kind that a fit takes, and what was done, a sentence or nothing.

    Weights that sum to less than the number of rows that carry any, or to more than 2^53, are relative, and are scaled to sum to
    that number. What is no weight is left to the checks to come. A stream that brings weights is read once more.
    """
    if is_collection(X):
        from suffice.rows.cluster.collections import partitioned

        X, sample_weight = partitioned(X, sample_weight)
    if _counted.get():
        return X, sample_weight, ""
    if sample_weight is None:
        return _weighed_batches(X) if is_stream(X) and not issparse(X) else (X, None, "")
    try:
        weight = np.asarray(sample_weight, float)
    except (TypeError, ValueError):
        return X, sample_weight, ""
    if weight.ndim != 1 or not (np.isfinite(weight) & (weight >= 0)).all():
        return X, sample_weight, ""
    found = Weighed().with_weights(weight)
    return X, found.scaled(weight) if found.relative else sample_weight, str(found)


def _weighed_partitions(X: Any) -> tuple[Any, None, str]:
    from suffice.rows.cluster.partitions import reduced

    if not partitions_of(X).weighted:
        return X, None, ""
    found = reduced(X, _weighed_partition, Weighed.joined) or Weighed()
    return Scaled(X, found) if found.relative else X, None, str(found)


def _weighed_partition(kept: Any, number: int) -> Weighed:
    return Weighed().with_weights(kept.weight)


def _weighed_batches(X: Any) -> tuple[Any, None, str]:
    if partitions_of(X) is not None:
        return _weighed_partitions(X)
    found = Weighed()
    if not isinstance(next(iter(repeatable(X)), None), tuple):
        return X, None, ""
    for _, weight in parted(X):
        found = found.with_weights(weight)
    return Scaled(X, found) if found.relative else X, None, str(found)
