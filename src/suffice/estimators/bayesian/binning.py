"""Columns of numbers cut into states at quantiles; columns of few whole numbers have one state for each."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from suffice.data.frame import Frame
from suffice.data.text_cells import is_text

FEW = 10
"""Different whole numbers, at most, that are states as they are."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Bins:
    """Thresholds between the states of a column of numbers, and a number that stands for each."""

    thresholds: np.ndarray
    numbers: np.ndarray
    whole: bool

    @classmethod
    def of(cls, record: dict[str, Any]) -> Bins:
        """What ``record`` gave."""
        return cls(record["thresholds"], record["numbers"], record["whole"])

    def record(self) -> dict[str, Any]:
        """Plain values by name, as files keep them."""
        return {"thresholds": self.thresholds, "numbers": self.numbers, "whole": self.whole}

    @property
    def labels(self) -> tuple[Hashable, ...]:
        """States by name: the number itself, or from which to which number."""
        if self.whole:
            return tuple(self.numbers.tolist())
        if not len(self.thresholds):
            return ("any",)
        shown = _shown(self.thresholds)
        between = [f"{low} to {high}" for low, high in pairwise(shown)]
        return (f"below {shown[0]}", *between, f"from {shown[-1]}")

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Positions of the states, -1 where a number is missing."""
        return np.where(np.isnan(values), -1, np.searchsorted(self.thresholds, values, side="right"))


def kinds_of(frame: Frame) -> list[str]:
    """Columns of labels (text, truth values, declared categories) are categories, others numbers."""
    return [
        "categorical"
        if column.declared or is_text(column.cells.type) or pa.types.is_boolean(column.cells.type)
        else "gaussian"
        for column in frame.columns
    ]


def bins_of(values: np.ndarray, weight: np.ndarray, n_bins: int) -> Bins:
    """States of a column: a row of weight 2 counts as two."""
    known = ~np.isnan(values)
    found, place = np.unique(values[known], return_inverse=True)
    few = few_states(found, are_whole(found), n_bins)
    if few is not None:
        return few
    times = np.bincount(place, weight[known], len(found))
    last = _last_of_bins(times, n_bins)
    bins = np.repeat(np.arange(len(last) + 1), np.diff([0, *(last + 1), len(found)]))
    means = np.bincount(bins, times * found) / np.bincount(bins, times)
    return bins_between(found[last], found[last + 1], means)


def few_states(found: np.ndarray, whole: bool, n_bins: int) -> Bins | None:
    """States as they are of so many different numbers, in order; None of more than can be."""
    if len(found) > most_as_they_are(n_bins, whole=whole):
        return None
    numbers = found.astype(np.int64) if whole else found
    return Bins(_between(found[:-1], found[1:]), numbers, whole and _small(found))


def most_as_they_are(n_bins: int, *, whole: bool = True) -> int:
    """Different numbers, at most, that are states as they are."""
    return max(FEW, n_bins) if whole else n_bins


def are_whole(values: np.ndarray) -> bool:
    """Whether all are whole numbers."""
    return bool(np.all(values == np.trunc(values)))


def bins_between(last: np.ndarray, following: np.ndarray, means: np.ndarray) -> Bins:
    """States of a column, by the last number of each but the last one, and the first of the next."""
    return Bins(_between(last, following), means, False)


def shares_of_bins(n_bins: int) -> np.ndarray:
    """Share of the rows up to the last number of each bin but the last one: a little less is enough."""
    return np.arange(1, n_bins) / n_bins - ROUNDING


def note_of(name: str, bins: Bins) -> str:
    """What was done to a column, a sentence; nothing where its numbers are states as they are."""
    if bins.whole:
        return ""
    return f"Column {name!r} is cut at quantiles into {len(bins.numbers)} states: {', '.join(map(str, bins.labels))}."


def _last_of_bins(times: np.ndarray, n_bins: int) -> np.ndarray:
    """Places of the last value of each bin but the last one."""
    share = np.cumsum(times) / times.sum()
    last = np.searchsorted(share, shares_of_bins(n_bins))
    return np.unique(last[last < len(times) - 1])


def _between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    middle = low / 2 + high / 2
    return np.where(middle > low, middle, high)


def _small(values: np.ndarray) -> bool:
    return bool(np.all(np.abs(values) < 2**53))


def _shown(thresholds: np.ndarray) -> list[str]:
    """Thresholds with as few digits as tell them apart."""
    for digits in range(3, 18):
        shown = [f"{value:.{digits}g}" for value in thresholds]
        if len(set(shown)) == len(shown):
            return shown
    return [repr(float(value)) for value in thresholds]


def states_of_labels(labels: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """Labels of a column as plain values."""
    return tuple(label.item() if isinstance(label, np.generic) else label for label in labels)
