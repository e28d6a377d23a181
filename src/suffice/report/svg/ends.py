"""How far marks reach."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from suffice.plot.marks import Bars, Dots, Ellipses, Image, Line, Mark, Rule, Segments, Words

Reached = tuple[np.ndarray, np.ndarray]


@singledispatch
def ends(mark: Mark) -> Reached:
    """Numbers along x and along y between which a mark lies."""
    raise TypeError(f"{type(mark).__name__} is no mark")


@ends.register
def _(mark: Line | Dots) -> Reached:
    x, y = np.asarray(mark.x, float), np.asarray(mark.y, float)
    shown = np.isfinite(x) & np.isfinite(y)
    return x[shown], y[shown]


@ends.register
def _(mark: Bars) -> Reached:
    return np.concatenate([mark.left, mark.right]), np.concatenate([mark.low, mark.high])


@ends.register
def _(mark: Segments) -> Reached:
    places = np.concatenate([np.reshape(mark.begin, (-1, 2)), np.reshape(mark.end, (-1, 2))])
    return places[:, 0], places[:, 1]


@ends.register
def _(mark: Rule) -> Reached:
    return tuple(np.array([] if end is None else [end], float) for end in (mark.x, mark.y))  # pyright: ignore[reportReturnType]


@ends.register
def _(mark: Ellipses) -> Reached:
    angle = np.radians(mark.degrees)
    turn = np.stack([np.cos(angle), np.sin(angle)], 1)
    far = np.stack([np.hypot(*(mark.half_axes * turn).T), np.hypot(*(mark.half_axes * turn[:, ::-1]).T)], 1)
    low, high = mark.centres - far, mark.centres + far
    return np.concatenate([low[:, 0], high[:, 0]]), np.concatenate([low[:, 1], high[:, 1]])


@ends.register
def _(mark: Image) -> Reached:
    return np.array(mark.extent[:2], float), np.array(mark.extent[2:], float)


@ends.register
def _(mark: Words) -> Reached:
    return np.zeros(0), np.zeros(0)
