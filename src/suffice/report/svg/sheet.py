"""Panels side by side as one SVG picture."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.plot.marks import Line
from suffice.plot.panel import Panel
from suffice.report.svg.frame import EDGE, POINTS, Margins, framed, margins
from suffice.report.svg.legend import ROW, Entry, laid, rows_of
from suffice.runtime.markup import coordinate, element

NAMESPACE = "http://www.w3.org/2000/svg"
FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
PIXELS = 4 / 3
"""Of a page to a point."""


def svg(panel: Panel) -> str:
    """One panel as a picture."""
    return sheet([panel], 1)


def sheet(panels: Sequence[Panel], across: int, named: Sequence[Line] = ()) -> str:
    """Panels of one size in rows of so many, with the names of some lines below all of them."""
    own = [margins(panel) for panel in panels]
    across = min(across, len(panels))
    wide, high = (max((POINTS * panel.size[side] for panel in panels), default=0.0) for side in (0, 1))
    drawn = []
    for place, panel in enumerate(panels):
        row, column = divmod(place, across)
        shared = _shared(own[column::across], own[row * across : (row + 1) * across])
        drawn.append(_moved(framed(panel, shared), column * wide, row * high))
    down, width = -(-len(panels) // max(across, 1)), max(across, 1) * wide
    rows = rows_of([Entry(line.label, line) for line in named], width - 2 * EDGE)
    drawn.append(laid(rows, EDGE, down * high))
    return _picture("".join(drawn), width, down * high + ROW * len(rows))


def _shared(column: Sequence[Margins], row: Sequence[Margins]) -> Margins:
    """Margins that line up with the panels above and below, and with those on both sides."""
    return Margins(max(one.left for one in column), max(one.right for one in column), max(one.top for one in row),
                   max(one.bottom for one in row))  # fmt: skip


def _moved(content: str, x: float, y: float) -> str:
    return element("g", content, transform=f"translate({coordinate(x)} {coordinate(y)})") if x or y else content


def _picture(content: str, width: float, height: float) -> str:
    return element(
        "svg", content, xmlns=NAMESPACE, viewBox=f"0 0 {coordinate(width)} {coordinate(height)}", width=PIXELS * width,
        height=PIXELS * height, font_family=FONT,
    )  # fmt: skip
