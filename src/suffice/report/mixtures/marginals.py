"""Pictures of the marginals: columns one by one, as they are and as the model has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from suffice.plot.canvas import shortened
from suffice.plot.components import of_chances
from suffice.plot.frequency import FrequencyDisplay
from suffice.plot.marginal import MarginalDisplay, kolmogorov_distance, labels_of, observed_cells, observed_rows
from suffice.plot.panel import Axis
from suffice.report.picture import Picture, picture, pictures_of
from suffice.report.summary import Summary

if TYPE_CHECKING:
    from suffice.estimators.mixtures.base import MixtureEstimator


MOST_COLUMNS = 12
ACROSS = 4


def marginals(
    estimator: MixtureEstimator, summary: Summary, names: list[str], size: tuple[float, float] = (4.2, 3.4)
) -> Picture:
    """The columns in which fit and data differ most, or all columns where they are binary."""
    if of_chances(estimator):
        return _frequencies(estimator, summary, names, size)
    rows = observed_rows(estimator, summary.sample)
    columns = [observed_cells(rows[:, j], summary.sample_weight) for j in range(len(names))]
    distance = {j: kolmogorov_distance(estimator, j, *cells) for j, cells in enumerate(columns) if len(cells[0])}
    shown = sorted(distance, key=lambda j: -distance[j])[:MOST_COLUMNS]
    height = 2.3 if any(labels_of(estimator, j) for j in shown) else 1.9
    panels = [MarginalDisplay.of_cells(estimator, j, *columns[j], names[j]).panel() for j in shown]
    panels = [replace(panel, size=(2.5, height), x=_brief(panel.x)) for panel in panels]
    panels = [replace(panel, y=replace(panel.y, label="")) if k % ACROSS else panel for k, panel in enumerate(panels)]
    return pictures_of("Marginals", _caption(len(shown), len(names), summary), panels, ACROSS)


def _brief(axis: Axis) -> Axis:
    return replace(axis, label=shortened(axis.label, 26))


def _caption(shown: int, columns: int, summary: Summary) -> str:
    which = "" if shown == columns else f"The {shown} of {columns} columns in which fit and data differ most. "
    return (
        f"{which}Observed cells (grey), the fitted marginal (thick) and each component of it. The number above is the Kolmogorov "
        "distance, the largest difference between the share of cells and the fitted probability below any value: up to "
        f"about {1.36 / np.sqrt(len(summary.sample)):.2g} can come of chance alone in this many rows.{_gaps(summary)}"
    )


def _gaps(summary: Summary) -> str:
    if not summary.missing.any():
        return ""
    return " Where cells are missing more often for some values than for others, observed cells need not follow the marginal."


def _frequencies(estimator: MixtureEstimator, summary: Summary, names: list[str], size: tuple[float, float]) -> Picture:
    display = FrequencyDisplay.of(estimator, summary.sample, sample_weight=summary.sample_weight, feature_names=names)
    caption = "A dot for each column. Grey bars reach two standard errors around the fitted probability; columns furthest outside"
    return picture("Frequencies of 1", f"{caption} are named.{_gaps(summary)}", replace(display.panel(), size=size))
