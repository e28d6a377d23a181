"""Pictures of missing cells and of what the model puts there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from suffice.plot.components import of_chances
from suffice.plot.imputed import ImputedDisplay, has_means
from suffice.plot.missingness import MOST_LINES, MissingnessDisplay
from suffice.report.picture import Picture, picture, pictures_of
from suffice.report.summary import Summary

MOST_COLUMNS = 6


def gap_pictures(estimator: Any, summary: Summary, names: list[str]) -> list[Picture]:
    """Where cells are missing, and what the model puts there; nothing where none is missing in the sample of rows."""
    if not summary.missing.any():
        return []
    missing = np.isnan(summary.sample)
    if not missing.any():
        return []
    found = _imputed(estimator, missing, summary, names)
    return [_map(missing, summary, names), *([] if found is None else [found])]


def _map(missing: np.ndarray, summary: Summary, names: list[str]) -> Picture:
    display = MissingnessDisplay(missing=missing, shares=summary.missing / summary.n_rows, feature_names=names)
    lines = display.lines()
    incomplete = int(missing.any(axis=1).sum())
    some = "" if len(missing) == summary.n_rows else f" in a sample of {len(missing):,}"
    left_out = sum(map(len, lines[MOST_LINES:]))
    caption = (
        f"Missing cells in red: {incomplete:,} rows{some} miss cells, sorted by which ones; beside each name the share that is "
        f"missing.{f' {left_out} columns that miss fewer are not shown.' if left_out else ''}"
    )
    return picture("Missing cells", caption, display.panel(), wide=True)


def _imputed(estimator: Any, missing: np.ndarray, summary: Summary, names: list[str]) -> Picture | None:
    most = [int(j) for j in np.argsort(-missing.sum(axis=0), kind="stable") if missing[:, j].any()]
    shown = [j for j in most if has_means(estimator, j)][:MOST_COLUMNS]
    if not shown:
        return None
    displays = [ImputedDisplay.of(estimator, summary.sample, j, feature_names=names) for j in shown]
    panels = [replace(display.panel(), size=(3.3, 2.4)) for display in displays]
    if not of_chances(estimator):
        how = (
            "with intervals that hold 90 % of their probability. Intervals as wide as the observed cells (left) say that the "
            "other columns tell nothing of this one."
        )
    else:
        how = "which is the probability of a 1. Left: the observed cells."
    labels = " of numbers" if hasattr(estimator, "encoder_") else ""
    caption = (
        f"Up to 40 missing cells of each of the columns{labels} that miss most, by their mean given the row's other cells, "
        f"{how} The command suffice impute writes the table with its missing cells filled in; in Python, the method impute "
        "gives it."
    )
    return pictures_of("Imputed cells", caption, panels, 3)
