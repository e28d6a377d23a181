"""Boxes as SVG: their size, and what is written in them."""

from __future__ import annotations

from suffice.inspect.drawing.labels import Label, letters
from suffice.runtime.markup import element, hint, said, width

HEADING, DETAIL = 12.0, 10.0
MONO = 0.61
"""Width of a letter of a fount with equal letters, as a share of its size."""
SIDE, TOP, BOTTOM = 10.0, 6.0, 7.0
HEADING_LINE, LINE = 15.0, 12.5
NARROWEST = 44.0
SHORT = 22
"""Letters up to which two lines become one."""
ROUND = {"input": 13.0, "parameter": 13.0, "constant": 13.0, "sum": 13.0}


def size(label: Label) -> tuple[float, float]:
    """Width and height of a box with these lines."""
    wide = max(
        width(label.heading, HEADING) * 1.06,
        *(width(line, DETAIL) for line in described(label)),
        *(MONO * DETAIL * letters(line) for line in (*label.value, *label.derivative)),
        NARROWEST - 2 * SIDE,
    )
    lines = len(described(label)) + len(label.value) + len(label.derivative)
    return wide + 2 * SIDE, TOP + HEADING_LINE + LINE * lines + BOTTOM


def box(label: Label, part: int, place: tuple[float, float], output: bool) -> str:
    """A box at its upper left corner."""
    wide, high = size(label)
    drawn = element("rect", width=wide, height=high, rx=ROUND.get(label.kind, 5.0), class_="shape")
    down = TOP + HEADING
    drawn += _text(label.heading, wide / 2, down - 1, "heading", HEADING)
    for name, lines in (("detail", described(label)), ("value", label.value), ("derivative", label.derivative)):
        for line in lines:
            down += LINE
            drawn += _text(line, wide / 2, down + 1, name, DETAIL)
    kinds = f"box {label.kind}{' output' if output else ''}"
    x, y = place
    return element(
        "g",
        hint(told(label)) + drawn,
        class_=kinds,
        data_part=part,
        tabindex=0,
        transform=f"translate({x:.1f} {y:.1f})",
    )


def described(label: Label) -> tuple[str, ...]:
    """Lines under the heading: what is done and the shape, in one line where both are short."""
    shape = () if label.value and label.shape == "scalar" else (label.shape,)
    joined = ", ".join((*label.details, *shape))
    short = len(joined) <= SHORT and not any("×" in line for line in label.details)
    return (joined,) if joined and short else (*label.details, *shape)


def told(label: Label) -> str:
    """All that is known of a box, in one line each."""
    return " · ".join(
        filter(
            None,
            (label.heading, *label.details, label.shape, " ".join(label.value), " ".join(label.derivative), label.rule),
        )
    )


def _text(text: str, x: float, y: float, name: str, size: float) -> str:
    return element("text", said(text).replace(" ", "\N{NO-BREAK SPACE}"), x=x, y=y, class_=name, font_size=size)
