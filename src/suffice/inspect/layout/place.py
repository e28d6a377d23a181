"""A layout of one level: rows, places across, and the way of every link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suffice.inspect.layout.align import places_across
from suffice.inspect.layout.crossings import crossings
from suffice.inspect.layout.items import Item, Link, check_links
from suffice.inspect.layout.layers import layers
from suffice.inspect.layout.order import ordered
from suffice.inspect.layout.room import reach
from suffice.inspect.layout.rows import rows_of


@dataclass(frozen=True)
class Layout:
    """Where items and bends of links are.

    ``rows`` holds the members of each layer from left to right: numbers of items, and of bends from the number of items on.
    ``across`` is the axis of each member, from the left edge of the picture, which is so wide; ``row`` its layer. ``ways``
    holds the members that each link passes, its ends among them.
    """

    rows: list[list[int]]
    row: list[int]
    across: list[float]
    ways: list[list[int]]
    width: float
    crossings: int


def lay_out(items: Sequence[Item], links: Sequence[Link]) -> Layout:
    """Layers of items so that every link runs downwards, few cross, and no two members of a layer touch."""
    check_links(items, links)
    found = ordered(rows_of(items, links, layers(items, links)))
    across = places_across(found)
    members = [member for row in found.rows for member in row]
    left = min((across[m] - reach(found, m)[0] for m in members), default=0.0)
    right = max((across[m] + reach(found, m)[1] for m in members), default=0.0)
    row = [0] * len(members)
    for number, own in enumerate(found.rows):
        for member in own:
            row[member] = number
    return Layout(found.rows, row, [place - left for place in across], found.ways, right - left, crossings(found))
