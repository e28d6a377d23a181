"""What pictures are made of: marks in the coordinates of the data, which matplotlib or a page then draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Dash = Literal["-", "--", ":"]


@dataclass(frozen=True)
class Line:
    """Points joined in their order; a gap where a number is not finite."""

    x: np.ndarray
    y: np.ndarray
    colour: str
    width: float = 1.8
    dash: Dash = "-"
    opacity: float = 1.0
    label: str = ""


@dataclass(frozen=True)
class Dots:
    """A dot of some width, in points, at each place, or a short dash; hollow ones are rings on ``filling``."""

    x: np.ndarray
    y: np.ndarray
    colour: str | Sequence[str]
    size: float = 5.0
    opacity: float = 1.0
    hollow: bool = False
    filling: str = "white"
    dash: bool = False
    label: str = ""
    many: bool = False


@dataclass(frozen=True)
class Bars:
    """Upright boxes from ``left`` to ``right`` and from ``low`` to ``high``."""

    left: np.ndarray
    right: np.ndarray
    low: np.ndarray
    high: np.ndarray
    colour: str | Sequence[str]
    opacity: float = 1.0
    edge: str = ""


@dataclass(frozen=True)
class Segments:
    """Straight lines from one row of ``begin`` to that of ``end``, (n, 2) each."""

    begin: np.ndarray
    end: np.ndarray
    colour: str
    width: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Rule:
    """A line through the whole picture, at an ``x`` or at a ``y``."""

    colour: str
    x: float | None = None
    y: float | None = None
    width: float = 1.2
    dash: Dash = "-"
    label: str = ""


@dataclass(frozen=True)
class Ellipses:
    """Outlines about ``centres``, (n, 2), with half-axes (n, 2), the first turned by so many degrees from that of x."""

    centres: np.ndarray
    half_axes: np.ndarray
    degrees: np.ndarray
    colour: Sequence[str]
    width: float = 1.5


@dataclass(frozen=True)
class Image:
    """Cells of a table as colours, (h, w) numbers from ``low`` to ``high`` or (h, w, 3) shares of light; NaN is left out.

    It reaches over ``extent`` (left, right, bottom, top), whose first line is at the top; ``colours`` is a map by its name, or a
    colour for each of the codes 0, 1, ...
    """

    values: np.ndarray
    colours: str | Sequence[str]
    extent: tuple[float, float, float, float]
    low: float = 0.0
    high: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Words:
    """A text at each place, or a little beside it; on a disc of a colour if ``disc`` holds one for each."""

    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    texts: Sequence[str]
    colour: str | Sequence[str]
    size: float = 8.0
    align: Literal["left", "center", "right"] = "center"
    level: Literal["top", "center", "bottom"] = "center"
    beside: tuple[float, float] = (0.0, 0.0)
    disc: Sequence[str] = ()


Mark = Line | Dots | Bars | Segments | Rule | Ellipses | Image | Words


def cells(values: np.ndarray) -> tuple[float, float, float, float]:
    """The extent of a table whose cells lie at whole numbers, the first line at the top."""
    return -0.5, values.shape[1] - 0.5, values.shape[0] - 0.5, -0.5
