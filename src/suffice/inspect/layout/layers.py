"""Layers: every item below all that it reads, and as near to them as may be."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.inspect.layout.items import Item, Link


def layers(items: Sequence[Item], links: Sequence[Link]) -> list[int]:
    """The layer of each item, the top one 0: longest paths, then all that others do not hold moved down to where it is read."""
    above, below = _neighbours(len(items), links)
    pinned = any(item.level == "first" for item in items)
    found: list[int] = []
    for item, sources in zip(items, above, strict=True):
        own = 0 if item.level == "first" or not pinned else 1
        found.append(max((found[source] + 1 for source in sources), default=own))
    for number in reversed(range(len(items))):
        free = all(len(below[source]) == 1 for source in above[number])
        if below[number] and free and not items[number].level:
            found[number] = min(found[target] for target in below[number]) - 1
    return _pinned_to_the_bottom(items, found)


def _neighbours(count: int, links: Sequence[Link]) -> tuple[list[set[int]], list[set[int]]]:
    above: list[set[int]] = [set() for _ in range(count)]
    below: list[set[int]] = [set() for _ in range(count)]
    for link in links:
        above[link.target].add(link.source)
        below[link.source].add(link.target)
    return above, below


def _pinned_to_the_bottom(items: Sequence[Item], found: list[int]) -> list[int]:
    lowest = max((level for item, level in zip(items, found, strict=True) if item.level != "last"), default=-1) + 1
    return [lowest if item.level == "last" else level for item, level in zip(items, found, strict=True)]
