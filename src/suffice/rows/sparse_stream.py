"""Batches of sparse rows as they pass: nothing but their stored cells is worked at, and one batch is held at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from suffice.rows.block import NO_ROWS, row_weight
from suffice.rows.missing import with_nan
from suffice.rows.sparse import SparseRows, Tiled
from suffice.rows.streams import CheckedBatches


class SparseBatches(CheckedBatches):
    """Batches of which each becomes ``SparseRows``, dense ones among them too."""

    def __iter__(self) -> Iterator[tuple[Any, np.ndarray]]:
        for rows, weight in super().__iter__():
            yield (
                (rows if isinstance(rows, SparseRows) else SparseRows(csr_array(with_nan(rows).astype(float)))),
                weight,
            )


@dataclass(frozen=True)
class TiledBatches:
    """The tiles of all batches, anew whenever they are looked at."""

    batches: SparseBatches
    counted: bool
    dtype: Any

    def __iter__(self) -> Iterator[tuple[Any, np.ndarray]]:
        none = True
        for rows, weight in self.batches:
            if len(rows):
                own, none = row_weight(len(rows), weight, self.dtype), False
                yield from Tiled(rows, None, own, self.counted, self.dtype).tiles()
        if none:
            raise ValueError(NO_ROWS)


def sparse_reservoir(
    batches: SparseBatches, size: int, generator: np.random.Generator
) -> tuple[SparseRows, np.ndarray]:
    """All rows with their weights if they are few, else a weighted sample: those with the smallest exponential keys."""
    kept, keys, own, total, seen = None, np.zeros(0), np.zeros(0), 0.0, 0
    for rows, weight in batches:
        carrying = np.flatnonzero(weight)
        if not len(carrying):
            continue
        part, weight = rows.matrix[carrying], weight[carrying]
        total, seen = total + float(weight.sum()), seen + len(carrying)
        keys = np.concatenate([keys, generator.exponential(size=len(carrying)) / weight])
        own = np.concatenate([own, weight])
        smallest = np.argsort(keys)[:size]
        kept = csr_array(part if kept is None else vstack([kept, part]))[smallest]
        keys, own = keys[smallest], own[smallest]
    if kept is None:
        raise ValueError(NO_ROWS)
    sample = SparseRows(kept)
    return sample, own.astype(float) if seen == len(sample) else np.full(len(sample), total / len(sample))
