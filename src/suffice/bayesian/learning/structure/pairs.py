"""Counts of all pairs of nodes at once, by one product of indicators, and their mutual information."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from suffice.bayesian.learning.counts import Counts

TILE = 4096


class PairCounts:
    """Counts of every pair of nodes over the rows that observe both."""

    def __init__(self, counts: Counts):
        self.counts = counts
        self.ends = np.cumsum([0, *counts.sizes])

    def of(self, one: int, other: int) -> np.ndarray:
        """Counts (states of one, states of the other)."""
        return self._all[self.ends[one] : self.ends[one + 1], self.ends[other] : self.ends[other + 1]]

    @cached_property
    def _all(self) -> np.ndarray:
        codes, weight, width = self.counts.codes, self.counts.weight, int(self.ends[-1])
        total = np.zeros((width, width))
        for start in range(0, len(codes), TILE):
            part = codes[start : start + TILE]
            indicators = self._indicators(part, width)
            weighted = indicators if weight is None else indicators * weight[start : start + TILE, None]
            total += indicators.T @ weighted
        return total

    def _indicators(self, codes: np.ndarray, width: int) -> np.ndarray:
        indicators = np.zeros((len(codes), width + 1))
        places = np.where(codes >= 0, codes + self.ends[:-1], width)
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
