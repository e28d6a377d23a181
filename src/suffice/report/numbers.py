"""The numbers of a picture as comma-separated text, for who wants them in another program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from suffice.plot.marks import Bars, Dots, Ellipses, Image, Line, Mark, Rule, Segments
from suffice.plot.panel import Axis, Panel

HEADER = ("panel", "series", "mark", "x", "y", "x_end", "y_end", "value")
MOST = 4000
"""Lines of one mark; those of more, such as images, are left out and said to be."""


def numbers_of(panels: Sequence[Panel]) -> str:
    """A line for each point, bar, cell or ellipse, under a line of names; empty where there is none."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    lines = [line for place, panel in enumerate(panels) for line in _of_panel(panel, panel.title or str(place))]
    if not lines:
        return ""
    write.writerow(HEADER)
    write.writerows(lines)
    return text.getvalue()


def _of_panel(panel: Panel, title: str) -> Iterable[list[str]]:
    for place, mark in enumerate(panel.marks):
        kind, found = type(mark).__name__.lower(), cells(mark)
        series = getattr(mark, "label", "") or str(place)
        if len(found) > MOST:
            yield [title, series, kind, *[""] * 4, f"left out: {len(found)} lines"]
            continue
        for x, y, *others in found:
            yield [title, series, kind, _named(x, panel.x), _named(y, panel.y), *map(_written, others)]


def _named(value: Any, axis: Axis) -> str:
    """A place along an axis, by its name where it has one."""
    if axis.names is not None and axis.ticks is not None:
        for tick, name in zip(axis.ticks, axis.names, strict=False):
            if tick == value:
                return name
    return _written(value)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None or value != value else f"{value:.6g}"


@singledispatch
def cells(mark: Mark) -> list[tuple[Any, ...]]:
    """What a mark tells: x, y, where it ends, and a value; words tell what other marks do."""
    return []


@cells.register
def _(mark: Line) -> list[tuple[Any, ...]]:
    return [(x, y, None, None, None) for x, y in zip(mark.x, mark.y, strict=True)]


@cells.register
def _(mark: Dots) -> list[tuple[Any, ...]]:
    groups = [] if isinstance(mark.colour, str) else list(dict.fromkeys(mark.colour))
    own = [None] * len(mark.x) if isinstance(mark.colour, str) else [groups.index(colour) for colour in mark.colour]
    return [(x, y, None, None, group) for x, y, group in zip(mark.x, mark.y, own, strict=True)]


@cells.register
def _(mark: Bars) -> list[tuple[Any, ...]]:
    return [(*box, None) for box in zip(mark.left, mark.low, mark.right, mark.high, strict=True)]


@cells.register
def _(mark: Segments) -> list[tuple[Any, ...]]:
    begin, end = np.reshape(mark.begin, (-1, 2)), np.reshape(mark.end, (-1, 2))
    return [(*first, *last, None) for first, last in zip(begin, end, strict=True)]


@cells.register
def _(mark: Rule) -> list[tuple[Any, ...]]:
    return [(mark.x, mark.y, None, None, None)]


@cells.register
def _(mark: Ellipses) -> list[tuple[Any, ...]]:
    """The centre, the half-axes, and by how many degrees the first of them is turned."""
    return [(*row, turn) for row, turn in zip(np.hstack([mark.centres, mark.half_axes]), mark.degrees, strict=True)]


@cells.register
def _(mark: Image) -> list[tuple[Any, ...]]:
    """The middle of each cell, and its value; of light, none."""
    if mark.values.ndim != 2:
        return []
    high, wide = mark.values.shape
    left, right, bottom, top = mark.extent
    across = left + (np.arange(wide) + 0.5) * (right - left) / wide
    down = top + (np.arange(high) + 0.5) * (bottom - top) / high
    return [(across[j], down[i], None, None, mark.values[i, j]) for i in range(high) for j in range(wide)]
