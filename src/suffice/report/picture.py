"""A picture inside a page."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suffice.plot.marks import Line
    from suffice.plot.panel import Panel


@dataclass(frozen=True)
class Picture:
    """A picture, as SVG, with its words and its numbers as comma-separated text."""

    title: str
    caption: str
    svg: str
    wide: bool = False
    numbers: str = ""


def picture(title: str, caption: str, panel: Panel, *, wide: bool = False) -> Picture:
    """A picture of one panel."""
    from suffice.report.numbers import numbers_of
    from suffice.report.svg.sheet import sheet

    return Picture(title, caption, sheet([panel], 1), wide, numbers_of([panel]))


def pictures_of(title: str, caption: str, panels: Sequence[Panel], across: int, named: Sequence[Line] = ()) -> Picture:
    """A wide picture of panels in rows of so many, over the names of some lines."""
    from suffice.report.numbers import numbers_of
    from suffice.report.svg.sheet import sheet

    return Picture(title, caption, sheet(panels, across, named), wide=True, numbers=numbers_of(panels))


class PictureWarning(UserWarning):
    """A picture of a page could not be drawn; the page is without it."""


def drawn(draw: Callable[..., Picture | Sequence[Picture]], *given: Any) -> list[Picture]:
    """The pictures that a function gives; none and a warning where it fails, since a fit is worth more than a picture."""
    try:
        found = draw(*given)
    except Exception as error:
        what = draw.__name__.strip("_").removesuffix("_picture").removesuffix("_pictures").replace("_", " ")
        said = str(error).split("\n")[0] or type(error).__name__
        warnings.warn(f"The picture of {what} could not be drawn ({said}).", PictureWarning, stacklevel=2)
        return []
    return [found] if isinstance(found, Picture) else list(found)
