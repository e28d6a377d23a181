"""The order within layers: sweeps of barycentres and exchanges of neighbours, the best of what was seen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from random import Random

from suffice.inspect.layout.crossings import crossings, segments_below
from suffice.inspect.layout.rows import Rows, Segment

SWEEPS, PATIENCE = 24, 4
MOST_EXCHANGED = 3000
"""Segments up to which neighbours are exchanged too."""
STARTS, MOST_WORK = 8, 2000
"""Further orders from which sweeps begin, and segments in all of them together."""
Pull = dict[int, list[tuple[int, float]]]
"""For each member the neighbours in one direction, each with its offset within the neighbour."""


def ordered(rows: Rows) -> Rows:
    """The same rows in an order with few crossings, the best that sweeps from several orders lead to."""
    best = _improved(rows)
    draw = Random(0)
    for _ in range(min(STARTS, MOST_WORK // (len(rows.segments) + 1))):
        if not crossings(best):
            break
        best = min(best, _improved(_shuffled(rows, draw)), key=crossings)
    return best


def _shuffled(rows: Rows, draw: Random) -> Rows:
    return replace(rows, rows=[draw.sample(row, len(row)) for row in rows.rows])


def _improved(rows: Rows) -> Rows:
    best, fewest = rows, crossings(rows)
    upwards, downwards = _pulls(rows.segments)
    current, without = rows, 0
    for sweep in range(SWEEPS):
        if not fewest or without >= PATIENCE:
            break
        current = _swept(current, upwards if sweep % 2 == 0 else downwards, down=sweep % 2 == 0)
        if len(rows.segments) <= MOST_EXCHANGED:
            current = _exchanged(current)
        count = crossings(current)
        best, fewest, without = (current, count, 0) if count < fewest else (best, fewest, without + 1)
    return best


def _pulls(segments: list[Segment]) -> tuple[Pull, Pull]:
    upwards: Pull = defaultdict(list)
    downwards: Pull = defaultdict(list)
    for segment in segments:
        upwards[segment.lower].append((segment.upper, segment.leaves))
        downwards[segment.upper].append((segment.lower, segment.enters))
    return upwards, downwards


def _swept(rows: Rows, pull: Pull, *, down: bool) -> Rows:
    """Each layer sorted by the mean places of its neighbours in the one before it; members without any stay where they are."""
    found = rows.rows if down else rows.rows[::-1]
    swept = [list(found[0])]
    for row in found[1:]:
        place = {member: number for number, member in enumerate(swept[-1])}
        swept.append(_sorted(row, [_barycentre(pull.get(member, ()), place) for member in row]))
    return replace(rows, rows=swept if down else swept[::-1])


def _barycentre(neighbours: list[tuple[int, float]] | tuple[()], place: dict[int, int]) -> float | None:
    known = [place[member] + 1e-4 * offset for member, offset in neighbours if member in place]
    return sum(known) / len(known) if known else None


def _sorted(row: list[int], keys: list[float | None]) -> list[int]:
    moving = iter(sorted((key, number) for number, key in enumerate(keys) if key is not None))
    return [row[number] if key is None else row[next(moving)[1]] for number, key in enumerate(keys)]


def _exchanged(rows: Rows) -> Rows:
    """Neighbours of a layer change places where that takes crossings away."""
    found, between = [list(row) for row in rows.rows], segments_below(rows)
    touching = _touching(rows.segments)
    for level, row in enumerate(found):
        above = {m: p for p, m in enumerate(found[level - 1])} if level else {}
        below = {m: p for p, m in enumerate(found[level + 1])} if level < len(between) else {}
        for place in range(len(row) - 1):
            first, second = row[place], row[place + 1]
            if _gain(touching[first], touching[second], above, below) > 0:
                row[place], row[place + 1] = second, first
    return replace(rows, rows=found)


def _touching(segments: list[Segment]) -> dict[int, tuple[list[Segment], list[Segment]]]:
    """Segments that end at each member from above, and those that leave it."""
    found: dict[int, tuple[list[Segment], list[Segment]]] = defaultdict(lambda: ([], []))
    for segment in segments:
        found[segment.lower][0].append(segment)
        found[segment.upper][1].append(segment)
    return found


def _gain(first: tuple, second: tuple, above: dict[int, int], below: dict[int, int]) -> int:
    """Crossings that go when two neighbours change places."""
    gain = 0
    for side, place in ((0, above), (1, below)):
        ends = [[_end(segment, side, place) for segment in own[side]] for own in (first, second)]
        gain += sum((a > b) - (a < b) for a in ends[0] for b in ends[1])
    return gain


def _end(segment: Segment, side: int, place: dict[int, int]) -> tuple[int, float]:
    return (place[segment.upper], segment.leaves) if side == 0 else (place[segment.lower], segment.enters)
