"""Hill climbing over structures, with a list of those that are not visited again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from suffice.bayesian.learning.structure.reach import Reach
from suffice.bayesian.learning.structure.scores import FamilyScores

PATIENCE = 15
"""Changes in a row that find nothing better before the first walk ends; of later ones fewer, where there are many nodes."""
WALKS = 20
"""Walks after the first."""
APART = 0.1
"""Share of the nodes that lose their edges before each of them."""
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

    def take_apart(self, generator: np.random.Generator) -> None:
        """Drop the edges of a few nodes, those apart that are required."""
        count = len(self.parents)
        some = generator.choice(count, min(count, max(2, round(APART * count))), replace=False)
        kept = self.reach.edges.copy()
        kept[some], kept[:, some] = self._kept[some], self._kept[:, some]
        self.restore([np.flatnonzero(own).tolist() for own in kept.T])

    def changes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What adding, dropping and turning each edge brings, minus infinity where it is not allowed."""
        most = np.inf if self.limits.max_parents is None else self.limits.max_parents
        room = np.array([len(own) < most for own in self.parents])
        edges = self.reach.edges
        adding = np.where(room[None] & ~edges & ~self.reach.paths.T, self.add, -np.inf)
        loose = edges & ~self._kept
        dropping = np.where(loose, self.drop, -np.inf)
        turnable = loose & room[:, None] & ~self.reach.ways_round()
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
        """What the node's score gains by each parent more or less.

        A parent is not weighed where its table would cost twice as much as all that is left to be explained.
        """
        own = self.parents[node]
        now, cost = self.scores.of(node, own), self.scores.cost(node, own)
        most = -2 * (now + cost) if self.scores.price else np.inf
        for other in range(len(self.parents)):
            if other in own:
                self.drop[other, node] = self.scores.of(node, own - {other}) - now
            elif self._free[other, node] and cost * (self.scores.counts.sizes[other] - 1) <= most:
                self.add[other, node] = self.scores.of(node, own, other) - now
            else:
                self.add[other, node] = -np.inf


def climbed(scores: FamilyScores, limits: Limits) -> Found:
    """The best structure of several walks, each but the first from the best so far, where a few nodes have lost their edges.

    A walk goes to the best neighbour not visited before, up or down, by adding, dropping or turning one edge (Bouckaert, 1995).
    Nodes that find their edges anew leave maxima that no single change does (Moore and Wong, 2003).
    """
    climb, generator = _Climb(scores, limits), np.random.default_rng(0)
    words = generator.integers(2**63, size=climb.add.shape, dtype=np.int64)
    best = _walked(climb, words, PATIENCE)
    patience = max(1, PATIENCE - len(best.parents) // 3)
    for _ in range(WALKS):
        climb.restore(best.parents)
        climb.take_apart(generator)
        found = _walked(climb, words, patience)
        if found.score > best.score + LEAST * abs(best.score):
            best = Found(found.parents, found.score, best.steps + found.steps)
    return Found(best.parents, scores.of_structure(best.parents), best.steps)


def _walked(climb: _Climb, words: np.ndarray, patience: int) -> Found:
    """The best structure of one walk, which visits none twice; each has the sum of its edges' ``words`` as its name."""
    best = Found(climb.sorted_parents(), climb.score, 0)
    name = np.bitwise_xor.reduce(words[climb.reach.edges], initial=np.int64(0))
    height, visited, steps, calm = best.score, {int(name)}, 0, 0
    while calm < patience:
        chosen = _best_change(climb.changes(), words, name, visited)
        if chosen is None:
            break
        kind, parent, child, gain, name = chosen
        climb.make(kind, parent, child)
        visited.add(int(name))
        height, steps, calm = height + gain, steps + 1, calm + 1
        if height > best.score + LEAST * abs(best.score):
            best, calm = Found(climb.sorted_parents(), height, steps), 0
    return best


def _best_change(
    gains: Sequence[np.ndarray], words: np.ndarray, name: np.int64, visited: set[int]
) -> tuple[int, int, int, float, np.int64] | None:
    """The change that brings most among those that lead to a structure that is new; None where there is none."""
    names = (words, words, words ^ words.T)
    best = None
    for kind, (gain, own) in enumerate(zip(gains, names, strict=True)):
        place = _first_new(gain, own, name, visited)
        if place is not None and (best is None or gain[place] > best[3]):
            best = (kind, *place, float(gain[place]), own[place] ^ name)
    return best


def _first_new(gain: np.ndarray, own: np.ndarray, name: np.int64, visited: set[int]) -> tuple[int, int] | None:
    while True:
        place = np.unravel_index(int(gain.argmax()), gain.shape)
        if not np.isfinite(gain[place]):
            return None
        if int(own[place] ^ name) not in visited:
            return int(place[0]), int(place[1])
        gain[place] = -np.inf
