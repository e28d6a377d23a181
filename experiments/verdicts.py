"""Seeds with a progress bar, what numbers over seeds say of a claim, and curves over seeds in one picture."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from suffice.plot.canvas import PALETTE


def each_seed(count: int, what: str) -> Iterable[int]:
    """Seeds from 0 on, with a progress bar on a terminal."""
    return track(range(count), what, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)


def verdict(claim: str, differences: Sequence[float] | np.ndarray) -> dict[str, Any]:
    """A claim that numbers, one a seed, are above 0: whether their mean is two standard errors from 0, and on which side."""
    mean, error = float(np.mean(differences)), float(np.std(differences, ddof=1) / np.sqrt(len(differences)))
    said = "holds" if mean > 2 * error else "does not hold" if mean < -2 * error else "undecided"
    print(f"{said:>14}: {claim} ({mean:.3g} +- {error:.2g})")
    return {"claim": claim, "verdict": said, "mean": mean, "standard_error": error}


def overlay(
    ax: Any, x: np.ndarray, curves: dict[str, np.ndarray], *, styles: Sequence[str] = ("-",), beside: bool = False
) -> None:
    """Means over seeds (seeds by points), with bands of two standard errors; line styles go round within a colour.

    ``beside`` puts the legend beside the axes.
    """
    for place, (label, values) in enumerate(curves.items()):
        colour, style = PALETTE[place // len(styles) % len(PALETTE)], styles[place % len(styles)]
        mean, error = values.mean(0), 2 * values.std(0, ddof=1) / np.sqrt(len(values))
        ax.plot(x, mean, color=colour, linestyle=style, label=label)
        ax.fill_between(x, mean - error, mean + error, color=colour, alpha=0.15, linewidth=0)
    place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {}
    ax.legend(frameon=False, fontsize=8, **place)


def table(names: Sequence[str], rows: dict[str, Sequence[np.ndarray]]) -> None:
    """Print mean and standard error over seeds, a line for each key."""
    width = max(len(key) for key in rows)
    print(" " * width + "".join(f"{name:>24}" for name in names))
    for key, cells in rows.items():
        shown = (f"{np.mean(cell):.4f} +- {np.std(cell, ddof=1) / np.sqrt(len(cell)):.4f}" for cell in cells)
        print(f"{key:<{width}}" + "".join(f"{cell:>24}" for cell in shown))
