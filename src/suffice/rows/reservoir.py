"""A weighted sample of rows that pass, of a size that does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from suffice.rows.missing import with_nan


class Reservoir(NamedTuple):
    """A weighted sample of up to ``size`` rows: those with the smallest exponential keys (Efraimidis and Spirakis, 2006)."""

    size: int
    rows: np.ndarray = np.zeros((0, 0))
    weight: np.ndarray = np.zeros(0)
    keys: np.ndarray = np.zeros(0)
    total: float = 0.0
    seen: int = 0

    def with_rows(self, rows: np.ndarray, weight: np.ndarray, generator: np.random.Generator) -> Reservoir:
        """The same with more rows seen; those of weight 0 are not."""
        rows, weight = with_nan(rows[weight > 0]), weight[weight > 0]
        keys = generator.exponential(size=len(rows)) / weight
        return self.joined(Reservoir(self.size, rows.astype(float), weight, keys, float(weight.sum()), len(rows)))

    def joined(self, other: Reservoir) -> Reservoir:
        """The sample of both."""
        keys = np.concatenate([self.keys, other.keys])
        smallest = np.argsort(keys)[: self.size]
        rows = np.concatenate([self.rows, other.rows]) if self.rows.size else other.rows
        weight = np.concatenate([self.weight, other.weight])
        return Reservoir(
            self.size,
            rows[smallest],
            weight[smallest],
            keys[smallest],
            self.total + other.total,
            self.seen + other.seen,
        )


def reservoir(
    batches: Iterable[tuple[np.ndarray, np.ndarray]], size: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """All rows with their weights if they are few, else a weighted sample."""
    kept = Reservoir(size)
    for rows, weight in batches:
        kept = kept.with_rows(rows, weight, generator)
    count = len(kept.rows)
    return kept.rows, kept.weight if kept.seen == count else np.full(count, kept.total / max(1, count))
