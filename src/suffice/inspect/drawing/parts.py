"""The parts of every group of an outline, in forward order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from suffice.inspect.drawing.clusters import forward_order
from suffice.inspect.drawing.outline import Arrow, Box, Group, Outline


@dataclass(frozen=True)
class Parts:
    """Parts are numbered, boxes first and groups behind them; -1 is the whole picture.

    Of each part ``parent`` is the part that it is in, ``place`` its place there and ``boxes`` the boxes in it. ``children``
    holds the parts of each group.
    """

    parent: list[int]
    place: list[int]
    boxes: list[list[int]]
    children: dict[int, list[int]]

    def holding(self, box: int, parent: int) -> int | None:
        """The part of a group that holds a box, None where the box is elsewhere."""
        part = box
        while part >= 0 and self.parent[part] != parent:
            part = self.parent[part]
        return part if part >= 0 else None

    def apart(self, source: int, target: int) -> tuple[int, int]:
        """The parts of the innermost group that holds both boxes: the one with the first, the one with the second."""
        above = {}
        part = source
        while part >= 0:
            above[self.parent[part]] = part
            part = self.parent[part]
        part = target
        while self.parent[part] not in above:
            part = self.parent[part]
        return above[self.parent[part]], part


def parts(outline: Outline) -> Parts:
    """The parts of an outline, those of each group after all that leads to them."""
    count = len(outline.boxes)
    parent = [group + count if group >= 0 else -1 for group in (*outline.home, *(one.parent for one in outline.groups))]
    boxes: list[list[int]] = [[] for _ in parent]
    children: dict[int, list[int]] = {-1: []}
    for box in range(count):
        part = box
        while part >= 0:
            if not boxes[part]:
                children.setdefault(parent[part], []).append(part)
            boxes[part].append(box)
            part = parent[part]
    found = Parts(parent, [0] * len(parent), boxes, children)
    _sort(found, outline)
    return found


def _sort(found: Parts, outline: Outline) -> None:
    below: dict[int, set[int]] = {}
    for arrow in outline.arrows:
        source, target = found.apart(arrow.source, arrow.target)
        below.setdefault(source, set()).add(target)
    for own in found.children.values():
        number = {part: place for place, part in enumerate(own)}
        order = forward_order(len(own), {number[part]: {number[one] for one in below.get(part, ())} for part in own})
        own[:] = [own[place] for place in order]
        for place, part in enumerate(own):
            found.place[part] = place


def with_groups_in_use(
    boxes: tuple[Box, ...], home: Sequence[int], groups: Sequence[Group], arrows: Sequence[Arrow]
) -> Outline:
    """An outline of the groups that hold boxes, each after the one it is in."""
    order: dict[int, int] = {-1: -1}
    for own in home:
        chain, group = [], own
        while group not in order:
            chain.append(group)
            group = groups[group].parent
        for one in reversed(chain):
            order[one] = len(order) - 1
    kept = [replace(groups[group], parent=order[groups[group].parent]) for group in order if group >= 0]
    return Outline(boxes, tuple(order[group] for group in home), tuple(kept), tuple(arrows))
