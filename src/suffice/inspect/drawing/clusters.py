"""Vertices of an acyclic graph brought together by keys, in so few clusters that no circle arises between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from heapq import heappop, heappush

Ends = tuple[int, int]


def clusters(keys: Sequence[Hashable], ends: Sequence[Ends]) -> list[int]:
    """A cluster for each vertex; a key has several where a way leaves it and comes back. Ends run from lower to higher numbers.

    A key None stands for a key of one's own.
    """
    own = [(number,) if key is None else (key, 0) for number, key in enumerate(keys)]
    found = _numbered(own)
    entangled = _on_circles(found, ends)
    if not entangled:
        return found
    again: list[tuple] = [
        (number,) if found[number] in entangled else (found[number], 0) for number in range(len(keys))
    ]
    for key in dict.fromkeys(
        key for key, cluster in zip(keys, found, strict=True) if cluster in entangled and key is not None
    ):
        _bring_together(key, keys, again, ends)
    return _numbered(again)


def _numbered(labels: Sequence[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def _bring_together(key: Hashable, keys: Sequence[Hashable], labels: list[tuple], ends: Sequence[Ends]) -> None:
    """Vertices of one key share a label where no way between them leaves the key."""
    clustered = _numbered(labels)
    inside = {clustered[number] for number, own in enumerate(keys) if own == key}
    left = dict.fromkeys(range(max(clustered) + 1), 0)
    between = _between(clustered, ends)
    for cluster in forward_order(len(left), between):
        for target in between[cluster]:
            away = cluster in inside and target not in inside
            left[target] = max(left[target], left[cluster] + away)
    for number, cluster in enumerate(clustered):
        if cluster in inside:
            labels[number] = ("scope", key, left[cluster])


def _between(clustered: Sequence[int], ends: Sequence[Ends]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for source, target in ends:
        if clustered[source] != clustered[target]:
            found[clustered[source]].add(clustered[target])
    return found


def forward_order(count: int, below: Mapping[int, set[int]]) -> list[int]:
    """Vertices after all that lead to them, else in their order; those on circles, and behind them, are left out."""
    waiting = [0] * count
    for targets in below.values():
        for target in targets:
            waiting[target] += 1
    ready, found = [vertex for vertex in range(count) if not waiting[vertex]], []
    while ready:
        found.append(heappop(ready))
        for target in below.get(found[-1], ()):
            waiting[target] -= 1
            if not waiting[target]:
                heappush(ready, target)
    return found


def _on_circles(clustered: Sequence[int], ends: Sequence[Ends]) -> set[int]:
    """Clusters on a circle, or between two."""
    count = max(clustered, default=-1) + 1
    below = _between(clustered, ends)
    above: dict[int, set[int]] = defaultdict(set)
    for source, targets in below.items():
        for target in targets:
            above[target].add(source)
    return set(range(count)) - {*forward_order(count, below)} - {*forward_order(count, above)}
