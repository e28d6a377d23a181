"""Pictures of the tutorials, from what their own code computes: ``python docs/tutorial_figures.py`` (``make figures``)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from figures import saved, tidy
from matplotlib.figure import Figure

from suffice.plot.canvas import FAINT, INK, PALETTE

TUTORIALS = Path(__file__).parent / "tutorials"


def names_of(page: str, last: str) -> dict[str, Any]:
    """Variables of a tutorial once its blocks up to the one that makes a name have run."""
    names: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```", (TUTORIALS / page).read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(code, page, "exec"), names)
        if last in names:
            break
    return names


def sensors() -> None:
    """The hour that one sensor was off."""
    names = names_of("impute-sensors.md", "inside")
    minutes, sensor = np.arange(150, 310), 3
    true, filled, deviation, hidden = (names[key][minutes, sensor] for key in ("true", "filled", "deviation", "hidden"))
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    ax = figure.subplots()
    ax.plot(minutes, true, color=FAINT, linewidth=2.5, label="true")
    seen = np.where(hidden, np.nan, filled)
    ax.plot(minutes, seen, ".", markersize=3, color=INK, label="measured")
    ax.errorbar(
        minutes[hidden],
        filled[hidden],
        1.96 * deviation[hidden],
        fmt=".",
        markersize=3,
        linewidth=0.8,
        color=PALETTE[1],
        label="imputed, 95 %",
    )
    ax.set_xlabel("minute", color=INK)
    ax.set_ylabel("sensor 3", color=INK)
    ax.legend(frameon=False, fontsize=8)
    tidy(ax)
    saved(figure, "tutorial-sensors.png")


def groups() -> None:
    """The criterion by number of components, and the groups of the best."""
    names = names_of("how-many-groups.md", "found")
    found, X = names["found"], names["X"]
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for colour, kind in zip(PALETTE, ("full", "spherical"), strict=False):
        own = [k for k, each in enumerate(found.table["covariance_type"]) if each == kind]
        number = [found.table["n_components"][k] for k in own]
        left.plot(number, [found.table["bic"][k] for k in own], "o-", markersize=4, color=colour, label=kind)
    left.set_xlabel("components", color=INK)
    left.set_ylabel("BIC", color=INK)
    left.legend(frameon=False, fontsize=8)
    group = found.best.predict(X)
    right.scatter(*X.T, s=8, c=np.array(PALETTE)[group], linewidths=0)
    for ax in (left, right):
        tidy(ax)
    saved(figure, "tutorial-groups.png")


def filters() -> None:
    """Weights of the hidden units of the RBM."""
    names = names_of("learn-an-rbm.md", "display")
    names["display"].figure_.set_size_inches(4.8, 3.8)
    saved(names["display"].figure_, "tutorial-filters.png")


def scan() -> None:
    """The scan, its restoration and the probability of a stroke."""
    names = names_of("restore-a-scan.md", "beliefs")
    pictures = {
        "scan": names["scan"],
        "minimum cut": names["restored"].images,
        "probability": names["beliefs"].probability,
    }
    figure = Figure(figsize=(7.2, 1.7), layout="constrained")
    for ax, (title, image) in zip(figure.subplots(1, 3), pictures.items(), strict=True):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(title, fontsize=9, color=INK)
        ax.set_axis_off()
    saved(figure, "tutorial-scan.png")


if __name__ == "__main__":
    for picture in (sensors, groups, filters, scan):
        picture()
