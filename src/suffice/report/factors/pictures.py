"""The pictures of a report on a factor model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from suffice.plot import LoadingsDisplay, ReconstructionDisplay, ScreeDisplay, TraceDisplay
from suffice.plot.canvas import INK, PALETTE, component_colours, tidy, whole_numbers
from suffice.report.gaps import gap_pictures
from suffice.report.mixtures.advice import restart_sentence
from suffice.report.picture import Picture, data_uri, grid, new_figure
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
    found = [
        _scree(estimator, gaps=bool(summary.missing.any())),
        *_held_out(estimator, held_out),
        _codes(estimator, summary, target),
    ]
    if len(estimator.lower_bounds_) > 1:
        found.append(_trace(estimator))
    found += [_axes(estimator, image_shape) if image_shape else _loadings(estimator, names)]
    found += [_reconstructions(estimator, summary, image_shape), *gap_pictures(estimator, summary, names)]
    return found


def _scree(estimator: FittedFactors, *, gaps: bool) -> Picture:
    figure, ax = new_figure((5.6, 3.9))
    ScreeDisplay.from_estimator(estimator, ax=ax)
    single = np.ndim(estimator.noise_variance_) == 0
    what = "covariance" if single else "correlation"
    pairs = ", from the pairs of cells observed together" if gaps else ""
    noise = " The dashed line is the noise variance." if single else ""
    return Picture(
        "Scree", f"Eigenvalues of the {what} matrix{pairs}; filled those of the components.{noise}", data_uri(figure)
    )


def _held_out(estimator: FittedFactors, found: HeldOutSizes | None) -> list[Picture]:
    if found is None:
        return []
    figure, ax = new_figure((5.6, 3.9))
    ax.plot(found.sizes, found.scores, "-o", color=PALETTE[0], linewidth=1.8, markersize=4.5)
    ax.axvline(estimator.n_components, color=INK, linestyle=":", linewidth=1.0)
    ax.xaxis.set_major_locator(whole_numbers())
    ax.set_xlabel("components", color=INK)
    ax.set_ylabel("held-out log-likelihood, nats per row", color=INK)
    tidy(ax)
    caption = (
        f"Every fifth of {found.n_rows:,} rows held out of fits to the others; higher is better. Dotted: this model."
    )
    return [Picture("Held-out likelihood", caption, data_uri(figure))]


def _codes(estimator: FittedFactors, summary: Summary, target: tuple[np.ndarray, np.ndarray] | None) -> Picture:
    rows, classes = (summary.sample, None) if target is None else target
    codes = estimator.transform(rows)
    figure, ax = new_figure((5.6, 3.9))
    second = codes[:, 1] if codes.shape[1] > 1 else np.zeros(len(codes))
    found, kinds = np.unique(np.zeros(len(codes)) if classes is None else classes, return_inverse=True)
    told = classes is not None and len(found) < 20
    colours = component_colours(len(found)) if told else [PALETTE[0]]
    ax.scatter(codes[:, 0], second, s=6, alpha=0.6, linewidths=0, c=np.array(colours)[kinds if told else 0 * kinds])
    if told:
        for kind, name in enumerate(found):
            ax.plot([], [], "o", color=colours[kind], markersize=4, label=str(name))
        ax.legend(fontsize=7, frameon=False, labelcolor=INK, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set_xlabel("component 0", color=INK)
    ax.set_ylabel("component 1" if codes.shape[1] > 1 else "", color=INK)
    tidy(ax)
    coloured = " Colours are the known classes, kept out of the fit." if told else ""
    return Picture("Rows in latent space", f"Posterior means of {len(codes):,} rows.{coloured}", data_uri(figure))


def _trace(estimator: FittedFactors) -> Picture:
    figure, ax = new_figure((5.6, 3.9))
    TraceDisplay.from_estimator(estimator, ax=ax)
    return Picture("Climb of every start", restart_sentence(estimator), data_uri(figure))


def _loadings(estimator: FittedFactors, names: list[str]) -> Picture:
    features, size = estimator.loadings_.shape
    figure, ax = new_figure((min(9.6, 3.0 + 0.5 * size), 0.9 + 0.21 * min(features, 60)))
    display = LoadingsDisplay.from_estimator(estimator, feature_names=names, ax=ax)
    some = (
        ""
        if len(display.shown()) == features
        else f" The {len(display.shown())} of {features} columns with the largest."
    )
    caption = f"Change of each column, in its standard deviations, with one unit of each component.{some}"
    return Picture("Loadings", caption, data_uri(figure), wide=True)


def _axes(estimator: FittedFactors, image_shape: tuple[int, ...]) -> Picture:
    shown = np.concatenate([estimator.mean_[None], estimator.components_])[: 2 * SHOWN_IMAGES]
    across = min(len(shown), SHOWN_IMAGES)
    figure, axes = grid(len(shown), width=9.6 / SHOWN_IMAGES, height=1.2, across=across)
    for number, (row, ax) in enumerate(zip(shown, axes, strict=True)):
        most = np.abs(row).max() or 1.0
        limits = {"cmap": "gray_r"} if number == 0 else {"cmap": "RdBu", "vmin": -most, "vmax": most}
        ax.imshow(row.reshape(image_shape), **limits)
        ax.set_title("mean" if number == 0 else str(number - 1), fontsize=8, color=INK)
        ax.set_axis_off()
    return Picture("Components as images", "The mean, and each component: blue positive, red negative.", data_uri(figure),
                   wide=True)  # fmt: skip


def _reconstructions(estimator: FittedFactors, summary: Summary, image_shape: tuple[int, ...] | None) -> Picture:
    most = SHOWN_IMAGES if image_shape else SHOWN_ROWS
    place = np.unique(np.linspace(0, len(summary.sample) - 1, most).round().astype(int))
    figure, ax = new_figure((9.6, 2.2 if image_shape else 3.4))
    ReconstructionDisplay.from_estimator(estimator, summary.sample[place], image_shape=image_shape, ax=ax)
    what = "Above some rows, below" if image_shape else "Left some rows, standardised by column, right"
    caption = f"{what} what their {estimator.loadings_.shape[1]} latent variables keep of them."
    return Picture("Reconstructions", caption, data_uri(figure), wide=True)
