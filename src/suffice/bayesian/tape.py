"""A network as a tape of pairwise contractions of tables and likelihoods, in the order of an elimination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

from suffice.bayesian.order import bits

ONE = 0
"""The slot of the number 1: what is contracted with it is only summed."""


class Leaf(NamedTuple):
    """A factor that is given: the table of a node, or the likelihood of its states."""

    node: int
    table: bool


class Step(NamedTuple):
    """Two slots multiplied, and summed over the nodes that no other slot holds."""

    left: int
    right: int


@dataclass(frozen=True)
class Tape:
    """What is multiplied and summed, in order: slots are the number 1, the leaves, then the results of the steps.

    ``scopes`` are the nodes of each slot as the ones of a whole number, ``by_row`` whether it differs between rows, ``roots`` the
    slots without nodes, whose product is the probability, and ``holders`` the slots that hold a node when it is summed out.
    ``closed`` are nodes observed together with all parents: their probability is a factor of each row. ``joint`` is the slot of
    the nodes that are kept, where there are any.
    """

    leaves: tuple[Leaf, ...]
    steps: tuple[Step, ...]
    scopes: tuple[int, ...]
    by_row: tuple[bool, ...]
    roots: tuple[int, ...]
    holders: dict[int, list[int]]
    closed: tuple[int, ...]
    joint: int | None

    def slot_of(self, step: int) -> int:
        """Slot of a step's result."""
        return 1 + len(self.leaves) + step


class Evidence(NamedTuple):
    """Which nodes are observed in all rows, and which have likelihoods, as the ones of whole numbers."""

    observed: int
    mixed: int


def build_tape(
    families: Sequence[int],
    cardinalities: Sequence[int],
    order: Sequence[int],
    evidence: Evidence,
    relevant: int = -1,
    kept: int = 0,
) -> Tape:
    """The tape of the families of ``relevant`` nodes, which are summed out in this order, observed and kept ones apart."""
    making = _Making(cardinalities, kept)
    closed = []
    for node, family in enumerate(families):
        if relevant >> node & 1:
            scope = family & ~evidence.observed
            if scope:
                making.add_leaf(Leaf(node, True), scope, scope != family)
            else:
                closed.append(node)
    for node in bits(evidence.mixed & relevant):
        making.add_leaf(Leaf(node, False), 1 << node, True)
    making.sum_private()
    for node in order:
        making.eliminate(node)
    return making.tape(closed, making.join_kept())


class _Making:
    """A tape in the making: which slots are still to be multiplied, and which of them hold each node."""

    def __init__(self, cardinalities: Sequence[int], kept: int):
        self.cardinalities, self.kept = cardinalities, kept
        self.leaves, self.steps, self.holders = [], [], {}
        self.scopes, self.by_row, self.sizes = [0], [False], [1]
        self.live: dict[int, set[int]] = {}

    def add_leaf(self, leaf: Leaf, scope: int, by_row: bool) -> None:
        self.leaves.append(leaf)
        self._add(scope, by_row)

    def _add(self, scope: int, by_row: bool) -> int:
        slot, size = len(self.scopes), 1
        self.scopes.append(scope)
        self.by_row.append(by_row)
        for node in bits(scope):
            size *= self.cardinalities[node]
            self.live.setdefault(node, set()).add(slot)
        self.sizes.append(size)
        return slot

    def sum_private(self) -> None:
        """Nodes that one leaf alone holds are summed at once."""
        for slot in range(1, len(self.scopes)):
            private = [node for node in bits(self.scopes[slot] & ~self.kept) if len(self.live[node]) == 1]
            if private:
                self._step(slot, ONE, sum(1 << node for node in private))

    def eliminate(self, node: int) -> None:
        slots = self.live.get(node)
        if slots:
            self._fold(sorted(slots, key=lambda slot: (self.sizes[slot], slot)))

    def _fold(self, slots: list[int]) -> None:
        """Multiplies slots, small ones first: those of rows, those that are the same for all, then the two together."""
        rows = [slot for slot in slots if self.by_row[slot]]
        same = [slot for slot in slots if not self.by_row[slot]]
        for slot in [slot for slot in same if rows and not self.scopes[slot] & ~self.scopes[rows[-1]]]:
            same.remove(slot)
            within = next(place for place, row in enumerate(rows) if not self.scopes[slot] & ~self.scopes[row])
            rows[within] = self._multiply(slot, rows[within])
        self._chain([self._chain(part) for part in (same, rows) if part])

    def join_kept(self) -> int | None:
        """Multiplies what holds the kept nodes; its slot."""
        slots = {slot for node in bits(self.kept) for slot in self.live[node]}
        return self._chain(sorted(slots, key=lambda slot: (self.sizes[slot], slot))) if slots else None

    def _chain(self, slots: list[int]) -> int:
        return reduce(self._multiply, slots)

    def _multiply(self, left: int, right: int) -> int:
        both = self.scopes[left] & self.scopes[right] & ~self.kept
        return self._step(left, right, sum(1 << node for node in bits(both) if len(self.live[node]) == 2))

    def _step(self, left: int, right: int, summed: int) -> int:
        union = self.scopes[left] | self.scopes[right]
        for slot in (left, right):
            for node in bits(self.scopes[slot]):
                self.live[node].discard(slot)
        for node in bits(summed):
            self.holders[node] = [left, right]
        self.steps.append(Step(left, right))
        return self._add(union & ~summed, self.by_row[left] or self.by_row[right])

    def tape(self, closed: Sequence[int], joint: int | None) -> Tape:
        roots = tuple(slot for slot, scope in enumerate(self.scopes) if scope == 0 and slot != ONE)
        return Tape(
            tuple(self.leaves), tuple(self.steps), tuple(self.scopes), tuple(self.by_row),
            roots, self.holders, tuple(closed), joint,
        )  # fmt: skip
