"""Rows to fit, and a sample of them to try things on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast

import numpy as np
from scipy.sparse import csr_array, issparse, vstack
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import _num_samples

from suffice.rows.streams import is_stream, on_host, parted
from suffice.runtime.types import ArrayLike, Batch, RandomState, TableLike

SAMPLE_ROWS = 10_000


class Rows:
    """Rows of any kind that ``fit`` takes, with their weights."""

    def __init__(self, rows: TableLike, weight: ArrayLike | None, random_state: RandomState):
        self.rows, self.weight, self.random_state = rows, weight, random_state

    @property
    def sample(self) -> Any:
        """At most 10,000 rows in memory, drawn without replacement."""
        return self._sampled[0]

    @property
    def as_fitted(self) -> Any:
        """The sample as a fitted estimator takes it: of a stream, which may name its columns, as a batch."""
        return [self.sample] if is_stream(self.rows) else self.sample

    @property
    def sample_weight(self) -> np.ndarray:
        """Their weights ``(n,)``."""
        return self._sampled[1]

    def weights(self) -> np.ndarray:
        """Weights ``(n,)`` of rows in memory, 1 where none were given."""
        return np.ones(_num_samples(self.rows)) if self.weight is None else np.asarray(self.weight, float)

    def part(self, index: np.ndarray) -> Rows:
        """The rows of these numbers."""
        weight = None if self.weight is None else np.asarray(self.weight, float)[index]
        return Rows(_safe_indexing(on_host(self.rows), index), weight, self.random_state)

    @cached_property
    def _sampled(self) -> tuple[Any, np.ndarray]:
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        generator = np.random.default_rng(seed)
        if is_stream(self.rows):
            return _sample_of_stream(cast("Iterable[Batch]", self.rows), generator)
        count = _num_samples(self.rows)
        if count <= SAMPLE_ROWS:
            return on_host(self.rows), self.weights()
        part = self.part(np.sort(generator.choice(count, SAMPLE_ROWS, replace=False)))
        return part.rows, part.weights()


def _sample_of_stream(batches: Iterable[Batch], generator: np.random.Generator) -> tuple[Any, np.ndarray]:
    """Every row gets a random number, and those with the smallest are the sample."""
    keys, rows, weights = np.zeros(0), None, np.zeros(0)
    for given, weight in parted(batches):
        batch = csr_array(given) if issparse(given) else np.asarray(given)
        keys = np.concatenate([keys, generator.random(len(weight))])
        rows = batch if rows is None else _together(rows, batch)
        weights = np.concatenate([weights, weight])
        kept = np.sort(np.argsort(keys, kind="stable")[:SAMPLE_ROWS])
        keys, rows, weights = keys[kept], rows[kept], weights[kept]
    return rows, weights


def _together(rows: Any, batch: Any) -> Any:
    """Both, sparse where one is."""
    sparse = issparse(rows) or issparse(batch)
    return csr_array(vstack([rows, batch], format="csr")) if sparse else np.concatenate([rows, batch])
