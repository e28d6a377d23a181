"""The pictures of a classifier's page; other columns are missing cells, so what is drawn are exact marginals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from suffice.latent.families.kinds import KINDS
from suffice.plot.canvas import FAINT, INK, INK_ON_LIGHT, PALETTE, component_colours, shortened
from suffice.plot.histogram import bin_edges
from suffice.plot.marks import Bars, Dots, Image, Line, Mark, Words, cells
from suffice.plot.panel import Axis, Panel
from suffice.report.classifiers.contours import contour
from suffice.report.picture import Picture, picture, pictures_of

if TYPE_CHECKING:
    from suffice.estimators.classifiers.class_conditional import ClassConditional
    from suffice.estimators.classifiers.gaussian import GaussianClassifier
    from suffice.estimators.classifiers.mixtures import MixtureClassifier
    from suffice.plot.fitted import Classifying


POINTS = 160
MOST_COLUMNS = 6
MOST_CLASSES = 25
MOST_NUMBERS = 12
MOST_WHOLE = 400
SURE = 0.9


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
    first, second = (_values(estimator, column, rows[:, column]) for column in pair)
    place = np.full((len(first) * len(second), rows.shape[1]), np.nan)
    place[:, pair[0]], place[:, pair[1]] = (axis.ravel() for axis in np.meshgrid(first, second))
    chance = estimator.predict_proba(place)
    colours, best = component_colours(len(names)), chance.argmax(1).reshape(len(second), len(first))
    (left, right), (bottom, top) = _cell_edges(first), _cell_edges(second)
    marks: list[Mark] = [Image(best[::-1], colours, (left, right, bottom, top), opacity=0.22)]
    marks += [
        Line(way[:, 0], way[:, 1], INK, 0.9, ":")
        for way in contour(first, second, chance.max(1).reshape(best.shape), SURE)
    ]
    for k, name in enumerate(names):
        own = rows[codes == k][:, list(pair)]
        marks.append(Dots(own[:, 0], own[:, 1], colours[k], 3.6, opacity=0.8, label=shortened(name, 18), many=True))
    axes = Axis(columns[pair[0]], left, right), Axis(columns[pair[1]], bottom, top)
    caption = (
        f"The most probable class where only these two columns are known, dotted where its probability is {SURE}"
        f"{'' if rows.shape[1] == 2 else '; they set the classes furthest apart'}."
    )
    legend = "right" if len(names) <= MOST_CLASSES else ""
    return picture("Decision regions", caption, Panel(marks, *axes, size=(5.6, 4.6), legend=legend))


def axes_picture(estimator: GaussianClassifier, rows: np.ndarray, codes: np.ndarray, names: np.ndarray) -> Picture:
    """Rows on the axes that tell the classes apart best; of two classes, which one axis tells, a histogram."""
    places, colours, marks = estimator.transform(rows), component_colours(len(names)), list[Mark]()
    label = "standard deviations within classes"
    if places.shape[1] > 1:
        for k, name in enumerate(names):
            own = places[codes == k]
            marks.append(Dots(own[:, 0], own[:, 1], colours[k], 3.6, opacity=0.8, label=shortened(name, 18), many=True))
        legend, axes = "right" if len(names) <= MOST_CLASSES else "", (Axis(f"axis 0, {label}"), Axis("axis 1"))
    else:
        edges = bin_edges(places[:, 0], 30)
        heights = [np.histogram(places[codes == k, 0], edges)[0].astype(float) for k in range(len(names))]
        low, nowhere = np.zeros(len(edges) - 1), np.zeros(0)
        marks += [Bars(edges[:-1], edges[1:], low, own, colours[k], opacity=0.5) for k, own in enumerate(heights)]
        marks += [Line(nowhere, nowhere, colours[k], label=shortened(name, 18)) for k, name in enumerate(names)]
        legend, axes = "right", (Axis(f"axis 0, {label}"), Axis("rows", low=0.0, whole=True))
    caption = "Rows on the axes that tell the classes apart best, linear in the columns; the first tells most."
    return picture("Discriminant axes", caption, Panel(marks, *axes, size=(5.6, 4.2), legend=legend))


def confusion_picture(codes: np.ndarray, found: np.ndarray, weight: np.ndarray, names: np.ndarray) -> Picture:
    """Classes against predictions."""
    count = len(names)
    matrix = np.bincount(codes * count + found, weight, count * count).reshape(count, count)
    matrix /= np.where(matrix.any(1, keepdims=True), matrix.sum(1, keepdims=True), 1.0)
    image, few = Image(matrix, "Blues", cells(matrix)), count <= MOST_CLASSES
    marks: list[Mark] = [image]
    if count <= MOST_NUMBERS:
        row, column = np.indices(matrix.shape).reshape(2, -1)
        shades = ["#fff" if share > 0.5 else INK_ON_LIGHT for share in matrix.ravel()]
        marks.append(Words(column, row, [f"{share:.2f}" for share in matrix.ravel()], shades, 8.5))
    ticks, called = (range(count), [shortened(name, 14) for name in names]) if few else ((), None)
    across = Axis(
        "predicted", ticks=ticks, names=called, slant=40 if sum(map(len, called or ())) > 24 else 0, plain=True
    )
    down = Axis("class", count - 0.5, -0.5, ticks=ticks, names=called, plain=True)
    panel = Panel(marks, across, down, size=(5.6, 4.6), scale=None if few else image, square=True)
    return picture("Confusion matrix", "Of the rows of each class, the share that is given each class.", panel)


def calibration_picture(codes: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> Picture:
    """How often the most probable class is right, against its probability."""
    confidence, right = probability.max(1), probability.argmax(1) == codes
    edges = np.linspace(0, 1, 11)
    bins = np.clip(np.digitize(confidence, edges) - 1, 0, 9)
    mass = np.bincount(bins, weight, 10)
    seen = mass > 0
    said = np.bincount(bins, weight * confidence, 10)[seen] / mass[seen]
    held = np.bincount(bins, weight * right, 10)[seen] / mass[seen]
    left, share, ends = edges[:-1][seen] + 0.005, mass[seen] / mass.sum(), np.array([0.0, 1.0])
    panel = Panel(
        [
            Line(ends, ends, FAINT, 1.0),
            Bars(left, left + 0.09, np.zeros(len(left)), share, FAINT, opacity=0.5),
            Line(said, held, PALETTE[0]),
            Dots(said, held, PALETTE[0], 6.0),
        ],
        Axis("probability of the most probable class", 0.0, 1.02),
        Axis("share of the rows that are of it", 0.0, 1.02),
        size=(5.6, 4.2),
    )
    error = float(np.abs(said - held) @ mass[seen] / mass.sum())
    caption = (
        f"On the line, probabilities mean what they say; off it by {error:.3f} on average. Bars: share of the rows."
    )
    return picture("Calibration", caption, panel)


def density_picture(
    estimator: ClassConditional | MixtureClassifier,
    rows: np.ndarray,
    codes: np.ndarray,
    best: Sequence[int],
    columns: Sequence[str],
    names: np.ndarray,
) -> Picture:
    """The density of each class, times its probability, in some columns, with histograms."""
    panels = [_densities(estimator, rows[:, column], codes, column, columns[column]) for column in best]
    colours, nowhere = component_colours(len(names))[:MOST_CLASSES], np.zeros(0)
    named = [Line(nowhere, nowhere, colour, label=shortened(names[k], 12)) for k, colour in enumerate(colours)]
    caption = "Rows of each class (bars, of equal width) and its fitted density times its probability (lines), column by column."
    return pictures_of("Densities of the classes", caption, panels, 3, named)


def _densities(
    estimator: ClassConditional | MixtureClassifier, column_cells: np.ndarray, codes: np.ndarray, column: int, name: str
) -> Panel:
    seen, count = ~np.isnan(column_cells), len(estimator.classes_)
    whole = _whole(estimator, column)
    values = _values(estimator, column, column_cells)
    place = np.full((len(values), estimator.n_features_in_), np.nan)
    place[:, column] = values
    chance = estimator.predict_proba(place) * np.exp(estimator.score_samples(place))[:, None]
    edges = np.append(values, values[-1] + 1) - 0.5 if whole else bin_edges(column_cells[seen], 30)
    marks: list[Mark] = []
    for k, colour in enumerate(component_colours(count)):
        height, _ = np.histogram(column_cells[seen & (codes == k)], edges)
        shares = height / (seen.sum() * np.diff(edges))
        marks += [
            Bars(edges[:-1], edges[1:], np.zeros(len(shares)), shares, colour, opacity=0.25),
            Line(values, chance[:, k], colour, 1.4),
        ]
        if whole and len(values) < 20:
            marks.append(Dots(values, chance[:, k], colour))
    return Panel(marks, Axis(name, whole=whole), Axis(low=0.0, ticks=()), size=(3.3, 2.4))


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


def _cell_edges(values: np.ndarray) -> tuple[float, float]:
    """Where cells that lie about values begin and end."""
    half = float(values[1] - values[0]) / 2 if len(values) > 1 else 0.5
    return float(values[0]) - half, float(values[-1]) + half
