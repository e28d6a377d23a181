"""What a drawing shows: boxes, the groups they are in, and arrows between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """A scope, or one turn of what is repeated.

    ``parent`` is its place among the groups, -1 where it is in none, and ``depth`` the length of its scope.
    """

    name: str
    parent: int = -1
    repeats: int = 1
    depth: int = 0


@dataclass(frozen=True)
class Arrow:
    """A value that one box gives and another reads; ``skip`` where it goes past what it is added to."""

    source: int
    target: int
    skip: bool = False


@dataclass(frozen=True)
class Box:
    """A node with its scope within the group that the box is in, or all nodes of a closed group under its name."""

    nodes: tuple[int, ...]
    name: str = ""
    repeats: int = 1
    closed: bool = False


@dataclass(frozen=True)
class Outline:
    """Boxes in forward order; ``home`` is the group of each. Groups come after those they are in."""

    boxes: tuple[Box, ...]
    home: tuple[int, ...]
    groups: tuple[Group, ...]
    arrows: tuple[Arrow, ...]

    def enclosing(self, box: int) -> list[int]:
        """The groups that a box is in, innermost first."""
        found, group = [], self.home[box]
        while group >= 0:
            found.append(group)
            group = self.groups[group].parent
        return found

    def members(self) -> list[list[int]]:
        """The boxes in each group, those of inner groups among them."""
        found: list[list[int]] = [[] for _ in self.groups]
        for box in range(len(self.boxes)):
            for group in self.enclosing(box):
                found[group].append(box)
        return found
