"""Arrows cut at the borders of groups: pieces within one level each, which meet at doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from suffice.inspect.drawing.outline import Outline
from suffice.inspect.drawing.parts import Parts

End = tuple[str, int]
"""A part ("part", number), or a door of the level's own group for the value of a box ("in", box) or ("out", box)."""


@dataclass(frozen=True)
class Joint:
    """A piece of arrows of one value between two ends in a level; ``skip`` where all these arrows are."""

    value: int
    source: End
    target: End
    arrows: list[int] = field(default_factory=list)


def joints(outline: Outline, own: Parts) -> dict[int, list[Joint]]:
    """The pieces of every level, by the part that is the level (-1 the whole picture)."""
    found: dict[int, dict[tuple[int, End, End], Joint]] = {-1: {}}
    found.update({part: {} for part in own.children})
    for number, arrow in enumerate(outline.arrows):
        for level, source, target in _pieces(own, arrow.source, arrow.target):
            key = arrow.source, source, target
            found[level].setdefault(key, Joint(*key)).arrows.append(number)
    return {level: list(pieces.values()) for level, pieces in found.items()}


def _pieces(own: Parts, source: int, target: int) -> list[tuple[int, End, End]]:
    """Level, source and target of each piece of an arrow."""
    first, last = own.apart(source, target)
    found: list[tuple[int, End, End]] = [(own.parent[first], ("part", first), ("part", last))]
    part = source
    while part != first:
        found.append((own.parent[part], ("part", part), ("out", source)))
        part = own.parent[part]
    part = target
    while part != last:
        found.append((own.parent[part], ("in", source), ("part", part)))
        part = own.parent[part]
    return found


def doors(pieces: Sequence[Joint], side: str) -> list[int]:
    """Values that come into a level (``"in"``) or go out of it (``"out"``), in the order in which they first do."""
    return list(dict.fromkeys(end[1] for one in pieces for end in (one.source, one.target) if end[0] == side))
