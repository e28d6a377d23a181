"""Rows whose classes are known, or not: in memory, or on the workers of a cluster; what their classes are fitted from."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, NamedTuple, Protocol, Self

import numpy as np

from suffice.latent.by_class import class_centres, class_moments
from suffice.latent.families.family import Family
from suffice.latent.forms.natural import Moments
from suffice.rows.block import add
from suffice.rows.missing import any_missing
from suffice.rows.place import place
from suffice.runtime.precision import cast, scope

Subset = Literal["all", "known", "together"]
"""Rows as they are coded; those whose class is known; or all of them as of one class."""


class Facts(NamedTuple):
    """Of rows (n, D): how many, whether any is of unknown class, each column's smallest and largest value, missing cells."""

    rows: int
    unknown: bool
    least: np.ndarray
    most: np.ndarray
    gaps: bool

    @property
    def spread(self) -> np.ndarray:
        """From the smallest to the largest value of each column, (D,); NaN where it has none."""
        with np.errstate(over="ignore"):
            return (self.most - self.least).astype(float)

    def joined(self, other: Self) -> Facts:
        """Both together."""
        return Facts(
            self.rows + other.rows,
            self.unknown or other.unknown,
            np.fmin(self.least, other.least),
            np.fmax(self.most, other.most),
            self.gaps or other.gaps,
        )


class LabelledRows(Protocol):
    """Rows with places of their classes, -1 where these are not known, and weights."""

    def facts(self) -> Facts:
        """What the rows look like."""
        ...

    def centres(self, count: int, subset: Subset = "all") -> np.ndarray:
        """A point near the rows of each of so many classes, (K, D)."""
        ...

    def sums(self, unit: Family, centres: np.ndarray, gaps: bool, precision: str, subset: Subset = "all") -> Moments:
        """Moments of the rows of each class about its centre; ``unit`` is a family of one component about the origin."""
        ...

    def place(self, origin: np.ndarray, options: dict[str, Any]) -> Any:
        """Where the rows can be summed beside the numbers of their classes, from 1, 0 where they are not known."""
        ...


class RowsInMemory(NamedTuple):
    """Rows (n, D), places of their classes (n,) and weights (n,)."""

    rows: np.ndarray
    codes: np.ndarray
    weight: np.ndarray

    def facts(self) -> Facts:
        """What the rows look like."""
        least, most = np.fmin.reduce(self.rows), np.fmax.reduce(self.rows)
        return Facts(len(self.rows), bool((self.codes < 0).any()), least, most, any_missing(self.rows))

    def centres(self, count: int, subset: Subset = "all") -> np.ndarray:
        """A point near the rows of each of so many classes, (K, D)."""
        some = self._of(subset)
        return class_centres(some.rows, some.codes, count)

    def sums(self, unit: Family, centres: np.ndarray, gaps: bool, precision: str, subset: Subset = "all") -> Moments:
        """Moments of the rows of each class about its centre; ``unit`` is a family of one component about the origin."""
        some = self._of(subset)
        with scope(precision):
            return class_moments(cast(unit, precision), some.rows, some.codes, some.weight, centres, gaps=gaps)

    def place(self, origin: np.ndarray, options: dict[str, Any]) -> Any:
        """Where the rows can be summed beside the numbers of their classes, from 1, 0 where they are not known."""
        return place((self.rows, self.codes + 1), self.weight, origin=origin, **options)

    def _of(self, subset: Subset) -> RowsInMemory:
        if subset == "together":
            return self._replace(codes=np.zeros(len(self.rows), np.int32))
        known = self.codes >= 0
        return self if subset == "all" or known.all() else RowsInMemory(*(part[known] for part in self))


class RowsOnWorkers:
    """A stream of partitions, whose rows and weights come with the places of their classes."""

    def __init__(self, data: Any):
        self.data = data

    def facts(self) -> Facts:
        """What the rows look like."""
        return self._reduced(_facts, Facts.joined)

    def centres(self, count: int, subset: Subset = "all") -> np.ndarray:
        """A point near the rows of each class, of the first partition that has any: the mean of the first few."""
        found = self._reduced(partial(_centres, count, subset), _first_known)
        return np.where(np.isnan(found[:-1]), np.nan_to_num(found[-1]), found[:-1])

    def sums(self, unit: Family, centres: np.ndarray, gaps: bool, precision: str, subset: Subset = "all") -> Moments:
        """Moments of the rows of each class about its centre; ``unit`` is a family of one component about the origin."""
        return self._reduced(partial(_sums, unit, centres, gaps, precision, subset), _added)

    def place(self, origin: np.ndarray, options: dict[str, Any]) -> Any:
        """Where the rows can be summed beside the numbers of their classes, from 1, 0 where they are not known."""
        return place(self.data, origin=origin, **options)

    def _reduced(self, fn: Any, join: Any) -> Any:
        from suffice.rows.cluster.partitions import reduced

        return reduced(self.data, fn, join)


def _in_memory(kept: Any) -> RowsInMemory:
    return RowsInMemory(kept.rows.rows, kept.rows.labels, kept.weight)


def _facts(kept: Any, number: int) -> Facts:
    return _in_memory(kept).facts()


def _centres(count: int, subset: Subset, kept: Any, number: int) -> np.ndarray | None:
    """The mean of the first rows of each class, and of all, (K + 1, D); NaN where a column has no value."""
    own = _in_memory(kept)._of(subset)
    if not len(own.rows):
        return None
    spare = RowsInMemory(own.rows, np.full(len(own.rows), count, np.int32), own.weight)
    return np.stack([_mean_of(own if k < count else spare, k) for k in range(count + 1)])


def _mean_of(rows: RowsInMemory, code: int) -> np.ndarray:
    own = rows.rows[np.flatnonzero(rows.codes == code)]
    return class_centres(own, np.zeros(len(own), np.int32), 1)[0] if len(own) else np.full(rows.rows.shape[1], np.nan)


def _first_known(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(left), right, left)


def _sums(
    unit: Family, centres: np.ndarray, gaps: bool, precision: str, subset: Subset, kept: Any, number: int
) -> Moments | None:
    rows = _in_memory(kept)
    return rows.sums(unit, centres, gaps, precision, subset) if len(rows._of(subset).rows) else None


def _added(left: Moments, right: Moments) -> Moments:
    return add(left, right)
