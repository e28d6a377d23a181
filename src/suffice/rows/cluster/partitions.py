"""Partitions of rows on the workers of a cluster: a stream for whoever reads them, and sums worked out where they lie."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np

from suffice.rows.cluster.tasks import Header, Kept, join, keep, same, versions, work
from suffice.rows.cluster.waiting import current_client, reaching, refuse_too_large, result_of
from suffice.rows.streams import partitions_of

RETRIES = 2
"""How often a partition that could not be read is tried again."""
JOINED = 16
"""Results that one task adds to one: the tree of sums depends on the number of partitions alone."""


class Partitions:
    """Rows in ``parts``, each of which a worker can make, a table or a pair of table and weights; with names of columns.

    Iterated over, partitions come to this process one by one. ``reduced`` works at them where they are.
    """

    on_workers = True

    def __init__(self, parts: list[Any], header: Header, *, weighted: bool, size: float = 0.0):
        self.parts, self.header, self.weighted, self.size = parts, header, weighted, size
        self.client = current_client()
        self._kept: tuple[bytes, list[Any]] = (b"", [])

    @property
    def columns(self) -> list[Any] | None:
        """Names of the columns, None where they have none."""
        return self.header.columns

    def __iter__(self) -> Iterator[Any]:
        for future in self.kept(self):
            kept = result_of(self.client, future)
            if kept.count:
                yield (kept.rows, kept.weight) if self.weighted else kept.rows

    def kept(self, data: Any) -> list[Any]:
        """The rows of each partition, as ``data`` gives them, which stay on their workers; none other do."""
        recipe = _dumps(hollow(data))
        key = sha256(recipe).digest()
        if self._kept[0] != key:
            refuse_too_large(
                self.client,
                self.size,
                "fit suffice.data.stream_parquet(...), which reads the files anew in each iteration",
            )
            self._kept = (key, self._read(recipe))
        return self._kept[1]

    def _read(self, recipe: bytes) -> list[Any]:
        from dask.delayed import delayed

        shared = delayed(same, pure=False)((recipe, self.header, versions()))
        keeping = delayed(keep, pure=False)
        return self.client.compute([keeping(part, n, shared) for n, part in enumerate(self.parts)], retries=RETRIES)


def reduced(data: Any, fn: Callable[[Any, int], Any], add: Callable[[Any, Any], Any]) -> Any:
    """``fn(kept, number)`` of every partition that has rows, ``add``-ed up in an order that depends on their number alone.

    None where no partition has rows. Both functions are sent to the workers; only the sum comes back.
    """
    there = partitions_of(data)
    with reaching(there.client):
        return result_of(there.client, _sum_of(there.client, there.kept(data), _dumps((fn, add))))


def _sum_of(client: Any, kept: list[Any], task: bytes) -> Any:
    shared = client.submit(same, task, pure=False)
    parts = client.map(work, kept, range(len(kept)), task=shared, pure=False, retries=RETRIES)
    while len(parts) > 1:
        groups = [parts[start : start + JOINED] for start in range(0, len(parts), JOINED)]
        parts = [client.submit(join, shared, *group, pure=False, retries=RETRIES) for group in groups]
    return parts[0]


def first_rows(data: Any, most: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Up to so many rows of the first partition that has any, and their weights."""
    return reduced(data, partial(_head, most), _left)


def _head(most: int, kept: Kept, number: int) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(kept.rows[:most]), kept.weight[:most]


def _left(left: Any, right: Any) -> Any:
    return left


def hollow(data: Any) -> Any:
    """The wrappers of a stream around nothing, to be put around each partition by ``filled``."""
    if isinstance(data, Partitions):
        return ()
    around = copy(data)
    around.source = hollow(data.source)
    return around


def _dumps(value: Any) -> bytes:
    import cloudpickle

    return cloudpickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
