"""A picture inside a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suffice.plot.marks import Line
from suffice.plot.panel import Panel
from suffice.report.svg.sheet import sheet


@dataclass(frozen=True)
class Picture:
    """A picture, as SVG, with its words."""

    title: str
    caption: str
    svg: str
    wide: bool = False


def picture(title: str, caption: str, panel: Panel, *, wide: bool = False) -> Picture:
    """A picture of one panel."""
    return Picture(title, caption, sheet([panel], 1), wide)


def pictures_of(title: str, caption: str, panels: Sequence[Panel], across: int, named: Sequence[Line] = ()) -> Picture:
    """A wide picture of panels in rows of so many, over the names of some lines."""
    return Picture(title, caption, sheet(panels, across, named), wide=True)
