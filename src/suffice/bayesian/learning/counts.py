"""How often each family of nodes was seen: a table of counts for parents and child together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from suffice.bayesian.network import listed

KEPT_BYTES = 2**28
"""Columns of fewer bytes in all are kept as whole numbers of a machine's own size."""
MOST_CELLS = 2**27
"""Largest table, a gigabyte."""


class Counts:
    """Counts of families over rows (n, nodes) of positions, weighted by (n,); rows that miss a member are left out.

    ``counted`` are counts of more rows, by family.
    """

    def __init__(
        self,
        codes: np.ndarray,
        weight: np.ndarray,
        sizes: Sequence[int],
        counted: Mapping[tuple[int, ...], np.ndarray] | None = None,
    ):
        self.codes, self.sizes, self.counted = codes, tuple(sizes), counted or {}
        self.weight = None if (weight == 1).all() else weight
        self.gaps = np.any(codes < 0, axis=0)
        self._incomplete = bool(self.gaps.any())
        self._small = 8 * codes.size <= KEPT_BYTES
        self._wide: dict[int, np.ndarray] = {}
        self._last: tuple[tuple[int, ...], np.ndarray] = ((), codes[:0])

    def of(self, family: Sequence[int]) -> np.ndarray:
        """Counts (sizes of the family) of the rows that observe all its nodes."""
        shape = tuple(self.sizes[node] for node in family)
        found = self.flat(family[:-1], family[-1]).reshape(shape).astype(np.float64, copy=False)
        return found + self.counted[tuple(family)] if tuple(family) in self.counted else found

    def flat(self, first: Sequence[int], last: int) -> np.ndarray:
        """The same of nodes and one more, as one list; the places of the nodes before the last are kept for the next."""
        place, weight = self._places([*first, last]), self.weight
        family = [*first, last]
        if self._incomplete and self.gaps[family].any():
            known = np.all(self.codes[:, family] >= 0, axis=1)
            place, weight = place[known], None if weight is None else weight[known]
        return np.bincount(place, weight, prod(self.sizes[node] for node in family))

    def _places(self, family: Sequence[int]) -> np.ndarray:
        place = self._column(family[0])
        if len(family) == 1:
            return place
        first = tuple(family[:-1])
        if first != self._last[0]:
            for node in first[1:]:
                place = place * self.sizes[node] + self._column(node)
            self._last = (first, place)
        return self._last[1] * self.sizes[family[-1]] + self._column(family[-1])

    def _column(self, node: int) -> np.ndarray:
        if not self._small:
            return self.codes[:, node].astype(np.intp)
        if node not in self._wide:
            self._wide[node] = self.codes[:, node].astype(np.intp)
        return self._wide[node]


def check_sizes(nodes: Sequence[str], sizes: Sequence[int], families: Sequence[Sequence[int]]) -> None:
    """Refuse tables that are too large."""
    for family in families:
        cells = float(np.prod([float(sizes[node]) for node in family]))
        if cells > MOST_CELLS:
            named = listed([nodes[node] for node in family[:-1]])
            raise ValueError(
                f"The table of {nodes[family[-1]]!r} given {named} has {cells:.3g} numbers; at most {MOST_CELLS:,} are taken: "
                "give it fewer parents."
            )
