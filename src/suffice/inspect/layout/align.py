"""Places across: Brandes and Köpf's four alignments (2002), of which each member takes the middle."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from suffice.inspect.layout.ease import eased
from suffice.inspect.layout.room import reach, separation
from suffice.inspect.layout.rows import Rows, Segment


@dataclass(frozen=True)
class Neighbours:
    """For each member those it is joined to in the layer before, and the segments that yield to a straight one."""

    before: dict[int, list[tuple[int, float]]]
    yielding: set[tuple[int, int]]


def places_across(rows: Rows) -> list[float]:
    """The axis of every member, item or bend, so that members of a layer keep their distance."""
    count = sum(map(len, rows.rows))
    found = []
    yielding, pulling = _yielding(rows), _pulling(rows.segments)
    for up in (False, True):
        turned = rows.rows[::-1] if up else rows.rows
        neighbours = Neighbours(_before(pulling, up), yielding)
        for mirrored in (False, True):
            own = [row[::-1] for row in turned] if mirrored else turned
            places = _compacted(rows, own, _aligned(own, neighbours, count), mirrored)
            found.append([-place for place in places] if mirrored else places)
    return eased(rows, _middle(rows, found))


def _pulling(segments: list[Segment]) -> list[Segment]:
    """Segments that ought to be straight rather than any other at either of their ends."""
    most: dict[tuple[int, bool], float] = defaultdict(float)
    for one in segments:
        for end in ((one.upper, True), (one.lower, False)):
            most[end] = max(most[end], one.weight)
    return [one for one in segments if one.weight == most[one.upper, True] == most[one.lower, False]]


def _before(segments: list[Segment], up: bool) -> dict[int, list[tuple[int, float]]]:
    """Neighbours, and how far to the right of a neighbour's axis one's own is where the segment is straight."""
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for one in segments:
        own, other = (one.upper, one.lower) if up else (one.lower, one.upper)
        shift = one.leaves - one.enters
        found[own].append((other, -shift if up else shift))
    return found


def _yielding(rows: Rows) -> set[tuple[int, int]]:
    """Segments that cross a piece of a long link; those give way."""
    found: set[tuple[int, int]] = set()
    from_above: dict[int, list[int]] = defaultdict(list)
    for segment in rows.segments:
        from_above[segment.lower].append(segment.upper)
    for upper, lower in pairwise(rows.rows):
        place = {member: number for number, member in enumerate(upper)}
        low, begin = 0, 0
        for number, member in enumerate(lower):
            inner = [u for u in from_above[member] if rows.is_bend(member) and rows.is_bend(u)]
            if not inner and number < len(lower) - 1:
                continue
            high = place[inner[0]] if inner else len(upper)
            for other in lower[begin : number + 1]:
                found.update(_pair(u, other) for u in from_above[other]
                             if not low <= place[u] <= high and not (rows.is_bend(u) and rows.is_bend(other)))  # fmt: skip
            low, begin = (high, number + 1) if inner else (low, number + 1)
    return found


def _pair(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)


@dataclass
class Blocks:
    """Members whose axes are tied: the first of each block, and how far to the right of it each member's axis is."""

    root: list[int]
    offset: list[float]


def _aligned(rows: list[list[int]], neighbours: Neighbours, count: int) -> Blocks:
    """Each member tied to the middle one of those that pull it, unless that crosses another tie."""
    root, offset, taken = list(range(count)), [0.0] * count, [False] * count
    place = {member: number for row in rows for number, member in enumerate(row)}
    for row in rows[1:]:
        last = -1
        for member in row:
            for other, shift in _candidates(neighbours.before.get(member, []), place):
                if last < place[other] and not taken[other] and _pair(member, other) not in neighbours.yielding:
                    taken[other], last = True, place[other]
                    root[member], offset[member] = root[other], offset[other] + shift
                    break
    return Blocks(root, offset)


def _candidates(neighbours: list[tuple[int, float]], place: dict[int, int]) -> list[tuple[int, float]]:
    """The middle one of the neighbours, or the middle two."""
    sorted_ = sorted((place[other], other, shift) for other, shift in neighbours)
    middle = {(len(sorted_) - 1) // 2, len(sorted_) // 2} if sorted_ else set()
    return [sorted_[number][1:] for number in sorted(middle)]


def _compacted(rows: Rows, own: list[list[int]], blocks: Blocks, mirrored: bool) -> list[float]:
    """Blocks as far to the left as they go, then to the right as far as that costs no width."""
    sign = -1.0 if mirrored else 1.0
    after: dict[int, dict[int, float]] = defaultdict(dict)
    waiting = dict.fromkeys(blocks.root, 0)
    for row in own:
        for left, right in pairwise(row):
            apart = separation(rows, right, left) if mirrored else separation(rows, left, right)
            needed = apart + sign * (blocks.offset[left] - blocks.offset[right])
            first, second = blocks.root[left], blocks.root[right]
            waiting[second] += second not in after[first]
            after[first][second] = max(needed, after[first].get(second, needed))
    place = _leftmost(after, waiting)
    for block in reversed(list(place)):
        room = min((place[other] - needed for other, needed in after[block].items()), default=place[block])
        place[block] = max(place[block], room)
    return [place[root] + sign * offset for root, offset in zip(blocks.root, blocks.offset, strict=True)]


def _leftmost(after: dict[int, dict[int, float]], waiting: dict[int, int]) -> dict[int, float]:
    """The least place of each block, in an order in which each comes after those to its left."""
    place = {block: 0.0 for block, count in waiting.items() if not count}
    ready = list(place)
    for block in ready:
        for other, needed in after[block].items():
            place[other] = max(place.get(other, 0.0), place[block] + needed)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return {block: place[block] for block in ready}


def _middle(rows: Rows, found: list[list[float]]) -> list[float]:
    """The mean of the middle two of four, once all are moved to the narrowest."""
    if not found[0]:
        return []
    members = [member for row in rows.rows for member in row]
    ends = [
        (min(own[m] - reach(rows, m)[0] for m in members), max(own[m] + reach(rows, m)[1] for m in members))
        for own in found
    ]
    low, high = min(ends, key=lambda pair: pair[1] - pair[0])
    shifts = [high - last if number % 2 else low - first for number, (first, last) in enumerate(ends)]
    moved = [[place + shift for place in own] for own, shift in zip(found, shifts, strict=True)]
    return [sum(sorted(places)[1:3]) / 2 for places in zip(*moved, strict=True)]
