"""The pictures of a classifier's page; other columns are missing cells, so what is drawn are exact marginals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from suffice.latent.families.kinds import KINDS
from suffice.plot.canvas import FAINT, INK, PALETTE, component_colours, shortened, tidy
from suffice.report.picture import Picture, data_uri, grid, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.classifiers.class_conditional import ClassConditional
    from suffice.estimators.classifiers.mixtures import MixtureClassifier
    from suffice.plot.fitted import Classifying


POINTS = 160
MOST_COLUMNS = 6
MOST_CLASSES = 25
MOST_WHOLE = 400


def telling(rows: np.ndarray, codes: np.ndarray, most: int = MOST_COLUMNS) -> list[int]:
    """Columns by how far apart the classes lie, in units of the spread within them, each where those before it say little."""
    filled = np.where(np.isnan(rows), np.nanmean(rows, axis=0), rows)
    count = codes.max() + 1
    weight = np.bincount(codes, minlength=count)
    means = np.stack([np.bincount(codes, column, count) for column in filled.T], 1) / np.maximum(weight, 1)[:, None]
    within = filled - means[codes]
    scale = np.sqrt(np.maximum(np.square(within).mean(0), 1e-12 * np.square(filled).mean(0) + 1e-300))
    apart = (means[codes] - filled.mean(0)) / scale
    chosen: list[int] = []
    for _ in range(min(most, rows.shape[1])):
        score = np.square(apart).mean(0)
        score[chosen] = -1.0
        best = int(score.argmax())
        chosen.append(best)
        direction = apart[:, best] / max(float(np.linalg.norm(apart[:, best])), 1e-300)
        apart = apart - np.outer(direction, direction @ apart)
    return chosen


def region_picture(
    estimator: Classifying,
    rows: np.ndarray,
    codes: np.ndarray,
    pair: Sequence[int],
    columns: Sequence[str],
    names: np.ndarray,
) -> Picture:
    """Decision regions in two columns, with rows."""
    from matplotlib.colors import ListedColormap

    figure, ax = new_figure((5.6, 4.6))
    first, second = (_values(estimator, column, rows[:, column]) for column in pair)
    place = np.full((len(first) * len(second), rows.shape[1]), np.nan)
    place[:, pair[0]], place[:, pair[1]] = (axis.ravel() for axis in np.meshgrid(first, second))
    chance = estimator.predict_proba(place)
    colours, best = component_colours(len(names)), chance.argmax(1).reshape(len(second), len(first))
    limits = {"vmin": -0.5, "vmax": len(names) - 0.5}
    ax.pcolormesh(
        first, second, best, cmap=ListedColormap(colours), alpha=0.22, shading="nearest", rasterized=True, **limits
    )
    if min(best.shape) > 1:
        sure = chance.max(1).reshape(best.shape)
        ax.contour(first, second, sure, levels=[0.9], colors=INK, linewidths=0.7, linestyles=":")
    for k, name in enumerate(names):
        own = rows[codes == k][:, list(pair)]
        ax.scatter(*own.T, s=9, color=colours[k], linewidths=0, alpha=0.8, label=shortened(name, 18), rasterized=True)
    if len(names) <= MOST_CLASSES:
        ax.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set_xlabel(columns[pair[0]], color=INK)
    ax.set_ylabel(columns[pair[1]], color=INK)
    tidy(ax)
    caption = (
        "The most probable class where only these two columns are known, dotted where its probability is 0.9"
        f"{'' if rows.shape[1] == 2 else '; they set the classes furthest apart'}."
    )
    return Picture("Decision regions", caption, data_uri(figure))


def confusion_picture(codes: np.ndarray, found: np.ndarray, weight: np.ndarray, names: np.ndarray) -> Picture:
    """Classes against predictions."""
    from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

    matrix = confusion_matrix(codes, found, labels=np.arange(len(names)), sample_weight=weight, normalize="true")
    figure, ax = new_figure((5.6, 4.6))
    few = len(names) <= MOST_CLASSES
    display = ConfusionMatrixDisplay(matrix, display_labels=[shortened(name, 14) for name in names])
    display.plot(ax=ax, cmap="Blues", values_format=".2f", include_values=len(names) <= 12, colorbar=not few)
    ax.set_xticks(np.arange(len(names)) if few else [], [shortened(n, 14) for n in names] if few else [], rotation=40,
                  ha="right", fontsize=8)  # fmt: skip
    ax.set_yticks(np.arange(len(names)) if few else [], [shortened(n, 14) for n in names] if few else [], fontsize=8)
    ax.set_xlabel("predicted", color=INK)
    ax.set_ylabel("class", color=INK)
    return Picture(
        "Confusion matrix", "Of the rows of each class, the share that is given each class.", data_uri(figure)
    )


def calibration_picture(codes: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> Picture:
    """How often the most probable class is right, against its probability."""
    confidence, right = probability.max(1), probability.argmax(1) == codes
    edges = np.linspace(0, 1, 11)
    bins = np.clip(np.digitize(confidence, edges) - 1, 0, 9)
    mass = np.bincount(bins, weight, 10)
    seen = mass > 0
    said = np.bincount(bins, weight * confidence, 10)[seen] / mass[seen]
    held = np.bincount(bins, weight * right, 10)[seen] / mass[seen]
    figure, ax = new_figure((5.6, 4.2))
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    ax.bar(edges[:-1][seen] + 0.05, mass[seen] / mass.sum(), width=0.09, color=FAINT, alpha=0.5)
    ax.plot(said, held, "o-", color=PALETTE[0], linewidth=1.8)
    ax.set_xlim(0, 1.02)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel("probability of the most probable class", color=INK)
    ax.set_ylabel("share of the rows that are of it", color=INK)
    tidy(ax)
    error = float(np.abs(said - held) @ mass[seen] / mass.sum())
    caption = (
        f"On the line, probabilities mean what they say; off it by {error:.3f} on average. Bars: share of the rows."
    )
    return Picture("Calibration", caption, data_uri(figure))


def density_picture(
    estimator: ClassConditional | MixtureClassifier,
    rows: np.ndarray,
    codes: np.ndarray,
    best: Sequence[int],
    columns: Sequence[str],
    names: np.ndarray,
) -> Picture:
    """The density of each class, times its probability, in some columns, with histograms."""
    figure, axes = grid(len(best), width=3.3, height=2.4, across=3)
    for column, ax in zip(best, axes, strict=True):
        _densities(estimator, rows[:, column], codes, column, ax)
        ax.set_xlabel(columns[column], color=INK)
    for k, colour in enumerate(component_colours(len(names))[:MOST_CLASSES]):
        axes[0].plot([], [], color=colour, label=shortened(names[k], 12))
    figure.legend(fontsize=7, frameon=False, loc="outside lower center", ncols=min(len(names), 8))
    caption = "Rows of each class (bars, of equal width) and its fitted density times its probability (lines), column by column."
    return Picture("Densities of the classes", caption, data_uri(figure), wide=True)


def _densities(
    estimator: ClassConditional | MixtureClassifier, cells: np.ndarray, codes: np.ndarray, column: int, ax: Axes
) -> None:
    seen, count = ~np.isnan(cells), len(estimator.classes_)
    whole = _whole(estimator, column)
    values = _values(estimator, column, cells)
    place = np.full((len(values), estimator.n_features_in_), np.nan)
    place[:, column] = values
    chance = estimator.predict_proba(place) * np.exp(estimator.score_samples(place))[:, None]
    edges = np.append(values, values[-1] + 1) - 0.5 if whole else np.histogram_bin_edges(cells[seen], 30)
    for k, colour in enumerate(component_colours(count)):
        own = cells[seen & (codes == k)]
        height, _ = np.histogram(own, edges)
        ax.stairs(height / (seen.sum() * np.diff(edges)), edges, fill=True, color=colour, alpha=0.25)
        ax.plot(values, chance[:, k], color=colour, linewidth=1.4, marker="o" if whole and len(values) < 20 else "")
    ax.set_yticks([])
    tidy(ax)


def _whole(estimator: Classifying, column: int) -> bool:
    """Whether a column holds whole numbers or codes."""
    kinds = getattr(estimator, "kinds_", None)
    return kinds is not None and KINDS[kinds[column]].discrete


def _values(estimator: Classifying, column: int, cells: np.ndarray) -> np.ndarray:
    """Where a column is drawn: at its whole numbers, or a little beyond its range."""
    low, high = np.nanmin(cells), np.nanmax(cells)
    if _whole(estimator, column):
        return np.arange(low, min(high, low + MOST_WHOLE) + 1)
    room = 0.06 * (high - low) or 0.5
    grid = np.linspace(low - room, high + room, POINTS)
    kinds = getattr(estimator, "kinds_", None)
    return grid if kinds is None else grid[~KINDS[kinds[column]].refused_cells(grid)]
