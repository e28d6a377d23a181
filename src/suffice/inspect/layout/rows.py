"""Rows of a layout: the items of each layer, and a bend wherever a link passes through a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from suffice.inspect.layout.items import Item, Link


@dataclass(frozen=True)
class Segment:
    """A piece of a link between two neighbouring layers, with the places from the axes at which it leaves and enters."""

    upper: int
    lower: int
    leaves: float = 0.0
    enters: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True)
class Rows:
    """Members of each layer from left to right: numbers of items, and of bends from ``len(items)`` on.

    ``ways`` holds the members that each link passes, from its source to its target.
    """

    items: Sequence[Item]
    rows: list[list[int]]
    segments: list[Segment]
    ways: list[list[int]]

    def is_bend(self, member: int) -> bool:
        """Whether a member is a bend of a link rather than an item."""
        return member >= len(self.items)


def rows_of(items: Sequence[Item], links: Sequence[Link], layer: Sequence[int]) -> Rows:
    """Items in their layers, with links of one value sharing their bends."""
    rows: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for number, own in enumerate(layer):
        rows[own].append(number)
    bends: dict[tuple[int, int, int], int] = {}
    pieces: dict[tuple[int, int, float, float], float] = {}
    ways = []
    for link in links:
        way = _way(link, layer, bends, rows, len(items))
        ways.append(way)
        for piece, weight in _pieces(link, way):
            pieces[piece] = max(weight, pieces.get(piece, 0.0))
    return Rows(items, rows, [Segment(*piece, weight) for piece, weight in pieces.items()], ways)


def _way(link: Link, layer: Sequence[int], bends: dict, rows: list[list[int]], count: int) -> list[int]:
    way = [link.source]
    for level in range(layer[link.source] + 1, layer[link.target]):
        key = (link.source, link.port, level)
        if key not in bends:
            bends[key] = count + len(bends)
            rows[level].append(bends[key])
        way.append(bends[key])
    return [*way, link.target]


def _pieces(link: Link, way: list[int]) -> list[tuple[tuple[int, int, float, float], float]]:
    """Pieces of a link; where a long one begins and ends, it bends rather than others."""
    last = len(way) - 2
    return [
        (
            (upper, lower, link.leaves if place == 0 else 0.0, link.enters if place == last else 0.0),
            link.weight / (2 if last > 0 and place in (0, last) else 1),
        )
        for place, (upper, lower) in enumerate(pairwise(way))
    ]
