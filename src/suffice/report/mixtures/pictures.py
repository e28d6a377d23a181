"""The pictures of a report, as images inside the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.plot.components import (
    centres,
    covariance_block,
    gaussian_part,
    kinds,
    noise_density,
    of_chances,
    telling_columns,
)
from suffice.plot.ellipse import EllipseDisplay
from suffice.plot.parameter import ParameterDisplay, shown_features
from suffice.plot.responsibility import ResponsibilityDisplay
from suffice.plot.trace import TraceDisplay
from suffice.plot.weights import WeightsDisplay
from suffice.report.gaps import gap_pictures
from suffice.report.latent import share
from suffice.report.mixtures.advice import restart_sentence
from suffice.report.mixtures.marginals import marginals
from suffice.report.picture import Picture, drawn, picture
from suffice.report.summary import EDGES, Summary

if TYPE_CHECKING:
    from suffice.plot.fitted import Climbed, FittedMixture


def pictures(
    estimator: Any, summary: Summary, names: list[str], image_shape: tuple[int, ...] | None = None
) -> list[Picture]:
    """Trace, weights, sharpness, ellipses (Gaussian), parameters and marginals of a fitted mixture, and missing cells if any."""
    gaussian = kinds(estimator).count("gaussian")
    ellipses = gaussian > 1 or gaussian == len(names)
    size = (5.6, 3.9) if ellipses else (4.2, 3.4)
    return [
        *drawn(_trace, estimator, size),
        *drawn(_weights, estimator, size),
        *(drawn(_ellipses, estimator, summary, names, size) if ellipses else ()),
        *drawn(_sharpness, summary, size),
        *drawn(_parameters, estimator, names, image_shape),
        *drawn(marginals, estimator, summary, names, size),
        *drawn(gap_pictures, estimator, summary, names),
    ]


def _trace(estimator: Climbed, size: tuple[float, float]) -> Picture:
    panel = replace(TraceDisplay.of(estimator).panel(), size=size)
    return picture("Climb of every restart", restart_sentence(estimator), panel)


def _weights(estimator: FittedMixture, size: tuple[float, float]) -> Picture:
    panel = replace(WeightsDisplay.of(estimator).panel(), size=size)
    noise = ", and of noise (grey)" if hasattr(estimator, "noise_weight_") else ""
    return picture("Weights", f"The share of the rows that the model expects from each component{noise}.", panel)


def _sharpness(summary: Summary, size: tuple[float, float]) -> Picture:
    panel = ResponsibilityDisplay(counts=summary.sharpness, edges=EDGES).panel()
    caption = f"{share(1 - summary.blurred)} of the rows belong to one component with probability 0.8 or more."
    return picture("How sharp the posterior is", caption, replace(panel, size=size))


def _ellipses(estimator: FittedMixture, summary: Summary, names: list[str], size: tuple[float, float]) -> Picture:
    part, gaussian = gaussian_part(estimator)
    best = telling_columns(part)
    shown = [gaussian[j] for j in best]
    display = EllipseDisplay(
        rows=summary.sample[:, shown],
        labels=summary.sample_labels,
        weights=estimator.weights_,
        means=centres(part)[:, best],
        covariances=covariance_block(part, best),
        feature_names=[names[j] for j in shown],
        noise=noise_density(estimator, shown),
    )
    caption = _ellipse_caption(summary, shown, names, len(gaussian))
    return picture("Rows and components", caption, replace(display.panel(), size=size))


def _ellipse_caption(summary: Summary, shown: list[int], names: list[str], gaussian: int) -> str:
    shown_rows, all_rows = len(summary.sample), summary.n_rows
    some = "" if shown_rows == all_rows else f" {shown_rows:,} of {all_rows:,} rows, drawn at random."
    left_out = int(np.isnan(summary.sample[:, shown]).any(axis=1).sum())
    if left_out:
        some += f" {left_out:,} rows that miss {'this cell' if len(shown) == 1 else 'one of these cells'} are left out."
    if len(shown) == 1:
        return f"Histogram of the rows, the density of each component, and their sum (dashed).{some}"
    lines = "Ellipses at one and two standard deviations."
    if len(names) == 2:
        return lines + some
    first, second = (names[j] for j in shown)
    which = "columns" if gaussian == len(names) else "columns of real numbers"
    return f"{lines} Of {gaussian} {which}, {first} and {second} set the components furthest apart.{some}"


def _parameters(estimator: FittedMixture, names: list[str], image_shape: tuple[int, ...] | None) -> Picture:
    features = centres(estimator).shape[1]
    shown, chances = len(shown_features(estimator)), of_chances(estimator)
    panel = ParameterDisplay.of(estimator, feature_names=names, image_shape=image_shape).panel()
    if image_shape is not None:
        caption = f"The {'probability of each pixel' if chances else 'mean'} of every component, heaviest first."
        return picture("Components as images", caption, panel, wide=True)
    if chances:
        return picture("Probabilities", "Probability of a 1 in each column.", panel, wide=True)
    what = "Mean of each column" + (" and share of each category" if hasattr(estimator, "encoder_") else "")
    caption = f"{what} in each component, in standard deviations from that over all components."
    if shown < features:
        caption += f" The {shown} of {features} that set the components furthest apart."
    title = "Means and shares" if hasattr(estimator, "encoder_") else "Means"
    return picture(title, caption, panel, wide=True)
