"""The room that members of a row need."""

from __future__ import annotations

from suffice.inspect.layout.rows import Rows

GAP, BEND_GAP = 26.0, 14.0
BEND = 3.0
"""Half of what a bend takes of its row."""


def separation(rows: Rows, left: int, right: int) -> float:
    """How far apart the axes of neighbours in a row have to be."""
    gap = BEND_GAP if rows.is_bend(left) or rows.is_bend(right) else GAP
    return reach(rows, left)[1] + gap + reach(rows, right)[0]


def reach(rows: Rows, member: int) -> tuple[float, float]:
    """How far a member reaches to the left and to the right of its axis."""
    if rows.is_bend(member):
        return BEND, BEND
    return rows.items[member].left, rows.items[member].right
