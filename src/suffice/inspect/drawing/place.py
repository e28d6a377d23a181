"""Where every box, group and piece of an arrow is on the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suffice.inspect.drawing.arrange import HEADER, PAD, Arrangement, Level
from suffice.inspect.drawing.joints import Joint
from suffice.inspect.layout.items import Item

MARGIN = 10.0
EDGE, APART = 9.0, 12.0
"""Least distances of an arrow from the corners of its box, and from another that enters it."""


@dataclass(frozen=True)
class Rectangle:
    """From the upper left corner of the sheet."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


@dataclass(frozen=True)
class Stop:
    """Where a line passes a row: straight down from ``top`` to ``bottom`` at ``x``."""

    x: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Line:
    """A piece of arrows: its stops from above, whether it ends at a box (rather than at a door), and the arrows in it."""

    stops: tuple[Stop, ...]
    arrows: tuple[int, ...]
    ends: bool
    level: int


@dataclass(frozen=True)
class Sheet:
    """A rectangle for each part of an outline, boxes first, with its axis from its left edge, and all lines."""

    width: float
    height: float
    rectangles: list[Rectangle]
    axes: list[float]
    lines: list[Line]


def placed(found: Arrangement) -> Sheet:
    """Every part and line of an arrangement, groups before what is in them."""
    root = found.levels[-1]
    rectangles = [Rectangle(0.0, 0.0, 0.0, 0.0)] * len(found.width)
    lines: list[Line] = []
    count = len(found.outline.boxes)
    height = sum(root.row_heights()) + sum(root.gaps)
    _fill(-1, root, MARGIN, MARGIN, found, rectangles, lines)
    for part in range(count, len(found.width)):
        own = rectangles[part]
        level = found.levels[part]
        left = own.left + found.axis[part] - level.axis
        _fill(part, level, left, own.top + HEADER, found, rectangles, lines)
    return Sheet(root.layout.width + 2 * MARGIN, height + 2 * MARGIN, rectangles, found.axis, lines)


def _fill(
    part: int, level: Level, left: float, top: float, found: Arrangement, rectangles: list[Rectangle], lines: list[Line]
) -> None:
    tops = row_tops(level, top)
    heights = level.row_heights()
    for number, (kind, own) in enumerate(level.ends):
        if kind == "part":
            row = level.layout.row[number]
            above = tops[row] + (heights[row] - found.height[own]) / 2
            begin = left + level.layout.across[number] - found.axis[own]
            rectangles[own] = Rectangle(begin, above, found.width[own], found.height[own])
    entries = _entries(level, found)
    for number, (joint, way) in enumerate(zip(level.joints, level.layout.ways, strict=True)):
        stops = [Stop(left + level.layout.across[one], *_passed(level, one, tops, heights)) for one in way]
        stops[0] = Stop(
            stops[0].x + level.links[number].leaves, stops[0].bottom, _row_end(level, way[0], tops, heights)
        )
        begin = tops[level.layout.row[way[-1]]]
        stops[-1] = Stop(left + entries[number], begin, stops[-1].top)
        stops = _through_the_border(joint, stops)
        box = joint.target[0] == "part" and joint.target[1] < len(found.outline.boxes)
        lines.append(Line(tuple(stops), tuple(joint.arrows), box, part))


def _through_the_border(joint: Joint, stops: list[Stop]) -> list[Stop]:
    """Lines begin and end at the border of their group rather than at its first and last row."""
    first, last = stops[0], stops[-1]
    if joint.source[0] == "in":
        first = Stop(first.x, first.top - HEADER, first.bottom)
    if joint.target[0] == "out":
        last = Stop(last.x, last.top, last.bottom + PAD)
    return [first, *stops[1:-1], last]


def row_tops(level: Level, top: float) -> list[float]:
    """Where each row begins, the first at ``top``."""
    found = [top]
    for height, gap in zip(level.row_heights(), level.gaps, strict=False):
        found.append(found[-1] + height + gap)
    return found


def _passed(level: Level, member: int, tops: Sequence[float], heights: Sequence[float]) -> tuple[float, float]:
    """Where a member begins and ends, downwards."""
    row = level.layout.row[member]
    height = level.items[member].height if member < len(level.items) else heights[row]
    top = tops[row] + (heights[row] - height) / 2
    return top, top + height


def _row_end(level: Level, member: int, tops: Sequence[float], heights: Sequence[float]) -> float:
    row = level.layout.row[member]
    return tops[row] + heights[row]


def _entries(level: Level, found: Arrangement) -> list[float]:
    """Where each line enters its target, across: below its last stop if it can, apart from the others."""
    across = level.layout.across
    entries = [across[way[-1]] + link.enters for way, link in zip(level.layout.ways, level.links, strict=True)]
    into: dict[int, list[int]] = {}
    for number, joint in enumerate(level.joints):
        if joint.target[0] == "part" and joint.target[1] < len(found.outline.boxes):
            into.setdefault(level.layout.ways[number][-1], []).append(number)
    for target, numbers in into.items():
        came = [(across[level.layout.ways[n][-2]] + _leaves(level, n), n) for n in numbers]
        came.sort()
        item = level.items[target]
        spread = _spread([place for place, _ in came], across[target], item)
        for (_, number), place in zip(came, spread, strict=True):
            entries[number] = place
    return entries


def _leaves(level: Level, number: int) -> float:
    return level.links[number].leaves if len(level.layout.ways[number]) == 2 else 0.0


def _spread(wanted: Sequence[float], axis: float, item: Item) -> list[float]:
    """Places near those wanted on the edge of an item, in their order and apart."""
    low, high = axis - item.left + EDGE, axis + item.right - EDGE
    apart = min(APART, (high - low) / max(len(wanted) - 1, 1))
    found: list[float] = []
    for place in wanted:
        found.append(max(place, found[-1] + apart if found else low))
    for number in reversed(range(len(found))):
        found[number] = min(found[number], high if number == len(found) - 1 else found[number + 1] - apart)
    return found
