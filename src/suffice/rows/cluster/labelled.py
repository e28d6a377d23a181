"""Rows with their labels on the workers of a cluster, and streams of the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from suffice.rows.streams import parted


class Labelled:
    """Rows (n, D), an array or a table, and a label of each, (n,)."""

    def __init__(self, rows: Any, labels: np.ndarray):
        self.rows, self.labels = rows, np.asarray(labels)
        if len(self.labels) != len(rows):
            raise ValueError(f"it has {len(rows)} rows and {len(self.labels)} labels; one for each row is expected.")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def nbytes(self) -> int:
        """Bytes of rows and labels."""
        return int(getattr(self.rows, "nbytes", 0)) + self.labels.nbytes


class Alone:
    """The rows of a stream without their labels."""

    def __init__(self, source: Any):
        self.source = source

    @property
    def columns(self) -> Any:
        """Names of the columns, None where the source has none."""
        return getattr(self.source, "columns", None)

    def __iter__(self) -> Iterator[tuple[Any, np.ndarray]]:
        for labelled, weight in parted(self.source):
            yield labelled.rows, weight


class Chosen:
    """Rows and labels of a stream that ``keep`` chooses by their labels and weights, of what ``read`` makes of both."""

    def __init__(
        self,
        source: Any,
        read: Callable[[Any, np.ndarray], Labelled],
        keep: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ):
        self.source, self.read, self.keep = source, read, keep

    def __iter__(self) -> Iterator[tuple[Labelled, np.ndarray]]:
        for labelled, weight in parted(self.source):
            rows, labels = labelled.rows, labelled.labels
            kept = np.flatnonzero(self.keep(labels, weight))
            if len(kept) < len(labels):
                rows, labels, weight = _safe_indexing(rows, kept), labels[kept], weight[kept]
            if len(labels):
                yield self.read(rows, labels), weight
