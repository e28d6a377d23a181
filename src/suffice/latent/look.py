"""A first look at the data: what every start needs, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

NO_WEIGHT = "All sample weights are zero; at least one row needs a positive weight."
PIECE = 1 << 16
"""Cells looked at together: few enough that what is computed of them stays in the cache."""


@dataclass(frozen=True)
class FirstLook:
    """Weighted mean (D,) and variance (D,) of each column, rows and their total weight, and a sample to start from.

    ``sample`` (m, D) holds all rows if they are few; it does not depend on their order, nor on whether a row stands twice or has
    weight 2, and neither does anything drawn from it with ``sample_weight`` (m,).
    """

    mean: np.ndarray
    variance: np.ndarray
    rows: int
    weight: float
    sample: np.ndarray
    sample_weight: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        """Which columns hold one value only."""
        return self.variance <= (8 * np.finfo(float).eps * np.abs(self.mean)) ** 2


def look(data: Any, weight: np.ndarray | None, size: int, generator: np.random.Generator) -> FirstLook:
    """First look at an array or at a stream of batches.

    Parameters
    ----------
    data
        Array ``(n, D)``, or an object that yields batches (or pairs of batch and weight).
    weight
        Row weights ``(n,)`` of an array.
    size
        Rows in the sample, at most; 0 where no sample is needed.
    generator
        Source of the sample.
    """
    if isinstance(data, np.ndarray):
        weight = np.ones(len(data)) if weight is None else weight
        count, total, mean, square = _moments(_pieces(data, weight))
        sample = _systematic(data, weight, size, generator)
        return FirstLook(mean, square / total, count, total, *sample)
    count, total, mean, square = _moments(pairs(data))
    if count and not total > 0:
        raise ValueError(NO_WEIGHT)
    sample = _reservoir(pairs(data), size, generator)
    return FirstLook(mean, square / total, count, total, *sample)


def pairs(batches: Iterable[Any]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches as pairs of rows and weights.

    Parameters
    ----------
    batches
        Arrays ``(rows, D)``, or pairs of them with weights.
    """
    for batch in batches:
        rows, weight = batch if isinstance(batch, tuple) else (batch, None)
        rows = np.asarray(rows)
        yield rows, np.ones(len(rows)) if weight is None else np.asarray(weight)


def _pieces(data: np.ndarray, weight: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    step = max(64, PIECE // data.shape[1])
    for start in range(0, len(data), step):
        yield data[start : start + step], weight[start : start + step]


def _moments(pieces: Iterator[tuple[np.ndarray, np.ndarray]]) -> tuple[int, float, np.ndarray, np.ndarray]:
    """Rows, weight, mean and sum of squares about it, merged piece by piece (Chan, Golub and LeVeque, 1983)."""
    count, total, mean, square = 0, 0.0, np.zeros(1), np.zeros(1)
    for rows, weight in pieces:
        added = weight.sum()
        count += len(rows)
        if added == 0:
            continue
        origin = rows[0].astype(float)
        first = weight @ (rows - origin) / added
        deviation = np.square(rows - (origin + first))
        gap = origin + first - mean
        square = square + weight @ deviation + np.square(gap) * (total * added / (total + added) if total else 0.0)
        mean = mean + gap * (added / (total + added))
        total += added
    return count, float(total), mean, square


def _systematic(
    data: np.ndarray, weight: np.ndarray, size: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of a random projection; of many, those at equal steps of cumulated weight."""
    if size == 0:
        return np.zeros((0, data.shape[1])), np.zeros(0)
    direction = generator.standard_normal(data.shape[1])
    key = np.concatenate([rows @ direction for rows, _ in _pieces(data, weight)])
    order = np.argsort(key, kind="stable")
    order = order[weight[order] > 0]
    if len(order) <= size:
        return data[order].astype(float), weight[order].astype(float)
    level = np.cumsum(weight[order])
    picked = np.searchsorted(level, (np.arange(size) + 0.5) / size * level[-1])
    return data[order[picked]].astype(float), np.full(size, level[-1] / size)


def _reservoir(
    batches: Iterator[tuple[np.ndarray, np.ndarray]], size: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sample without replacement by exponential keys (Efraimidis and Spirakis, 2006)."""
    kept, keys, total = np.zeros((0, 0)), np.zeros(0), 0.0
    for rows, weight in batches:
        rows, weight = rows[weight > 0], weight[weight > 0]
        key = generator.exponential(size=len(rows)) / weight
        keys = np.concatenate([keys, key])
        kept = np.concatenate([kept, rows]) if kept.size else rows.astype(float)
        smallest = np.argsort(keys)[:size]
        kept, keys, total = kept[smallest], keys[smallest], total + weight.sum()
    return kept, np.full(len(kept), total / max(1, len(kept)))
