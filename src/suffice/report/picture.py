"""A picture inside a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suffice.plot.marks import Line
    from suffice.plot.panel import Panel


@dataclass(frozen=True)
class Picture:
    """A picture, as SVG, with its words."""

    title: str
    caption: str
    svg: str
    wide: bool = False


def picture(title: str, caption: str, panel: Panel, *, wide: bool = False) -> Picture:
    """A picture of one panel."""
    from suffice.report.svg.sheet import sheet

    return Picture(title, caption, sheet([panel], 1), wide)


def pictures_of(title: str, caption: str, panels: Sequence[Panel], across: int, named: Sequence[Line] = ()) -> Picture:
    """A wide picture of panels in rows of so many, over the names of some lines."""
    from suffice.report.svg.sheet import sheet

    return Picture(title, caption, sheet(panels, across, named), wide=True)
