"""What colours mean: names beside samples, and the bar of an image's colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from suffice.plot.canvas import FAINT
from suffice.plot.marks import Dots, Image, Line, Mark, Rule
from suffice.plot.panel import Axis, Panel
from suffice.report.svg.axes import SIZE, Ticked, ticked
from suffice.report.svg.colours import coloured
from suffice.report.svg.png import uri
from suffice.report.svg.shapes import DASHES, text_at
from suffice.report.svg.themed import themed
from suffice.runtime.markup import coordinate, element, width

SAMPLE, GAP, ROW, LETTERS = 16.0, 12.0, 13.0, 8.5
BAR, SHADES = 9.0, 64


class Entry(NamedTuple):
    """A name and the mark that it names."""

    name: str
    mark: Line | Dots | Rule


def entries(marks: Sequence[Mark]) -> list[Entry]:
    """The marks that have names."""
    return [Entry(mark.label, mark) for mark in marks if isinstance(mark, Line | Dots | Rule) and mark.label]


def rows_of(found: Sequence[Entry], across: float) -> list[list[Entry]]:
    """Entries in as many rows as they need."""
    rows: list[list[Entry]] = []
    used = across
    for entry in found:
        own = SAMPLE + 4 + width(entry.name, LETTERS) + GAP
        if not rows or used + own > across:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += own
    return rows


def laid(rows: Sequence[Sequence[Entry]], x: float, y: float) -> str:
    """Rows of entries from a corner on."""
    drawn = []
    for line, row in enumerate(rows):
        left, middle = x, y + ROW * (line + 0.5)
        for entry in row:
            drawn += [
                _sample(entry.mark, left, middle),
                text_at(left + SAMPLE + 4, middle, entry.name, size=LETTERS, align="left"),
            ]
            left += SAMPLE + 4 + width(entry.name, LETTERS) + GAP
    return "".join(drawn)


def widest(found: Sequence[Entry]) -> float:
    """Points that entries below each other take."""
    return SAMPLE + 4 + max((width(entry.name, LETTERS) for entry in found), default=0.0)


def _sample(mark: Line | Dots | Rule, x: float, y: float) -> str:
    if isinstance(mark, Dots):
        colour = mark.colour if isinstance(mark.colour, str) else mark.colour[0]
        return element("circle", cx=x + SAMPLE / 2, cy=y, r=3.0, fill=themed(colour))
    ends = {"x1": coordinate(x), "y1": coordinate(y), "x2": coordinate(x + SAMPLE), "y2": coordinate(y)}
    return element(
        "line", **ends, stroke=themed(mark.colour), stroke_width=mark.width, stroke_dasharray=DASHES[mark.dash]
    )


def bar_ticks(panel: Panel, image: Image, height: float) -> Ticked:
    """The numbers beside the bar of an image's colours."""
    return ticked(Axis(label=panel.scale_label), image.low, image.high, min(height, 160.0), upright=True)


def bar_room(ticks: Ticked) -> float:
    """Points that the bar takes on the right of a panel."""
    return 8 + BAR + 6 + ticks.widest + (SIZE * 1.6 if ticks.axis.label else 0.0)


def bar(image: Image, ticks: Ticked, x: float, height: float) -> str:
    """The bar of an image's colours with its numbers, from ``x`` on."""
    shades = coloured(np.linspace(1, 0, SHADES)[:, None], image.colours, 0.0, 1.0)
    scale, right = ticks.scale(height, 0.0), x + BAR
    drawn = [element("image", x=x, y=0.0, width=BAR, height=height, href=uri(shades), preserveAspectRatio="none")]
    for place, name in zip(scale(np.array(ticks.places)), ticks.names, strict=True):
        y = coordinate(float(place))
        drawn.append(element("line", x1=right, x2=right + 3, y1=y, y2=y, stroke=themed(FAINT), stroke_width=0.8))
        drawn.append(text_at(right + 5, float(place), name, size=8.0, align="left"))
    if ticks.axis.label:
        drawn.append(text_at(right + 8 + ticks.widest + SIZE * 0.6, height / 2, ticks.axis.label, size=SIZE, slant=90))
    return "".join(drawn)
