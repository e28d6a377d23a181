"""A picture before it is drawn: marks, and what is written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from suffice.plot.marks import Image, Mark


@dataclass(frozen=True)
class Axis:
    """One direction of a picture.

    ``low`` and ``high`` are its ends where they are not those of the marks; ``ticks`` its numbers where they are chosen, with
    ``names`` if they are not called by their numbers, turned by ``slant`` degrees. ``whole`` asks for whole numbers, ``log`` for
    equal steps of the logarithm; a ``plain`` axis has neither line nor strokes.
    """

    label: str = ""
    low: float | None = None
    high: float | None = None
    ticks: Sequence[float] | np.ndarray | None = None
    names: Sequence[str] | None = None
    slant: int = 0
    whole: bool = False
    log: bool = False
    plain: bool = False


@dataclass(frozen=True)
class Panel:
    """Marks with their axes, ``size`` in inches.

    ``scale`` is an image of ``marks`` whose colours a bar beside them tells, measured by ``scale_label``; ``corner`` is written
    above on the right; ``bare`` leaves out the axes; ``square`` has equal units in both directions.
    """

    marks: Sequence[Mark]
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    size: tuple[float, float] = (5.6, 3.9)
    title: str = ""
    corner: str = ""
    legend: Literal["", "inside", "right"] = ""
    scale: Image | None = None
    scale_label: str = ""
    bare: bool = False
    square: bool = False
