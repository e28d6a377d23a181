"""One panel as SVG, once the room that is left to its marks is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suffice.plot.marks import Image, Words
from suffice.plot.panel import Panel
from suffice.report.svg.axes import Ticked, below, beside, room_below, room_beside, room_on_the_left, ticked
from suffice.report.svg.ends import ends
from suffice.report.svg.legend import ROW, bar, bar_room, bar_ticks, entries, laid, rows_of, widest
from suffice.report.svg.scale import reach
from suffice.report.svg.shapes import Place, put, text_at
from suffice.runtime.markup import coordinate, element

POINTS = 72.0
TITLE, CORNER, EDGE = 17.0, 12.0, 5.0


class Margins(NamedTuple):
    """Points beside the marks of a panel."""

    left: float
    right: float
    top: float
    bottom: float


def axes_of(panel: Panel, width: float, height: float) -> tuple[Ticked, Ticked]:
    """Both axes of a panel of this size in points."""
    reached = [ends(mark) for mark in panel.marks]
    room = 0.0 if any(isinstance(mark, Image) for mark in panel.marks) else 0.05
    x, y = (np.concatenate([own[place] for own in reached]) if reached else np.zeros(0) for place in (0, 1))
    across = ticked(panel.x, *reach(panel.x, x, room), width, upright=False)
    low, high = reach(panel.y, y, room)
    return across, ticked(panel.y, *((high, low) if _hangs(panel) else (low, high)), height, upright=True)


def _hangs(panel: Panel) -> bool:
    """Whether lines are counted from above, as those of a table, where the axis does not say."""
    tables = [mark for mark in panel.marks if isinstance(mark, Image) and mark.extent[2] > mark.extent[3]]
    return bool(tables) and panel.y.low is None and panel.y.high is None


def margins(panel: Panel) -> Margins:
    """What axes, title and legend of a panel take of its size."""
    width, height = (POINTS * side for side in panel.size)
    x, y = axes_of(panel, 0.8 * width, 0.75 * height)
    right, top, named = EDGE + 6.0, EDGE + 3.0, entries(panel.marks) if panel.legend else []
    if panel.legend == "right" and named:
        right += widest(named) + 8
    if panel.scale is not None:
        right += bar_room(bar_ticks(panel, panel.scale, 0.75 * height))
    left, bottom = (
        (EDGE, EDGE) if panel.bare else (EDGE + max(room_beside(y), room_on_the_left(x)), EDGE + room_below(x))
    )
    if panel.legend == "inside":
        top += ROW * len(rows_of(named, width - left - right))
    return Margins(left, right, top + (TITLE if panel.title else CORNER if panel.corner else 0.0), bottom)


def framed(panel: Panel, own: Margins) -> str:
    """A panel inside its margins, as SVG from its upper left corner."""
    width, height = (max(POINTS * panel.size[0] - own.left - own.right, 20.0),
                     max(POINTS * panel.size[1] - own.top - own.bottom, 20.0))  # fmt: skip
    x, y = axes_of(panel, width, height)
    left = own.left
    if panel.square:
        unit = min(width / abs(x.high - x.low), height / abs(y.high - y.low))
        left += (width - unit * abs(x.high - x.low)) / 2
        width, height = unit * abs(x.high - x.low), unit * abs(y.high - y.low)
    place = Place(x.scale(0.0, width), y.scale(height, 0.0), width, height)
    parts = [_marks(panel, place)]
    if not panel.bare:
        parts += [below(x, place.x, height), beside(y, place.y)]
    parts.append(_beside(panel, width, height, own))
    return element("g", "".join(parts), transform=f"translate({coordinate(left)} {coordinate(own.top)})")


def _marks(panel: Panel, place: Place) -> str:
    clipped = "".join(put(mark, place) for mark in panel.marks if not isinstance(mark, Words))
    words = "".join(put(mark, place) for mark in panel.marks if isinstance(mark, Words))
    return element("svg", clipped, width=place.width, height=place.height, overflow="hidden") + words


def _beside(panel: Panel, width: float, height: float, own: Margins) -> str:
    drawn, named = [], entries(panel.marks) if panel.legend else []
    if panel.legend == "right":
        drawn.append(laid([[entry] for entry in named], width + 8, 0.0))
    if panel.legend == "inside":
        rows = rows_of(named, POINTS * panel.size[0] - own.left - own.right)
        drawn.append(laid(rows, 0.0, -ROW * len(rows) - 3.0))
    if panel.scale is not None:
        drawn.append(bar(panel.scale, bar_ticks(panel, panel.scale, height), width + 8, height))
    if panel.title:
        drawn.append(text_at(width / 2, -7.0, panel.title, size=10.5, level="bottom"))
    if panel.corner:
        drawn.append(text_at(width, -3.0, panel.corner, size=9.0, align="right", level="bottom"))
    return "".join(drawn)
