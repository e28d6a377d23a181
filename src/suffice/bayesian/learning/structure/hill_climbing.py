"""Hill climbing over structures, with a list of those that are not visited again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from suffice.bayesian.learning.structure.reach import Reach
from suffice.bayesian.learning.structure.scores import FamilyScores

PATIENCE = 15
"""Changes in a row that find nothing better before a walk ends."""
WALKS = 3
"""Walks in a row that find nothing better before the search ends."""
TURNS = 5
"""Edges turned between two walks."""
LEAST = 1e-9
"""A structure is better by more than this share of its score."""
Edge = tuple[int, int]


@dataclass(frozen=True)
class Limits:
    """Edges that stay, edges that are not taken, and the most parents of a node."""

    required: frozenset[Edge] = frozenset()
    forbidden: frozenset[Edge] = frozenset()
    max_parents: int | None = None


@dataclass
class Found:
    """A structure, its score and how many changes led there."""

    parents: list[list[int]]
    score: float
    steps: int


@dataclass
class _Climb:
    """The structure of the moment, and what each change of one edge would bring."""

    scores: FamilyScores
    limits: Limits
    parents: list[frozenset[int]] = field(init=False)
    add: np.ndarray = field(init=False)
    drop: np.ndarray = field(init=False)
    reach: Reach = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.scores.counts.sizes)
        self.parents = [frozenset(one for one, child in self.limits.required if child == node) for node in range(count)]
        self.add, self.drop = np.full((count, count), -np.inf), np.full((count, count), -np.inf)
        self.reach = Reach(count, self.limits.required)
        self._kept = np.zeros((count, count), bool)
        self._free = ~np.eye(count, dtype=bool)
        self._kept[tuple(zip(*self.limits.required, strict=True)) if self.limits.required else ([], [])] = True
        self._free[tuple(zip(*self.limits.forbidden, strict=True)) if self.limits.forbidden else ([], [])] = False
        for node in range(count):
            self._weigh(node)

    @property
    def score(self) -> float:
        return self.scores.of_structure(self.parents)

    def sorted_parents(self) -> list[list[int]]:
        return [sorted(own) for own in self.parents]

    def restore(self, parents: Sequence[Sequence[int]]) -> None:
        """Go back to a structure."""
        changed = [node for node, own in enumerate(parents) if self.parents[node] != frozenset(own)]
        self.parents = [frozenset(own) for own in parents]
        self.reach = Reach(len(parents), ((one, node) for node, own in enumerate(parents) for one in own))
        for node in changed:
            self._weigh(node)

    def turn_covered(self, generator: np.random.Generator) -> None:
        """Turn a few edges whose ends have the same other parents, which changes no likelihood."""
        changed: set[int] = set()
        for _ in range(TURNS):
            covered = [edge for edge in zip(*self.reach.edges.nonzero(), strict=True) if self._may_turn(*edge)]
            if not covered:
                break
            parent, child = covered[generator.integers(len(covered))]
            self._turn(int(parent), int(child))
            changed |= {int(parent), int(child)}
        for node in sorted(changed):
            self._weigh(node)

    def _may_turn(self, parent: int, child: int) -> bool:
        above, most = self.parents[parent], self.limits.max_parents
        free = self._free[child, parent] and not self._kept[parent, child]
        return bool(free) and self.parents[child] == above | {parent} and (most is None or len(above) < most)

    def _turn(self, parent: int, child: int) -> None:
        self.parents[child] -= {parent}
        self.parents[parent] |= {child}
        self.reach.drop(parent, child)
        self.reach.add(child, parent)

    def changes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What adding, dropping and turning each edge brings, minus infinity where it is not allowed."""
        most = np.inf if self.limits.max_parents is None else self.limits.max_parents
        room = np.array([len(own) < most for own in self.parents])
        edges = self.reach.edges
        adding = np.where(self._free & room[None] & ~edges & ~self.reach.paths.T, self.add, -np.inf)
        loose = edges & ~self._kept
        dropping = np.where(loose, self.drop, -np.inf)
        turnable = loose & self._free.T & room[:, None] & ~self.reach.ways_round()
        with np.errstate(invalid="ignore"):
            turning = np.where(turnable, self.drop + self.add.T, -np.inf)
        return adding, dropping, turning

    def make(self, kind: int, parent: int, child: int) -> None:
        """Add, drop or turn an edge."""
        if kind:
            self.parents[child] -= {parent}
            self.reach.drop(parent, child)
        if kind == 2:
            parent, child = child, parent
        if kind != 1:
            self.parents[child] |= {parent}
            self.reach.add(parent, child)
        for node in {parent, child} if kind == 2 else {child}:
            self._weigh(node)

    def _weigh(self, node: int) -> None:
        """What the node's score gains by each parent more or less."""
        own = self.parents[node]
        now = self.scores.of(node, own)
        most = -(now + self.scores.cost(node, sorted(own))) if self.scores.criterion in ("bic", "aic") else np.inf
        for other in range(len(self.parents)):
            if other in own:
                self.drop[other, node] = self.scores.of(node, own - {other}) - now
            elif self._free[other, node] and self._pays(node, own | {other}, own, most):
                self.add[other, node] = self.scores.of(node, own, other) - now
            else:
                self.add[other, node] = -np.inf

    def _pays(self, node: int, parents: frozenset[int], own: frozenset[int], most: float) -> bool:
        """Whether a larger table can cost less than all that is left to be explained, doubled to leave the search room."""
        return self.scores.cost(node, sorted(parents)) - self.scores.cost(node, sorted(own)) <= 2 * most


def climbed(scores: FamilyScores, limits: Limits) -> Found:
    """The best structure of several walks, each from where edges of the best so far are turned that change no likelihood.

    A walk goes to the best neighbour not visited before, up or down, by adding, dropping or turning one edge (Bouckaert, 1995).
    Turning covered edges between walks lets it leave the structure for others of its class (Castelo and Kocka, 2003).
    """
    climb, generator = _Climb(scores, limits), np.random.default_rng(0)
    walk = _Walk(climb, generator.integers(2**63, size=climb.add.shape, dtype=np.int64))
    best, idle = walk.best(), 0
    while idle < WALKS:
        climb.restore(best.parents)
        climb.turn_covered(generator)
        found = walk.best()
        better = found.score > best.score + LEAST * abs(best.score)
        best, idle = (Found(found.parents, found.score, best.steps + found.steps), 0) if better else (best, idle + 1)
    return Found(best.parents, scores.of_structure(best.parents), best.steps)


class _Walk:
    """Walks over structures, none of which is visited twice; each has the sum of its edges' words as its name."""

    def __init__(self, climb: _Climb, words: np.ndarray):
        self.climb, self.words = climb, words
        self.visited: set[int] = set()

    def best(self) -> Found:
        """The best structure of one walk from where the climb is."""
        climb, calm, steps = self.climb, 0, 0
        best = Found(climb.sorted_parents(), climb.score, 0)
        height, name = best.score, self._name()
        self.visited.add(int(name))
        while calm < PATIENCE:
            chosen = _best_change(climb.changes(), self.words, name, self.visited)
            if chosen is None:
                break
            kind, parent, child, gain, name = chosen
            climb.make(kind, parent, child)
            self.visited.add(int(name))
            height, steps, calm = height + gain, steps + 1, calm + 1
            if height > best.score + LEAST * abs(best.score):
                best, calm = Found(climb.sorted_parents(), height, steps), 0
        return best

    def _name(self) -> np.int64:
        return np.bitwise_xor.reduce(self.words[self.climb.reach.edges], initial=np.int64(0))


def _best_change(
    gains: Sequence[np.ndarray], words: np.ndarray, name: np.int64, visited: Iterable[int]
) -> tuple[int, int, int, float, np.int64] | None:
    """The change that brings most among those that lead to a structure that is new; None where there is none."""
    names = (words, words, words ^ words.T)
    seen = np.array(sorted(visited), np.int64)
    best = None
    for kind, (gain, own) in enumerate(zip(gains, names, strict=True)):
        place = _first_new(gain, own ^ name, seen)
        if place is not None and (best is None or gain[place] > best[3]):
            best = (kind, int(place[0]), int(place[1]), float(gain[place]), own[place] ^ name)
    return best


def _first_new(gain: np.ndarray, names: np.ndarray, seen: np.ndarray) -> tuple[int, int] | None:
    new = np.where(np.isfinite(gain) & ~np.isin(names, seen), gain, -np.inf)
    place = np.unravel_index(int(new.argmax()), new.shape)
    return (int(place[0]), int(place[1])) if np.isfinite(new[place]) else None
