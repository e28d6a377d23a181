"""Pictures drawn by matplotlib, for notebooks and figures of the user's own."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.plot.canvas import FAINT, INK
from suffice.plot.marks import Bars, Dots, Ellipses, Image, Line, Mark, Rule, Segments, Words
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(panel: Panel, ax: Axes) -> None:
    """Draw marks and all that is beside them."""
    made = {id(mark): put(mark, ax) for mark in panel.marks}
    if panel.scale is not None:
        bar = ax.figure.colorbar(made[id(panel.scale)], ax=ax, fraction=0.03, pad=0.02)
        bar.set_label(panel.scale_label, color=INK, fontsize=9)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
        bar.ax.tick_params(labelsize=8)
    _axis(panel.x, ax, "x")
    _axis(panel.y, ax, "y")
    if not any(axis.log or axis.names is not None for axis in (panel.x, panel.y)):
        ax.ticklabel_format(useOffset=False)
    ax.set_title(panel.title, color=INK, fontsize="medium")
    ax.set_title(panel.corner, loc="right", fontsize=9, color=INK, pad=2)
    ax.set_aspect("equal" if panel.square else "auto")
    if panel.bare:
        ax.axis("off")
    if panel.legend and ax.get_legend_handles_labels()[0]:
        place: dict[str, Any] = {} if panel.legend == "inside" else {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
        ax.legend(fontsize=8, frameon=False, labelcolor=INK, **place)


def _axis(axis: Axis, ax: Axes, name: str) -> None:
    own = ax.xaxis if name == "x" else ax.yaxis
    if axis.log:
        getattr(ax, f"set_{name}scale")("log")
    if axis.whole:
        from matplotlib.ticker import MaxNLocator

        own.set_major_locator(MaxNLocator(integer=True))
    if axis.ticks is not None:
        slant = {"rotation": axis.slant, "ha": "right"} if axis.slant else {}
        own.set_ticks(list(axis.ticks), None if axis.names is None else list(axis.names), **slant)
    own.set_label_text(axis.label, color=INK)
    if name == "x":
        ax.set_xlim(axis.low, axis.high)
    else:
        ax.set_ylim(axis.low, axis.high)
    near, far = ("bottom", "top") if name == "x" else ("left", "right")
    ax.spines[far].set_visible(False)
    ax.spines[near].set_visible(not axis.plain)
    ax.spines[near].set_color(FAINT)
    length = {"length": 0} if axis.plain else {}
    ax.tick_params(axis=name, color=FAINT, labelcolor=INK, labelsize=9, **length)  # pyright: ignore[reportArgumentType]


@singledispatch
def put(mark: Mark, ax: Axes) -> Any:
    """Draw one mark; returns what matplotlib made of it."""
    raise TypeError(f"{type(mark).__name__} is no mark")


@put.register
def _(mark: Line, ax: Any) -> Any:
    style: dict[str, Any] = {"label": mark.label} if mark.label else {}
    return ax.plot(mark.x, mark.y, mark.dash, color=mark.colour, linewidth=mark.width, alpha=mark.opacity, **style)


@put.register
def _(mark: Dots, ax: Any) -> Any:
    style: dict[str, Any] = {"label": mark.label} if mark.label else {}
    if mark.many or not isinstance(mark.colour, str):
        colour: Any = [mark.colour] if isinstance(mark.colour, str) else list(mark.colour)
        return ax.scatter(
            mark.x, mark.y, mark.size**2, colour if len(mark.x) else None, alpha=mark.opacity, linewidths=0,
            rasterized=True, **style,
        )  # fmt: skip
    if mark.hollow:
        style |= {"markerfacecolor": mark.filling}
    elif not mark.dash:
        style |= {"markeredgewidth": 0}
    shape = "_" if mark.dash else "o"
    return ax.plot(mark.x, mark.y, shape, color=mark.colour, markersize=mark.size, alpha=mark.opacity, **style)


@put.register
def _(mark: Bars, ax: Any) -> Any:
    edge = {"edgecolor": mark.edge, "linewidth": 0.3} if mark.edge else {}
    return ax.bar(
        mark.left, mark.high - mark.low, mark.right - mark.left, mark.low, align="edge", color=mark.colour,
        alpha=mark.opacity, **edge,
    )  # fmt: skip


@put.register
def _(mark: Segments, ax: Any) -> Any:
    from matplotlib.collections import LineCollection

    lines = LineCollection(
        list(np.stack([mark.begin, mark.end], 1)),
        colors=mark.colour,
        linewidths=mark.width,
        alpha=mark.opacity,
        zorder=1,
    )
    ax.add_collection(lines)
    ax.autoscale_view()
    return lines


@put.register
def _(mark: Rule, ax: Any) -> Any:
    line = ax.axvline if mark.y is None else ax.axhline
    place = mark.x if mark.y is None else mark.y
    style: dict[str, Any] = {"label": mark.label} if mark.label else {}
    return line(place, color=mark.colour, linewidth=mark.width, linestyle=mark.dash, zorder=0, **style)


@put.register
def _(mark: Ellipses, ax: Any) -> Any:
    from matplotlib.patches import Ellipse

    for centre, half_axes, degrees, colour in zip(mark.centres, mark.half_axes, mark.degrees, mark.colour, strict=True):
        outline = {"fill": False, "edgecolor": colour, "linewidth": mark.width}
        ax.add_patch(Ellipse(centre, *(2 * half_axes), angle=degrees, **outline))
    ax.autoscale_view()


@put.register
def _(mark: Image, ax: Any) -> Any:
    from matplotlib.colors import ListedColormap

    low, high = mark.low, mark.high
    colours = mark.colours
    if not isinstance(colours, str):
        colours, low, high = ListedColormap(list(colours)), -0.5, len(colours) - 0.5
    return ax.imshow(
        mark.values, cmap=colours, vmin=low, vmax=high, extent=mark.extent, alpha=mark.opacity, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip


@put.register
def _(mark: Words, ax: Any) -> Any:
    colours = [mark.colour] * len(mark.texts) if isinstance(mark.colour, str) else mark.colour
    for place, (x, y, text, colour) in enumerate(zip(mark.x, mark.y, mark.texts, colours, strict=True)):
        style: dict[str, Any] = {"ha": mark.align, "va": mark.level, "fontsize": mark.size, "color": colour}
        if mark.disc:
            box = {"boxstyle": "circle,pad=0.25", "facecolor": mark.disc[place], "edgecolor": "white"}
            style |= {"bbox": box, "fontweight": "bold"}
        ax.annotate(text.replace("$", r"\$"), (x, y), mark.beside, textcoords="offset points", **style)
