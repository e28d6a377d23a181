"""Which groups are closed so that few boxes are left."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from suffice.inspect.drawing.outline import Arrow, Box, Outline
from suffice.inspect.drawing.parts import with_groups_in_use


def closed(outline: Outline, kinds: Sequence[Hashable], most: int | None) -> frozenset[int]:
    """Groups to close until at most so many boxes are left: those like an earlier one from the outermost, then the innermost.

    ``kinds`` tells for each box what boxes of different size are alike in.
    """
    found: frozenset[int] = frozenset()
    if most is None:
        return found
    for wave in _waves(outline, kinds):
        if count(outline, found) <= most:
            return found
        found |= wave
    return found


def count(outline: Outline, groups: frozenset[int]) -> int:
    """Boxes that are left, a closed group being one."""
    return len({outermost(outline, box, groups) for box in range(len(outline.boxes))})


def outermost(outline: Outline, box: int, groups: frozenset[int]) -> tuple[str, int]:
    """What is seen of a box: itself, or the outermost closed group that it is in."""
    around = [group for group in outline.enclosing(box) if group in groups]
    return ("group", around[-1]) if around else ("box", box)


def _waves(outline: Outline, kinds: Sequence[Hashable]) -> list[frozenset[int]]:
    """Groups like an earlier one, level by level from the outermost; then all, from the innermost."""
    seen: set[Hashable] = set()
    later: set[int] = set()
    for group, own in enumerate(outline.members()):
        kind = tuple(kinds[box] for box in own)
        later |= {group} if kind in seen else set()
        seen.add(kind)
    levels = _levels(outline)
    return [*(level & later for level in levels), *reversed(levels), frozenset()]


def _levels(outline: Outline) -> list[frozenset[int]]:
    """Groups by how many they are in."""
    depth: list[int] = []
    for group in outline.groups:
        depth.append(depth[group.parent] + 1 if group.parent >= 0 else 0)
    return [frozenset(g for g, own in enumerate(depth) if own == level) for level in range(max(depth, default=-1) + 1)]


def shut(outline: Outline, groups: frozenset[int]) -> Outline:
    """The outline with a box in place of each of these groups."""
    shown = [outermost(outline, box, groups) for box in range(len(outline.boxes))]
    order = list(dict.fromkeys(shown))
    number = {one: place for place, one in enumerate(order)}
    arrows: dict[tuple[int, int], bool] = {}
    for arrow in outline.arrows:
        ends = number[shown[arrow.source]], number[shown[arrow.target]]
        if ends[0] != ends[1]:
            arrows[ends] = arrows.get(ends, True) and arrow.skip
    members = outline.members()
    boxes = tuple(outline.boxes[one] if kind == "box" else _closed(outline, one, members[one]) for kind, one in order)
    home = [outline.home[one] if kind == "box" else outline.groups[one].parent for kind, one in order]
    return with_groups_in_use(boxes, home, outline.groups, [Arrow(*ends, skip) for ends, skip in arrows.items()])


def _closed(outline: Outline, group: int, members: Sequence[int]) -> Box:
    nodes = tuple(node for box in members for node in outline.boxes[box].nodes)
    return Box(nodes, outline.groups[group].name, outline.groups[group].repeats, closed=True)
