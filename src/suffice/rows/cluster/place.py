"""A place of rows whose partitions workers sum: the function goes to them, and one sum comes back."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.rows.base import Place
from suffice.rows.block import NO_ROWS, add
from suffice.rows.cluster.partitions import reduced
from suffice.rows.cluster.tasks import Kept
from suffice.rows.missing import any_missing
from suffice.rows.row_function import prepare
from suffice.runtime import tree
from suffice.runtime.precision import scope, to_numpy


class OnWorkers(Place):
    """Rows on the workers of a cluster; ``options`` are those of ``suffice.rows.place.place``, the same for each partition."""

    def __init__(self, data: Any, origin: Any, options: dict[str, Any]):
        self.data, self.origin, self.options = data, origin, options
        self.passes = 0 if options["width"] is None else float("inf")

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows."""
        return self._of_partitions(Total(self._ready(fn), self.origin, self.options), add)

    def each(self, fn: Any) -> Any:
        """``fn(rows, weight)`` of every partition's rows, put end to end in this process."""
        return self._of_partitions(Each(self._ready(fn), self.origin, self.options), end_to_end)

    def _ready(self, fn: Any) -> Any:
        """A function with all worked out that rows share, by NumPy where the model can, as NumPy arrays."""
        with np.errstate(all="ignore"):
            return to_numpy(prepare(fn) if self.passes else fn)

    def _of_partitions(self, work: Any, join: Any) -> Any:
        sums = reduced(self.data, work, join)
        if sums is None:
            raise ValueError(NO_ROWS)
        return sums


class Total:
    """Sum of a function over the rows of a partition."""

    def __init__(self, fn: Any, origin: Any, options: dict[str, Any]):
        self.fn, self.origin, self.options = fn, origin, options

    def __call__(self, kept: Kept, number: int) -> Any:
        with scope(self.options["precision"]):
            return to_numpy(self.of(kept.place(self.origin, self.options)))

    def of(self, rows: Place) -> Any:
        """The sum over rows in a place."""
        return rows.total(self.fn)


class Each(Total):
    """A function of each row of a partition."""

    def of(self, rows: Place) -> Any:  # type: ignore[override]
        """The results for rows in a place."""
        return rows.each(self.fn)


def end_to_end(left: Any, right: Any) -> Any:
    """Results for rows, one after the other."""
    return tree.map_leaves(lambda *parts: np.concatenate(parts), left, right)


def has_missing(kept: Kept, number: int) -> bool:
    """Whether a cell of a partition is missing."""
    return any_missing(np.asarray(kept.rows))
