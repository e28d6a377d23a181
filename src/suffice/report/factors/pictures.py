"""The pictures of a report on a factor model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from suffice.plot.canvas import INK, PALETTE, component_colours, shortened
from suffice.plot.loadings import LoadingsDisplay
from suffice.plot.marks import Dots, Image, Line, Rule, cells
from suffice.plot.panel import Axis, Panel
from suffice.plot.reconstruction import ReconstructionDisplay
from suffice.plot.scree import ScreeDisplay
from suffice.plot.trace import TraceDisplay
from suffice.report.finder import MANY_COLUMNS, PICTURED, largest
from suffice.report.gaps import gap_pictures
from suffice.report.mixtures.advice import restart_sentence
from suffice.report.picture import Picture, drawn, picture, pictures_of
from suffice.report.summary import Summary
from suffice.selection.sizes import HeldOutSizes

if TYPE_CHECKING:
    from suffice.plot.fitted import FittedFactors


SHOWN_IMAGES = 10
SHOWN_ROWS = 40


def factor_pictures(
    estimator: FittedFactors,
    summary: Summary,
    names: list[str],
    image_shape: tuple[int, ...] | None,
    target: tuple[np.ndarray, np.ndarray] | None = None,
    held_out: HeldOutSizes | None = None,
) -> list[Picture]:
    """Scree, held-out likelihood against dimension if given, codes, loadings, reconstructions, and missing cells if any."""
    return [
        *drawn(scree_picture, estimator, bool(summary.missing.any())),
        *drawn(_held_out, estimator, held_out),
        *drawn(_codes, estimator, summary, target),
        *(drawn(_trace, estimator) if len(estimator.lower_bounds_) > 1 else ()),
        *(drawn(_axes, estimator, image_shape) if image_shape else drawn(loadings_picture, estimator, names)),
        *drawn(_reconstructions, estimator, summary, image_shape),
        *drawn(gap_pictures, estimator, summary, names),
    ]


def scree_picture(estimator: FittedFactors, gaps: bool) -> Picture:
    single = np.ndim(estimator.noise_variance_) == 0
    what = "covariance" if single else "correlation"
    pairs = ", from the pairs of cells observed together" if gaps else ""
    noise = " The dashed line is the noise variance." if single else ""
    caption = f"Eigenvalues of the {what} matrix{pairs}; filled those of the components.{noise}"
    return picture("Scree", caption, ScreeDisplay.of(estimator).panel())


def _held_out(estimator: FittedFactors, found: HeldOutSizes | None) -> list[Picture]:
    if found is None:
        return []
    sizes, scores = np.asarray(found.sizes), np.asarray(found.scores)
    marks = [
        Rule(INK, x=estimator.n_components, width=1.0, dash=":"),
        Line(sizes, scores, PALETTE[0]),
        Dots(sizes, scores, PALETTE[0], 4.5),
    ]
    panel = Panel(marks, Axis("components", whole=True), Axis("held-out log-likelihood, nats per row"))
    caption = (
        f"Every fifth of {found.n_rows:,} rows held out of fits to the others; higher is better. Dotted: this model."
    )
    return [picture("Held-out likelihood", caption, panel)]


def _codes(estimator: FittedFactors, summary: Summary, target: tuple[np.ndarray, np.ndarray] | None) -> Picture:
    rows, classes = (summary.sample, None) if target is None else target
    codes = estimator.transform(rows)
    second = codes[:, 1] if codes.shape[1] > 1 else np.zeros(len(codes))
    found, kinds = np.unique(np.zeros(len(codes)) if classes is None else classes, return_inverse=True)
    told = classes is not None and len(found) < 20
    marks = [Dots(codes[:, 0], second, PALETTE[0], 3.0, opacity=0.6, many=True)]
    if told:
        named = zip(range(len(found)), component_colours(len(found)), found, strict=True)
        marks = [
            replace(
                marks[0],
                x=codes[kinds == kind, 0],
                y=second[kinds == kind],
                colour=colour,
                label=shortened(str(name), 18),
            )
            for kind, colour, name in named
        ]
    label = "component 1" if codes.shape[1] > 1 else ""
    panel = Panel(marks, Axis("component 0"), Axis(label), legend="right" if told else "")
    coloured = " Colours are the known classes, kept out of the fit." if told else ""
    return picture("Rows in latent space", f"Posterior means of {len(codes):,} rows.{coloured}", panel)


def _trace(estimator: FittedFactors) -> Picture:
    return picture("Climb of every start", restart_sentence(estimator), TraceDisplay.of(estimator).panel())


def loadings_picture(estimator: FittedFactors, names: list[str]) -> Picture:
    display, features = LoadingsDisplay.of(estimator, feature_names=names), len(estimator.loadings_)
    shown = len(display.shown())
    some = "" if shown == features else f" The {shown} of {features} columns with the largest."
    caption = f"Change of each column, in its standard deviations, with one unit of each component.{some}"
    return picture("Loadings", caption, display.panel(), wide=True)


def _axes(estimator: FittedFactors, image_shape: tuple[int, ...]) -> Picture:
    shown = np.concatenate([estimator.mean_[None], estimator.components_])[: 2 * SHOWN_IMAGES]
    panels = [_as_image(row.reshape(image_shape), number - 1) for number, row in enumerate(shown)]
    caption = "The mean, and each component: blue positive, red negative."
    return pictures_of("Components as images", caption, panels, SHOWN_IMAGES)


def _as_image(values: np.ndarray, number: int) -> Panel:
    """The mean, of number -1, or a component."""
    most = float(np.abs(values).max()) or 1.0
    ends = ("gray_r", float(values.min()), float(values.max())) if number < 0 else ("RdBu", -most, most)
    image = Image(values, ends[0], cells(values), *ends[1:])
    across, down = 0.96, 0.35 + 0.85 * values.shape[0] / values.shape[1]
    title = "mean" if number < 0 else str(number)
    y = Axis(low=len(values) - 0.5, high=-0.5)
    return Panel([image], y=y, size=(across, min(down, 2.0)), title=title, bare=True, square=True)


def _reconstructions(estimator: FittedFactors, summary: Summary, image_shape: tuple[int, ...] | None) -> Picture:
    most = SHOWN_IMAGES if image_shape else SHOWN_ROWS
    place = np.unique(np.linspace(0, len(summary.sample) - 1, most).round().astype(int))
    display = ReconstructionDisplay.of(estimator, summary.sample[place], image_shape=image_shape)
    features, some = len(estimator.loadings_), ""
    if not image_shape and features > MANY_COLUMNS:
        apart = estimator.loadings_ / np.sqrt(estimator.model_.variances())[:, None]
        shown = largest(apart, PICTURED)
        display = ReconstructionDisplay(rows=display.rows[:, shown], reconstructed=display.reconstructed[:, shown])
        some = f" The {len(shown)} of {features:,} columns with the largest loadings."
    panel = display.panel() if image_shape else replace(display.panel(), size=(9.6, 3.4))
    what = "Above some rows, below" if image_shape else "Left some rows, standardised by column, right"
    caption = f"{what} what their {estimator.loadings_.shape[1]} latent variables keep of them.{some}"
    return picture("Reconstructions", caption, panel, wide=True)
