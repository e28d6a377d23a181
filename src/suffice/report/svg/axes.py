"""Lines, strokes and words beside the marks of a panel."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from suffice.plot.canvas import FAINT
from suffice.plot.panel import Axis
from suffice.report.svg.scale import Scale
from suffice.report.svg.shapes import text_at
from suffice.report.svg.themed import themed
from suffice.report.svg.ticks import labels, linear_ticks, log_labels, log_ticks
from suffice.runtime.markup import coordinate, element, width

SIZE, LABEL, STROKE = 9.0, 10.0, 3.5
LINE = 1.25
BETWEEN_NAMES = 10.0


@dataclass(frozen=True)
class Ticked:
    """An axis with its ends, its numbers and what they are called."""

    axis: Axis
    low: float
    high: float
    places: list[float]
    names: list[str]
    size: float = SIZE

    @property
    def widest(self) -> float:
        """The length of the longest name, in points."""
        return max((width(name, self.size) for name in self.names), default=0.0)

    def scale(self, begin: float, end: float) -> Scale:
        """The axis laid between two places."""
        return Scale(self.low, self.high, begin, end, self.axis.log)


def ticked(axis: Axis, low: float, high: float, length: float, *, upright: bool) -> Ticked:
    """An axis of a length in points with the numbers or names that have room beside it."""
    if axis.ticks is not None:
        places = [float(tick) for tick in axis.ticks]
        names = labels(places) if axis.names is None else [str(name) for name in axis.names]
        return Ticked(axis, low, high, places, names, SIZE if axis.names is None else _small(len(places), length))
    most = int(np.clip(length / 24 if upright else length / 30, 2, 9))
    while True:
        places = (
            log_ticks(low, high, most)
            if axis.log
            else linear_ticks(min(low, high), max(low, high), most, whole=axis.whole)
        )
        found = Ticked(axis, low, high, places, (log_labels if axis.log else labels)(places))
        if upright or most <= 2 or (found.widest + BETWEEN_NAMES) * (len(places) - 1) <= length:
            return found
        most -= 1


def _small(count: int, length: float) -> float:
    """Letters that leave each of so many names its line."""
    return float(np.clip(0.95 * length / max(count, 1), 5.0, 8.5))


def below(ticks: Ticked, scale: Scale, height: float) -> str:
    """The axis of x under a panel of this height."""
    own, line = ticks.axis, themed(FAINT)
    drawn = [] if own.plain else [_line(scale.begin, height, scale.end, height)]
    for place, name in zip(scale(np.array(ticks.places)), ticks.names, strict=True):
        if not _within(place, scale):
            continue
        if not own.plain:
            drawn.append(_line(place, height, place, height + STROKE))
        down = height + STROKE + 2.5
        if own.slant:
            drawn.append(text_at(place + 3, down + 3, name, size=ticks.size, align="right", slant=own.slant))
        else:
            drawn.append(text_at(place, down, name, size=ticks.size, level="top"))
    if own.label:
        lowest = height + room_below(ticks) - 2
        drawn.append(text_at((scale.begin + scale.end) / 2, lowest, own.label, size=LABEL, level="bottom"))
    return element("g", "".join(drawn), stroke_width=0.8) if line else ""


def beside(ticks: Ticked, scale: Scale) -> str:
    """The axis of y on the left of a panel."""
    own = ticks.axis
    drawn = [] if own.plain else [_line(0.0, scale.begin, 0.0, scale.end)]
    for place, name in zip(scale(np.array(ticks.places)), ticks.names, strict=True):
        if not _within(place, scale):
            continue
        if not own.plain:
            drawn.append(_line(-STROKE, place, 0.0, place))
        drawn.append(text_at(-STROKE - 2.5, place, name, size=ticks.size, align="right"))
    if own.label:
        middle, left = (scale.begin + scale.end) / 2, -room_beside(ticks) + LABEL * 0.7
        drawn.append(text_at(left, middle, own.label, size=LABEL, slant=90))
    return element("g", "".join(drawn), stroke_width=0.8)


def room_below(ticks: Ticked) -> float:
    """Points that an axis of x takes under its panel."""
    turn = radians(ticks.axis.slant)
    names = ticks.widest * sin(turn) + ticks.size * max(cos(turn), 0.7) if ticks.names else 0.0
    return STROKE + 3.5 + names + (LABEL * 1.4 if ticks.axis.label else 0.0)


def room_beside(ticks: Ticked) -> float:
    """Points that an axis of y takes on the left of its panel."""
    return STROKE + 3.5 + ticks.widest + (LABEL * 1.5 if ticks.axis.label else 0.0)


def room_on_the_left(ticks: Ticked) -> float:
    """Points by which names under an axis of x reach to the left of the panel."""
    if not ticks.names:
        return 0.0
    turn, first = radians(ticks.axis.slant), width(ticks.names[0], ticks.size)
    return ticks.widest * cos(turn) * 0.7 if ticks.axis.slant else first / 2


def _within(place: float, scale: Scale) -> bool:
    low, high = sorted((scale.begin, scale.end))
    return bool(low - 0.5 <= place <= high + 0.5)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    ends = (coordinate(float(end)) for end in (x1, y1, x2, y2))
    return element("line", **dict(zip(("x1", "y1", "x2", "y2"), ends, strict=True)), stroke=themed(FAINT))
