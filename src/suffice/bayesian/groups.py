"""Rows grouped by whether the nodes that make the work are observed, as finely as pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from suffice.bayesian.order import bits
from suffice.bayesian.planner import PRODUCT, Planner, mask_of
from suffice.bayesian.tape import Evidence

PLAN = 90e-6
"""Seconds that a plan takes for each node that is not observed."""
RUN = 12e-6
"""Seconds that a tile of rows takes for each node that is not observed, however few its rows are."""


@dataclass(frozen=True)
class Group:
    """Rows by their numbers, what is observed in all of them or in some, and the magnitude of the whole table."""

    rows: np.ndarray
    evidence: Evidence
    magnitude: int

    def tiles(self, size: int) -> Iterator[np.ndarray | slice]:
        """Numbers of so many rows at a time, which increase; a slice where they follow one another."""
        for start in range(0, len(self.rows), size):
            rows = self.rows[start : start + size]
            together = rows[-1] - rows[0] + 1 == len(rows)
            yield slice(int(rows[0]), int(rows[-1]) + 1) if together else rows


def grouped(planner: Planner, states: np.ndarray, passes: int) -> list[Group]:
    """Groups of rows by their codes (nodes, n), for so many passes over them."""
    magnitude = 1 << (states.shape[1] * passes - 1).bit_length()
    seen, work = states >= 0, _Work(planner, magnitude)
    found, ahead = [], [np.arange(states.shape[1])]
    while ahead:
        rows = ahead.pop()
        share = _shares(seen if len(rows) == seen.shape[1] else seen[:, rows])
        parts = _split(work, seen, rows, share, passes)
        if parts:
            ahead += parts
        elif len(rows):
            found.append(Group(rows, _evidence(share), magnitude))
    return found


def _shares(seen: np.ndarray) -> np.ndarray:
    """Share of the rows that observe each node."""
    return np.array([np.count_nonzero(own) for own in seen]) / max(1, seen.shape[1])


def _evidence(share: np.ndarray) -> Evidence:
    mixed = (share > 0) & (share < 1)
    return Evidence(mask_of(np.flatnonzero(share == 1).tolist()), mask_of(np.flatnonzero(mixed).tolist()))


def _split(work: _Work, seen: np.ndarray, rows: np.ndarray, share: np.ndarray, passes: int) -> list[np.ndarray]:
    """Two or more parts where working on each alone takes less time than together."""
    mixed = (share > 0) & (share < 1)
    if not mixed.any():
        return []
    sizes = work.sizes(share == 1)
    overhead = (share < 1).sum() * (PLAN / passes + RUN)
    if PRODUCT * sizes.sum() > overhead:
        return _patterns(seen, rows)
    gain = PRODUCT * len(rows) * share * mixed * work.saved(sizes)
    node = int(gain.argmax())
    if gain[node] < overhead:
        return []
    own = seen[node, rows]
    return [rows[own], rows[~own]]


def _patterns(seen: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """Rows that observe the same nodes."""
    _, place = np.unique(np.packbits(seen[:, rows], axis=0), axis=1, return_inverse=True)
    order = np.argsort(place, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(place[order])) + 1)


class _Work:
    """Entries of the tables of an elimination, which observed nodes make smaller."""

    def __init__(self, planner: Planner, rows: int):
        cliques = planner.cliques(rows)
        self.member = np.zeros((len(cliques), len(planner.parents)))
        for place, clique in enumerate(cliques):
            self.member[place, list(bits(clique))] = 1.0
        self.logs = np.log(planner.cardinalities)

    def sizes(self, observed: np.ndarray) -> np.ndarray:
        """Entries of the table of each elimination."""
        return np.exp(self.member @ (self.logs * ~observed))

    def saved(self, sizes: np.ndarray) -> np.ndarray:
        """Entries that are saved where each node is observed."""
        return (sizes @ self.member) * -np.expm1(-self.logs)
