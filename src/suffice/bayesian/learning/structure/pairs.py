"""Counts of all pairs of nodes at once, by one product of indicators, and their mutual information."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from suffice.bayesian.learning.counts import Counts

TILE = 4096


class PairCounts:
    """Counts of every pair of nodes over the rows that observe both."""

    def __init__(self, counts: Counts):
        self.counts = counts

    def of(self, one: int, other: int) -> np.ndarray:
        """Counts (states of one, states of the other)."""
        return counts_of_pair(self._table, self.counts.sizes, one, other)

    @cached_property
    def _table(self) -> np.ndarray:
        return pair_table(self.counts)


def counts_of_pair(table: np.ndarray, sizes: Sequence[int], one: int, other: int) -> np.ndarray:
    """Counts (states of one, states of the other), of those of all pairs."""
    ends = np.cumsum([0, *sizes])
    return table[ends[one] : ends[one + 1], ends[other] : ends[other + 1]]


def pair_table(counts: Counts) -> np.ndarray:
    """Counts (states of all nodes, states of all nodes) of every pair of nodes over the rows that observe both."""
    codes, weight, width = counts.codes, counts.weight, sum(counts.sizes)
    first = np.cumsum([0, *counts.sizes[:-1]])
    total = np.zeros((width, width))
    for start in range(0, len(codes), TILE):
        indicators = _indicators(codes[start : start + TILE], first, width)
        weighted = indicators if weight is None else indicators * weight[start : start + TILE, None]
        total += indicators.T @ weighted
    return total


def _indicators(codes: np.ndarray, first: np.ndarray, width: int) -> np.ndarray:
    indicators = np.zeros((len(codes), width + 1))
    places = np.where(codes >= 0, codes + first, width)
    indicators[np.arange(len(codes))[:, None], places] = 1.0
    return indicators[:, :width]


def mutual_information(joint: np.ndarray) -> float:
    r"""Mutual information of two nodes in nats, from their counts; 0 where no row observes both."""
    total = joint.sum()
    if not total > 0:
        return 0.0
    shares = joint / total
    apart = shares.sum(1, keepdims=True) * shares.sum(0, keepdims=True)
    seen = shares > 0
    return max(0.0, float((shares[seen] * np.log(shares[seen] / apart[seen])).sum()))
