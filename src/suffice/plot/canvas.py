"""Colours and names that the displays share."""

from __future__ import annotations

from colorsys import hls_to_rgb

# Ten hues that stay apart in print and for most colour-blind readers.
PALETTE = (
    "#2f6fb0", "#d9822b", "#3a9a5b", "#b8405e", "#7a5bb5",
    "#8a6d3b", "#2aa5a0", "#c76bb0", "#7d8a2e", "#5a6572",
)  # fmt: skip
INK = "#27313b"
INK_ON_LIGHT = "#222222"
"""Ink on the light cells of a picture, which stay light on a dark page."""
FAINT = "#b4bcc5"


def component_colours(n_components: int) -> list[str]:
    """One colour for each component: the palette, or as many muted hues as needed."""
    if n_components <= len(PALETTE):
        return list(PALETTE[:n_components])
    lightness = (0.42, 0.55, 0.66)
    shares = [hls_to_rgb(k * 0.381966 % 1.0, lightness[k % 3], 0.5) for k in range(n_components)]
    return ["#" + "".join(f"{round(255 * share):02x}" for share in light) for light in shares]


def shortened(name: str, most: int) -> str:
    """A name of at most so many letters."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def wanted_columns(names: list[str] | None, n_columns: int) -> list[str]:
    """The names given, or x0, x1, ... as scikit-learn calls unnamed columns."""
    if names is None:
        return [f"x{j}" for j in range(n_columns)]
    if len(names) != n_columns:
        raise ValueError(f"{len(names)} column names were given for {n_columns} columns: give one for each column")
    return [str(name) for name in names]
