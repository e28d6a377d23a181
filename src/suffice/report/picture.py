"""A picture inside a page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A picture with its words."""

    title: str
    caption: str
    uri: str
    wide: bool = False


def data_uri(figure: Figure) -> str:
    """A figure as an SVG data URI."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", dpi=180, metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def new_figure(size: tuple[float, float]) -> tuple[Figure, Any]:
    """A figure of so many inches, with one pair of axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots()


def grid(count: int, *, width: float, height: float, across: int) -> tuple[Figure, list[Any]]:
    """A figure with ``count`` axes of so many inches each, row by row."""
    from matplotlib.figure import Figure

    across = min(count, across)
    down = -(-count // across)
    figure = Figure(figsize=(width * across, height * down), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure, list(axes[:count])
