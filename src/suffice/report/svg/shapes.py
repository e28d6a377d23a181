"""Marks as SVG elements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import NamedTuple

import numpy as np

from suffice.plot.marks import Bars, Dots, Ellipses, Image, Line, Mark, Rule, Segments, Words
from suffice.report.svg.colours import coloured, of_light
from suffice.report.svg.png import uri
from suffice.report.svg.scale import Scale
from suffice.report.svg.themed import themed
from suffice.runtime.markup import coordinate, element, hint, points, said

DASHES = {"-": None, "--": "5 3", ":": "1.2 2.2"}
BASELINE = {"top": 0.8, "center": 0.35, "bottom": -0.1}
ANCHOR = {"left": "start", "center": "middle", "right": "end"}
MOST_HINTS, MOST_ALONG = 200, 24


class Place(NamedTuple):
    """Where numbers lie inside a box of points."""

    x: Scale
    y: Scale
    width: float
    height: float


@singledispatch
def put(mark: Mark, place: Place) -> str:
    """One mark as SVG."""
    raise TypeError(f"{type(mark).__name__} is no mark")


@put.register
def _(mark: Line, place: Place) -> str:
    way = path(place.x(mark.x), place.y(mark.y))
    if not way:
        return ""
    drawn = element("path", d=way, fill="none", stroke=themed(mark.colour), stroke_width=mark.width,
                    stroke_dasharray=DASHES[mark.dash], stroke_linejoin="round", stroke_opacity=_seen(mark.opacity))  # fmt: skip
    return drawn + _told_along(mark, place)


def _told_along(mark: Line, place: Place) -> str:
    """Places on a graph of a function that tell its values, without being seen."""
    x, y = np.asarray(mark.x, float), np.asarray(mark.y, float)
    shown = np.isfinite(x) & np.isfinite(y)
    x, y = x[shown], y[shown]
    if len(x) < 2 or not (x[1:] > x[:-1]).all():
        return ""
    some = np.unique(np.linspace(0, len(x) - 1, MOST_ALONG).round().astype(int))
    named = f"{mark.label}: " if mark.label else ""
    return "".join(
        element(
            "circle", hint(f"{named}{a:.5g}, {b:.5g}"), cx=float(place.x(a)), cy=float(place.y(b)), r=4, fill_opacity=0
        )
        for a, b in zip(x[some], y[some], strict=True)
    )


@put.register
def _(mark: Dots, place: Place) -> str:
    x, y = place.x(mark.x), place.y(mark.y)
    shown = np.isfinite(x) & np.isfinite(y)
    groups: dict[str, list[int]] = {}
    for j in np.flatnonzero(shown).tolist():
        groups.setdefault(mark.colour if isinstance(mark.colour, str) else mark.colour[j], []).append(j)
    if mark.many or len(x) > MOST_HINTS or mark.dash:
        return "".join(_spots(mark, colour, x[rows], y[rows]) for colour, rows in groups.items())
    return "".join(_dot(mark, colour, x[j], y[j], j) for colour, rows in groups.items() for j in rows)


@put.register
def _(mark: Bars, place: Place) -> str:
    left, right, low, high = place.x(mark.left), place.x(mark.right), place.y(mark.low), place.y(mark.high)
    drawn = []
    for j in np.flatnonzero(np.isfinite(left + right + low + high)).tolist():
        colour = mark.colour if isinstance(mark.colour, str) else mark.colour[j]
        told = hint(f"{mark.high[j] - mark.low[j]:.4g}") if len(left) <= MOST_HINTS else None
        drawn.append(element(
            "rect", told, x=coordinate(min(left[j], right[j])), y=coordinate(min(low[j], high[j])),
            width=coordinate(abs(right[j] - left[j])), height=coordinate(abs(high[j] - low[j])),
            fill=themed(colour), fill_opacity=_seen(mark.opacity), stroke=themed(mark.edge) if mark.edge else None,
            stroke_width=0.4 if mark.edge else None,
        ))  # fmt: skip
    return "".join(drawn)


@put.register
def _(mark: Segments, place: Place) -> str:
    begin, end = np.reshape(mark.begin, (-1, 2)), np.reshape(mark.end, (-1, 2))
    x, y = place.x(np.stack([begin[:, 0], end[:, 0]], 1)), place.y(np.stack([begin[:, 1], end[:, 1]], 1))
    way = "".join(
        f"M{points(*first)}L{points(*last)}" for first, last in np.stack([x, y], 2)[np.isfinite(x + y).all(1)]
    )
    return way and element(
        "path", d=way, stroke=themed(mark.colour), stroke_width=mark.width, stroke_opacity=_seen(mark.opacity)
    )


@put.register
def _(mark: Rule, place: Place) -> str:
    upright = mark.x is not None
    where = float(place.x(mark.x if mark.x is not None else 0.0) if upright else place.y(mark.y or 0.0))
    if not np.isfinite(where):
        return ""
    ends = (where, 0.0, where, place.height) if upright else (0.0, where, place.width, where)
    x1, y1, x2, y2 = map(coordinate, ends)
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=themed(mark.colour), stroke_width=mark.width,
                   stroke_dasharray=DASHES[mark.dash])  # fmt: skip


@put.register
def _(mark: Ellipses, place: Place) -> str:
    turn = np.linspace(0, 2 * np.pi, 73)
    drawn = []
    for centre, half, degrees, colour in zip(mark.centres, mark.half_axes, mark.degrees, mark.colour, strict=True):
        angle = np.radians(degrees)
        along, across = half[0] * np.cos(turn), half[1] * np.sin(turn)
        x = centre[0] + along * np.cos(angle) - across * np.sin(angle)
        y = centre[1] + along * np.sin(angle) + across * np.cos(angle)
        drawn.append(put(Line(x, y, colour, mark.width), place))
    return "".join(drawn)


@put.register
def _(mark: Image, place: Place) -> str:
    if not mark.values.size:
        return ""
    left, right, bottom, top = mark.extent
    (x, far), (near, y) = place.x(np.array([left, right])), place.y(np.array([bottom, top]))
    light = mark.values.ndim == 3
    pixels = of_light(mark.values) if light else coloured(mark.values, mark.colours, mark.low, mark.high)
    pixels = pixels[:: 1 if near >= y else -1]
    box = float(x), float(min(y, near)), float(far - x), float(abs(near - y))
    drawn = element("image", x=box[0], y=box[1], width=box[2], height=box[3], href=uri(pixels), preserveAspectRatio="none",
                    opacity=_seen(mark.opacity), style="image-rendering:pixelated")  # fmt: skip
    return drawn if light or mark.values.size > MOST_HINTS else drawn + _told_cells(mark, box, near >= y)


def _told_cells(mark: Image, box: tuple[float, float, float, float], downwards: bool) -> str:
    """What the cells of a table hold, without being seen."""
    (high, wide), (left, top, across, down) = mark.values.shape, box
    lines = mark.values[:: 1 if downwards else -1]
    return "".join(
        element("rect", hint(f"{lines[i, j]:.4g}"), x=left + j * across / wide, y=top + i * down / high, width=across / wide,
                height=down / high, fill_opacity=0)
        for i in range(high) for j in range(wide) if np.isfinite(lines[i, j])
    )  # fmt: skip


@put.register
def _(mark: Words, place: Place) -> str:
    x, y = place.x(np.asarray(mark.x)), place.y(np.asarray(mark.y))
    drawn = []
    for j, text in enumerate(mark.texts):
        if not (-1 <= x[j] <= place.width + 1 and -1 <= y[j] <= place.height + 1):
            continue
        colour = mark.colour if isinstance(mark.colour, str) else mark.colour[j]
        if mark.disc:
            drawn.append(element("circle", cx=float(x[j]), cy=float(y[j]), r=mark.size * (0.62 + 0.14 * len(text)),
                                 fill=mark.disc[j], stroke=themed("white")))  # fmt: skip
        drawn.append(text_at(
            x[j] + mark.beside[0], y[j] - mark.beside[1], text, size=mark.size, align=mark.align, level=mark.level,
            colour="#fff" if mark.disc else colour, bold=bool(mark.disc),
        ))  # fmt: skip
    return "".join(drawn)


def text_at(
    x: float, y: float, text: str, *, size: float = 9.0, align: str = "center", level: str = "center",
    colour: str = "currentColor", bold: bool = False, slant: float = 0.0,
) -> str:  # fmt: skip
    """Lines of text about a place, turned by so many degrees."""
    lines = text.split("\n")
    turned = f"rotate({coordinate(-slant)} {coordinate(x)} {coordinate(y)})" if slant else None
    first = y + size * (BASELINE[level] - (1.2 * (len(lines) - 1) * (level == "bottom")))
    return "".join(
        element("text", said(line), x=float(x), y=float(first + 1.2 * size * place), text_anchor=ANCHOR[align], font_size=size,
                fill=themed(colour), font_weight="bold" if bold else None, transform=turned)
        for place, line in enumerate(lines)
    )  # fmt: skip


def path(x: np.ndarray, y: np.ndarray) -> str:
    """A way through places, broken where one is missing; points that change nothing to see are left out."""
    found = []
    for part in _runs(np.isfinite(x + y)):
        kept = bent(np.round(x[part], 1), np.round(y[part], 1))
        found.append("M" + "L".join(points(*place) for place in kept))
        if len(kept) == 1:
            found.append("h0")
    return "".join(found)


def _runs(shown: np.ndarray) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shown, [False]]).astype(int)))
    return [slice(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def bent(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The places (n, 2) at which a way begins, ends or turns."""
    ways = np.stack([x, y], 1)
    ways = ways[np.concatenate([[True], (np.diff(ways, axis=0) != 0).any(1)])]
    step = np.diff(ways, axis=0)
    turns = step[:-1, 0] * step[1:, 1] != step[:-1, 1] * step[1:, 0]
    back = (step[:-1] * step[1:]).sum(1) < 0
    return ways[np.concatenate([[True], turns | back, [True]])] if len(ways) > 2 else ways


def _spots(mark: Dots, colour: str, x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> str:
    """Many dots as one path of short strokes."""
    begin, stroke = (-mark.size / 2, f"h{coordinate(mark.size)}") if mark.dash else (0.0, "h0")
    way = "".join(f"M{points(a + begin, b)}{stroke}" for a, b in zip(x, y, strict=True))
    return element("path", d=way, fill="none", stroke=themed(colour), stroke_width=1.2 if mark.dash else mark.size,
                   stroke_linecap="butt" if mark.dash else "round", stroke_opacity=_seen(mark.opacity))  # fmt: skip


def _dot(mark: Dots, colour: str, x: float, y: float, row: int) -> str:
    told = hint(f"{np.asarray(mark.x)[row]:.5g}, {np.asarray(mark.y)[row]:.5g}")
    fill = ("none" if mark.filling == "none" else themed(mark.filling)) if mark.hollow else themed(colour)
    return element("circle", told, cx=float(x), cy=float(y), r=mark.size / 2, fill=fill, fill_opacity=_seen(mark.opacity),
                   stroke=themed(colour) if mark.hollow else None, stroke_width=1.3 if mark.hollow else None)  # fmt: skip


def _seen(opacity: float) -> float | None:
    return None if opacity == 1 else opacity
