"""How often links cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

from suffice.inspect.layout.rows import Rows, Segment


def crossings(rows: Rows) -> int:
    """Pairs of links that cross between neighbouring layers."""
    between = segments_below(rows)
    return sum(crossings_between(*pair, own) for pair, own in zip(pairwise(rows.rows), between, strict=True))


def segments_below(rows: Rows) -> list[list[Segment]]:
    """Segments that leave each layer but the last."""
    layer = {member: place for place, row in enumerate(rows.rows) for member in row}
    found: list[list[Segment]] = [[] for _ in rows.rows[1:]]
    for segment in rows.segments:
        found[layer[segment.upper]].append(segment)
    return found


def crossings_between(upper: Sequence[int], lower: Sequence[int], segments: Sequence[Segment]) -> int:
    """Pairs of segments between two layers that cross; those that share an end do not."""
    above = {member: place for place, member in enumerate(upper)}
    below = {member: place for place, member in enumerate(lower)}
    ends = sorted(((above[s.upper], s.leaves), (below[s.lower], s.enters)) for s in segments)
    passed: list[tuple[int, float]] = []
    count, begin = 0, 0
    while begin < len(ends):
        end = begin
        while end < len(ends) and ends[end][0] == ends[begin][0]:
            end += 1
        count += sum(len(passed) - bisect_right(passed, lower_end) for _, lower_end in ends[begin:end])
        for _, lower_end in ends[begin:end]:
            insort(passed, lower_end)
        begin = end
    return count
