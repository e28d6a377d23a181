"""Pictures of ``classes-and-factors.md``: digits in two latent dimensions, mice told apart and their missing cells imputed.

``python docs/figures.py`` (``make figures``) writes them to ``docs/figures``. The mice are ``tabular/mice_protein.csv`` in the
folder that ``SUFFICE_DATA`` names (Higuera, Gardiner and Cios, 2015); without it their pictures are left as they are.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.csv
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GroupKFold, StratifiedKFold

from suffice import PPCA, GaussianClassifier
from suffice.plot.canvas import FAINT, INK, PALETTE

FOLDER = Path(__file__).parent / "figures"
NOT_PROTEINS = ("MouseID", "Genotype", "Treatment", "Behavior", "class")
REPEATED = ("pS6_N",)  # the same numbers as ARC_N
COVERED = 0.9


class Mice(NamedTuple):
    """Protein levels (n, D), NaN where missing, the class of each row and its mouse."""

    rows: np.ndarray
    classes: np.ndarray
    mouse: np.ndarray


def mice(path: Path) -> Mice:
    """Rows of the file."""
    table = pyarrow.csv.read_csv(path)
    proteins = [name for name in table.column_names if name not in NOT_PROTEINS + REPEATED]
    rows = np.column_stack([table[name].to_numpy() for name in proteins])
    mouse = np.array([name.split("_")[0] for name in table["MouseID"].to_pylist()])
    return Mice(rows, np.array(table["class"].to_pylist()), mouse)


def saved(figure: Figure, name: str) -> None:
    """Write a figure, and say where."""
    figure.savefig(FOLDER / name, dpi=76, metadata={"Software": None})
    print(f"{name}: {(FOLDER / name).stat().st_size / 1024:.0f} KB")


def tidy(ax: Axes) -> None:
    """Leave out the frame above and on the right, and draw the rest faintly."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(colors=INK, labelsize=8)


def digits_in_two_dimensions() -> None:
    """Posterior means of 1,797 digits, and the image that is expected at each place of a grid."""
    rows, digit = load_digits(return_X_y=True)
    ppca = PPCA(n_components=2).fit(rows)
    codes = ppca.transform(rows)
    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for k, colour in enumerate(PALETTE):
        left.scatter(*codes[digit == k].T, s=7, color=colour, linewidths=0, alpha=0.7, label=str(k))
    left.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=2)
    place = np.linspace(-2, 2, 7)
    across, down = (axis.ravel() for axis in np.meshgrid(place, place[::-1]))
    images = ppca.inverse_transform(np.column_stack([across, down])).clip(0, 16).reshape(7, 7, 8, 8)
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=0)
    limits = (-7 / 3, 7 / 3) * 2
    right.imshow(framed.transpose(0, 2, 1, 3).reshape(70, 70), cmap="gray_r", extent=limits)
    for ax in (left, right):
        ax.set_xlabel("component 0", color=INK)
        ax.set_ylabel("component 1", color=INK)
        tidy(ax)
    saved(figure, "digits.png")


def mice_told_apart(found: Mice) -> None:
    """Confusion of classes where rows are held out, and where whole mice are."""
    ways = {
        "rows held out": StratifiedKFold(5, shuffle=True, random_state=0).split(found.rows, found.classes),
        "mice held out": GroupKFold(5).split(found.rows, found.classes, found.mouse),
    }
    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    for ax, (name, parts) in zip(figure.subplots(1, 2), ways.items(), strict=True):
        predicted = np.empty_like(found.classes)
        for train, test in parts:
            classifier = GaussianClassifier("tied", shrinkage=0.01).fit(found.rows[train], found.classes[train])
            predicted[test] = classifier.predict(found.rows[test])
        ConfusionMatrixDisplay.from_predictions(
            found.classes, predicted, normalize="true", values_format=".2f", cmap="Blues", colorbar=False, ax=ax,
            xticks_rotation=40, text_kw={"fontsize": 7},
        )  # fmt: skip
        right = (predicted == found.classes).mean()
        ax.set_title(f"{name}: {right:.1%} right", fontsize=10, color=INK)
        ax.tick_params(labelsize=8)
        print(f"{name}: {right:.1%} right")
    saved(figure, "mice-classes.png")


def mice_imputed(found: Mice) -> None:
    """A tenth of the measured cells hidden, and what the others say of them."""
    draw = np.random.default_rng(0)
    rows = (found.rows - np.nanmean(found.rows, 0)) / np.nanstd(found.rows, 0)
    hidden = (draw.random(rows.shape) < 0.1) & ~np.isnan(rows)
    gaps = np.where(hidden, np.nan, rows)
    filled, deviation = PPCA(n_components=10).fit(gaps).impute(gaps, return_std=True)
    half = norm.ppf((1 + COVERED) / 2) * deviation[hidden]
    inside = np.abs(rows - filled)[hidden] < half
    error, spread = np.square(rows - filled)[hidden].mean() ** 0.5, rows[hidden].std()
    said = f"{inside.mean():.1%} inside; root mean square error {error:.2f}, of column means {spread:.2f}"
    print(f"{COVERED:.0%} intervals: {said}")
    some = draw.permutation(hidden.sum())[:400]
    figure = Figure(figsize=(6.0, 4.4), layout="constrained")
    ax = figure.subplots()
    ax.errorbar(
        filled[hidden][some], rows[hidden][some], yerr=half[some], fmt="none", ecolor=FAINT, alpha=0.5, linewidth=0.8
    )
    ax.scatter(
        filled[hidden][some], rows[hidden][some], s=7, color=np.where(inside[some], PALETTE[0], PALETTE[1]), zorder=3
    )
    ax.axline((0, 0), slope=1, color=INK, linewidth=0.8)
    ax.set_xlabel("imputed, standard deviations of the column", color=INK)
    ax.set_ylabel("measured", color=INK)
    ax.set_title(said, fontsize=9, color=INK)
    tidy(ax)
    saved(figure, "mice-imputed.png")


def main() -> None:
    """Make every picture whose data are here."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    FOLDER.mkdir(exist_ok=True)
    digits_in_two_dimensions()
    path = Path(os.environ.get("SUFFICE_DATA", "")) / "tabular" / "mice_protein.csv"
    if not path.exists():
        print(
            "tabular/mice_protein.csv was not found: set SUFFICE_DATA to the folder that holds it. The mice are left out."
        )
        return
    found = mice(path)
    mice_told_apart(found)
    mice_imputed(found)


if __name__ == "__main__":
    main()
