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
    times = np.bincount(place, weight[known], len(found))
    whole = bool(np.all(found == np.trunc(found)))
    if len(found) <= (max(FEW, n_bins) if whole else n_bins):
        return Bins(
            _between(found[:-1], found[1:]), found.astype(np.int64) if whole else found, whole and _small(found)
        )
    last = _last_of_bins(times, n_bins)
    bins = np.repeat(np.arange(len(last) + 1), np.diff([0, *(last + 1), len(found)]))
    means = np.bincount(bins, times * found) / np.bincount(bins, times)
    return Bins(_between(found[last], found[last + 1]), means, False)


def note_of(name: str, bins: Bins) -> str:
    """What was done to a column, a sentence; nothing where its numbers are states as they are."""
    if bins.whole:
        return ""
    return f"Column {name!r} is cut at quantiles into {len(bins.numbers)} states: {', '.join(map(str, bins.labels))}."


def _last_of_bins(times: np.ndarray, n_bins: int) -> np.ndarray:
    """Places of the last value of each bin but the last one."""
    share = np.cumsum(times) / times.sum()
    last = np.searchsorted(share, np.arange(1, n_bins) / n_bins - 1e-9)
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
