"""A drawing as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from suffice.inspect.drawing.arrange import HEADER, title_place
from suffice.inspect.drawing.box import DETAIL, box
from suffice.inspect.drawing.labels import Label, short
from suffice.inspect.drawing.outline import Group, Outline
from suffice.inspect.drawing.place import Line, Rectangle, Sheet, Stop
from suffice.inspect.drawing.style import style
from suffice.runtime.markup import element, said, width

NAMESPACE = "http://www.w3.org/2000/svg"
HEAD, MARK = 6.0, 11.0
"""Length of an arrow's head, and room for the mark of a group that can be folded."""


def svg(outline: Outline, sheet: Sheet, labels: Sequence[Label], outputs: frozenset[int], title: str) -> str:
    """The picture; ``outputs`` are the boxes whose values the graph gives back."""
    return picture(sheet, element("style", style(".suffice-graph")) + drawn(outline, sheet, labels, outputs), title)


def picture(sheet: Sheet, content: str, title: str) -> str:
    """What is drawn on a sheet, as a picture."""
    return element(
        "svg", element("title", said(title)) + content, xmlns=NAMESPACE, class_="suffice-graph",
        viewBox=f"0 0 {sheet.width:.0f} {sheet.height:.0f}", width=round(sheet.width), height=round(sheet.height), role="img",
    )  # fmt: skip


def drawn(
    outline: Outline, sheet: Sheet, labels: Sequence[Label], outputs: frozenset[int], *, folds: bool = False
) -> str:
    """Grounds of groups, lines and boxes; groups bear what they need to be folded where they can be."""
    count, members = len(labels), outline.members()
    grounds = "".join(
        ground(
            group,
            count + number,
            sheet.rectangles[count + number],
            sheet.axes[count + number],
            len(members[number]) if folds else 0,
        )
        for number, group in enumerate(outline.groups)
    )
    lines = "".join(_line(line, number, outline) for number, line in enumerate(sheet.lines))
    boxes = "".join(
        box(label, number, (sheet.rectangles[number].left, sheet.rectangles[number].top), number in outputs)
        for number, label in enumerate(labels)
    )
    return grounds + lines + boxes


def ground(group: Group, part: int, place: Rectangle, axis: float, boxes: int = 0) -> str:
    """The ground of a group, with its name beside the line at its axis; on a page also what it is when it is folded."""
    drawn = element("rect", width=place.width, height=place.height, rx=8.0, class_="ground")
    name = group_name(group) or ("group" if boxes else "")
    at = title_place(axis, title_width(group))
    if boxes:
        drawn += element("text", "▾", x=at, y=HEADER - 7, class_="name mark", font_size=DETAIL)
        drawn += element("text", f"{boxes:,} boxes", x=MARK + 9.0, y=HEADER + 7, class_="name inside", font_size=DETAIL)
    drawn += element(
        "text", said(name), x=at + (MARK if boxes else 0.0), y=HEADER - 7, class_="name title", font_size=DETAIL
    )
    return element("g", drawn, class_="scope", data_part=part, transform=f"translate({place.left:.1f} {place.top:.1f})")


def title_width(group: Group) -> float:
    """What the name of a group takes, and the mark before it that says whether it is folded."""
    return width(group_name(group) or "group", DETAIL) + MARK


def group_name(group: Group) -> str:
    """'block × 3'."""
    times = f"× {group.repeats:,}" if group.repeats > 1 else ""
    return " ".join(filter(None, (short(group.name), times)))


def _line(line: Line, number: int, outline: Outline) -> str:
    past = all(outline.arrows[arrow].skip for arrow in line.arrows)
    drawn = element("path", d=way(line), class_="line skip" if past else "line")
    drawn += element("path", d=head(line) if line.ends else "", class_="head")
    return element("g", drawn, data_line=number)


def way(line: Line) -> str:
    """Straight down past rows, and curves from one row to the next."""
    first, *others = line.stops
    if line.ends:
        others[-1] = _before_the_head(others[-1])
    found = [f"M{first.x:.1f} {first.top:.1f}V{first.bottom:.1f}"]
    for upper, lower in pairwise((first, *others)):
        middle = (upper.bottom + lower.top) / 2
        found.append(f"C{upper.x:.1f} {middle:.1f} {lower.x:.1f} {middle:.1f} {lower.x:.1f} {lower.top:.1f}")
        found.append(f"V{lower.bottom:.1f}")
    return "".join(found)


def _before_the_head(stop: Stop) -> Stop:
    return Stop(stop.x, min(stop.top, stop.bottom - HEAD), stop.bottom - HEAD)


def head(line: Line) -> str:
    """The head of an arrow at the end of a line."""
    last = line.stops[-1]
    return f"M{last.x:.1f} {last.bottom:.1f}l{-HEAD / 2} {-HEAD}h{HEAD}z"
