"""Members that no straight link holds move to the middle of what they are linked to, as far as there is room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from suffice.inspect.layout.room import separation
from suffice.inspect.layout.rows import Rows

SWEEPS = 4
STRAIGHT = 0.01


def eased(rows: Rows, across: Sequence[float]) -> list[float]:
    """Places across with loose members near their neighbours; order and distances within rows stay."""
    found, pulls = list(across), _pulls(rows)
    loose = {member for member, own in pulls.items() if not any(_straight(found, member, one) for one in own)}
    for sweep in range(SWEEPS if loose else 0):
        for row in rows.rows:
            _moved(rows, row, found, pulls, loose, backwards=sweep % 2 == 1)
    return found


def _pulls(rows: Rows) -> dict[int, list[tuple[int, float, float]]]:
    """For each member its neighbours, where its own axis would be from theirs, and how much they pull."""
    found: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for one in rows.segments:
        shift = one.leaves - one.enters
        found[one.lower].append((one.upper, shift, one.weight))
        found[one.upper].append((one.lower, -shift, one.weight))
    return found


def _straight(found: list[float], member: int, pull: tuple[int, float, float]) -> bool:
    return abs(found[pull[0]] + pull[1] - found[member]) < STRAIGHT


def _moved(
    rows: Rows,
    row: list[int],
    found: list[float],
    pulls: dict[int, list[tuple[int, float, float]]],
    loose: set[int],
    *,
    backwards: bool,
) -> None:
    places = [place for place, member in enumerate(row) if member in loose]
    for place in reversed(places) if backwards else places:
        member = row[place]
        own = pulls[member]
        wanted = sum((found[other] + shift) * weight for other, shift, weight in own) / sum(pull[2] for pull in own)
        if place < len(row) - 1:
            wanted = min(wanted, found[row[place + 1]] - separation(rows, member, row[place + 1]))
        if place:
            wanted = max(wanted, found[row[place - 1]] + separation(rows, row[place - 1], member))
        found[member] = wanted
