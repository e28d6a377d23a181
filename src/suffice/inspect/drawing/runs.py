"""Runs of like blocks in a sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

LONGEST, LEAST_SAVED = 64, 2
"""Parts of a block, and boxes that folding a run has to save."""


@dataclass(frozen=True)
class Run:
    """``turns`` blocks of ``period`` parts each, from ``begin`` on; ``saved`` boxes are in all but the first."""

    begin: int
    period: int
    turns: int
    saved: int


def runs(weights: Sequence[int], alike: Callable[[int, int], bool], follows: Callable[[int, int], bool]) -> list[Run]:
    """Runs that save most, none of which overlap; ``weights`` are the boxes of each part.

    ``follows(begin, period)`` tells whether a run of these is one block after another, rather than copies side by side.
    """
    before = [0, *accumulate(weights)]
    found: list[Run] = []
    waiting = [(0, len(weights))]
    for begin, end in waiting:
        best = _best(before, alike, follows, begin, end)
        if best is not None:
            found.append(best)
            waiting += [(begin, best.begin), (best.begin + best.period * best.turns, end)]
    return found


def _best(
    before: Sequence[int],
    alike: Callable[[int, int], bool],
    follows: Callable[[int, int], bool],
    begin: int,
    end: int,
) -> Run | None:
    """The run that saves most; of several, one of the shortest blocks, as early as may be."""
    best: Run | None = None
    for period in range(1, min((end - begin) // 2, LONGEST) + 1):
        length = 0
        for place in reversed(range(begin, end - period)):
            length = length + 1 if alike(place, place + period) else 0
            turns = length // period + 1
            saved = (before[place + period] - before[place]) * (turns - 1)
            better = best is None or (saved, -period) >= (best.saved, -best.period)
            if turns > 1 and saved >= LEAST_SAVED and better and follows(place, period):
                best = Run(place, period, turns, saved)
    return best
