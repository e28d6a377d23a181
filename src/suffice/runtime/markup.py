"""Numbers and texts as SVG and HTML hold them."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape, quoteattr

FARTHEST = 1e5
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMW%@…")


def coordinate(value: float) -> str:
    """A length in points, to a hundredth, within what every reader of SVG can hold."""
    text = f"{min(max(value, -FARTHEST), FARTHEST):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def points(x: float, y: float) -> str:
    """A place, in points to a tenth."""
    return f"{coordinate(round(x, 1))} {coordinate(round(y, 1))}"


def element(name: str, content: str | None = None, **attributes: object) -> str:
    """An element with attributes (``_`` is read as ``-``; None is left out) around what is already SVG."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(coordinate(value) if isinstance(value, float) else str(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}/>" if content is None else f"<{name}{given}>{content}</{name}>"


def said(text: str) -> str:
    """A text with what XML reserves written out, and without what it cannot hold."""
    return escape("".join(letter if letter.isprintable() else "\ufffd" for letter in text))


def hint(text: str) -> str:
    """What is shown of a mark under the pointer."""
    return f"<title>{said(text)}</title>"


def width(text: str, size: float) -> float:
    """About how wide a text is, in points, in letters of this size; of wide founts, so that there is room for others."""
    return size * sum(map(_letter, text))


def _letter(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if letter in NARROW:
        return 0.32
    if letter in WIDE:
        return 0.9
    return 0.7 if letter.isupper() else 0.62
