"""What is laid out: boxes, and links that run downwards from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """A box that reaches ``left`` and ``right`` of its axis, and is so high.

    ``level`` pins it to the top (``"first"``) or to the bottom (``"last"``) of the picture.
    """

    left: float
    right: float
    height: float
    level: str = ""


@dataclass(frozen=True)
class Link:
    """A value that one item gives and another reads.

    ``port`` tells several values of one item apart: links with the same source and port share their way. ``leaves`` and
    ``enters`` are the places at which the link begins and ends, from the axes of the two items; ``weight`` says how much it
    ought to be straight.
    """

    source: int
    target: int
    port: int = 0
    leaves: float = 0.0
    enters: float = 0.0
    weight: float = 1.0


def check_links(items: Sequence[Item], links: Sequence[Link]) -> None:
    """Refuse links that do not run from an item to a later one."""
    for link in links:
        if not 0 <= link.source < link.target < len(items):
            raise ValueError(
                f"A link from item {link.source} to item {link.target} of {len(items)} was given; each must run to a later item."
            )
