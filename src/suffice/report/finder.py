"""Columns of wide tables: those that matter on the page, and all others behind a box to search them by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MANY_COLUMNS = 400
"""Beyond so many, pictures show those that matter."""
PICTURED = 200
MOST_NUMBERS = 120_000
"""Numbers that a page can be searched for: about a megabyte."""


@dataclass(frozen=True)
class Finder:
    """Names and numbers of columns, what they are, and how many columns there are in all; ``data`` is JSON for the page."""

    title: str
    header: list[str]
    data: str
    kept: int
    all: int


def finder(title: str, header: Sequence[str], names: Sequence[str], values: np.ndarray) -> Finder | None:
    """A box to find any of many columns by name, with its numbers (D, m); of more than a page holds those of the largest."""
    count, width = values.shape
    if count <= MANY_COLUMNS:
        return None
    kept = largest(values, max(1, MOST_NUMBERS // width))
    lines = [[str(names[j]), *(f"{value:.3g}" for value in values[j])] for j in kept]
    text = json.dumps(lines, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    return Finder(title, ["column", *map(str, header)], text, len(kept), count)


def largest(values: np.ndarray, most: int) -> np.ndarray:
    """Columns, in their order, of which a number of (D, m) is furthest from 0, at most so many."""
    size = np.nan_to_num(np.abs(values)).max(1)
    return np.sort(np.argsort(-size, kind="stable")[:most])


def shown_note(shown: int, count: int, why: str) -> str:
    """Which columns pictures show."""
    return f"Pictures show the {shown:,} of {count:,} columns {why}."
