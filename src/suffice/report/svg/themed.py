"""Colours that a page may set."""

from __future__ import annotations

from suffice.plot.canvas import FAINT, INK

THEMED = {INK: "currentColor", FAINT: f"var(--faint, {FAINT})", "white": "var(--paper, #fff)"}


def themed(colour: str) -> str:
    """A colour, or what a page puts in its place."""
    return THEMED.get(colour, colour)
