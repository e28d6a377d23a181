"""Boxes of an outline laid out group by group, from the innermost outwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from suffice.inspect.drawing.joints import End, Joint, doors, joints
from suffice.inspect.drawing.outline import Outline
from suffice.inspect.drawing.parts import Parts, parts
from suffice.inspect.layout.items import Item, Link
from suffice.inspect.layout.place import Layout, lay_out

HEADER, PAD = 22.0, 12.0
GAP, SLOPE, MOST_GAP = 24.0, 0.12, 70.0
DOOR_GAP, NEAR = 8.0, 7.0
"""Below or above doors that lines leave straight, and between a line and the name of its group."""
MAIN, SIDE = 2.0, 1.0
"""How straight arrows of values and those of parameters ought to be."""


@dataclass(frozen=True)
class Level:
    """The inside of a group, or the whole picture.

    ``ends`` are its items: doors in, parts, doors out. ``links`` join them, one for each of ``joints``; ``gaps`` are the
    distances between the rows of ``layout``, and ``axis`` is where the first door is, across.
    """

    ends: list[End]
    items: list[Item]
    joints: list[Joint]
    links: list[Link]
    layout: Layout
    gaps: list[float]
    axis: float

    def row_heights(self) -> list[float]:
        """Of each row the height of its highest item."""
        return _row_heights(self.items, self.layout)


@dataclass(frozen=True)
class Arrangement:
    """Levels by the part that they fill (-1 the whole picture), and width, height and axis of every part."""

    outline: Outline
    parts: Parts
    levels: Mapping[int, Level]
    width: list[float]
    height: list[float]
    axis: list[float]


def arranged(
    outline: Outline, sizes: Sequence[tuple[float, float]], titles: Sequence[float], light: frozenset[int]
) -> Arrangement:
    """Every group laid out; ``sizes`` are those of boxes, ``titles`` the widths of names, ``light`` the boxes of parameters."""
    own = parts(outline)
    pieces = joints(outline, own)
    width = [size[0] for size in sizes] + [0.0] * len(outline.groups)
    height = [size[1] for size in sizes] + [0.0] * len(outline.groups)
    found = Arrangement(outline, own, {}, width, height, [one / 2 for one in width])
    places: dict[tuple[int, str, int], float] = {}
    levels: dict[int, Level] = {}
    for part in range(len(width) - 1, len(sizes) - 1, -1):
        levels[part] = _level(part, pieces[part], found, places, light)
        _measure(part, levels[part], found, places, titles[part - len(sizes)])
    levels[-1] = _level(-1, pieces[-1], found, places, light)
    return Arrangement(outline, own, levels, width, height, found.axis)


def _measure(
    part: int, level: Level, found: Arrangement, places: dict[tuple[int, str, int], float], title: float
) -> None:
    """The size of a group, and where its doors are from its axis."""
    axis = PAD + level.axis
    found.width[part] = max(level.layout.width + 2 * PAD, title_place(axis, title) + title + PAD)
    found.axis[part] = axis
    found.height[part] = HEADER + sum(level.row_heights()) + sum(level.gaps) + PAD
    for number, (side, value) in enumerate(level.ends):
        if side != "part":
            places[part, side, value] = level.layout.across[number] - level.axis


def title_place(axis: float, title: float) -> float:
    """Where the name of a group begins: on the left of the line that comes in at the axis if there is room, else on its right."""
    return PAD if PAD + title + NEAR <= axis else axis + NEAR


def _level(
    part: int,
    pieces: list[Joint],
    found: Arrangement,
    places: Mapping[tuple[int, str, int], float],
    light: frozenset[int],
) -> Level:
    entering, leaving = doors(pieces, "in"), doors(pieces, "out")
    inside = found.parts.children.get(part, [])
    ends: list[End] = [
        *(("in", one) for one in entering),
        *(("part", one) for one in inside),
        *(("out", one) for one in leaving),
    ]
    number = {end: place for place, end in enumerate(ends)}
    items = [_item(end, found) for end in ends]
    links = [_link(one, number, places, light) for one in pieces]
    layout = lay_out(items, links)
    door = number["in", entering[0]] if entering else number["out", leaving[0]] if leaving else None
    axis = layout.width / 2 if door is None else layout.across[door]
    return Level(ends, items, pieces, links, layout, _gaps(layout, _row_heights(items, layout)), axis)


def _item(end: End, found: Arrangement) -> Item:
    kind, number = end
    if kind != "part":
        return Item(1.0, 1.0, 0.0, "first" if kind == "in" else "last")
    axis = found.axis[number]
    return Item(axis, found.width[number] - axis, found.height[number])


def _link(
    joint: Joint, number: Mapping[End, int], places: Mapping[tuple[int, str, int], float], light: frozenset[int]
) -> Link:
    return Link(
        number[joint.source],
        number[joint.target],
        port=joint.value,
        leaves=places.get((joint.source[1], "out", joint.value), 0.0) if joint.source[0] == "part" else 0.0,
        enters=places.get((joint.target[1], "in", joint.value), 0.0) if joint.target[0] == "part" else 0.0,
        weight=SIDE if joint.value in light else MAIN,
    )


def _row_heights(items: Sequence[Item], layout: Layout) -> list[float]:
    return [max((items[one].height for one in row if one < len(items)), default=0.0) for row in layout.rows]


def _gaps(layout: Layout, heights: Sequence[float]) -> list[float]:
    """Room below each row but the last: more where links go far across, less between doors and boxes straight below."""
    farthest = [0.0] * max(len(layout.rows) - 1, 0)
    for way in layout.ways:
        for upper, lower in pairwise(way):
            across = abs(layout.across[upper] - layout.across[lower])
            farthest[layout.row[upper]] = max(farthest[layout.row[upper]], across)
    return [
        DOOR_GAP if 0.0 in pair and across < 1.0 else min(GAP + SLOPE * across, MOST_GAP)
        for across, pair in zip(farthest, pairwise(heights), strict=True)
    ]
