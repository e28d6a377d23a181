"""Rows grouped by which nodes they observe, as finely as pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from suffice.bayesian.order import bits
from suffice.bayesian.planner import Planner, mask_of
from suffice.bayesian.tape import Evidence


@dataclass(frozen=True)
class Group:
    """Rows by their numbers, and what is observed in all of them or in some."""

    rows: np.ndarray
    evidence: Evidence

    def tiles(self, size: int) -> Iterator[np.ndarray]:
        """Numbers of so many rows at a time."""
        for start in range(0, len(self.rows), size):
            yield self.rows[start : start + size]


def grouped(planner: Planner, states: np.ndarray, wanted: int, passes: int) -> list[Group]:
    seen = states >= 0
    every, some = seen.all(1), seen.any(1)
    return [Group(np.arange(states.shape[1]), Evidence(mask_of(np.flatnonzero(every).tolist()), mask_of(np.flatnonzero(some & ~every).tolist())))]
