"""What a page says of the selection that a model comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from suffice.plot.canvas import FAINT, INK
from suffice.plot.histogram import bin_edges
from suffice.plot.marks import Bars, Rule
from suffice.plot.panel import Axis, Panel
from suffice.plot.selection import SelectionDisplay
from suffice.report.parts import Line, Table
from suffice.report.picture import Picture, picture
from suffice.selection.bootstrap_result import BootstrapTest
from suffice.selection.criteria import ranked, sound_rows

if TYPE_CHECKING:
    from suffice.selection.result import Selection


MOST_LINES, MOST_BINS = 40, 25
TITLES = {"n_components": "components", "log_likelihood": "log-likelihood", "bic": "BIC", "aic": "AIC", "icl": "ICL",
          "sabic": "SABIC", "caic": "CAIC",          "held_out": "held out", "standard_error": "standard error"}  # fmt: skip


def selected(selection: Selection) -> Table:
    """The sentence, the picture and the table of a selection, best candidates first."""
    hidden = {"sabic", "caic"} - {selection.criterion}
    shown = {name: column for name, column in selection.table.items() if name not in hidden and _told(name, column)}
    order = ranked(selection.table, selection.criterion)
    order += [row for row in range(len(selection.estimators)) if row not in order]
    lines = [
        Line([_cell(name, column[row]) for name, column in shown.items()], best=row == selection.best_index)
        for row in order[:MOST_LINES]
    ]
    left_out = len(order) - len(lines)
    return Table(
        title="Selection",
        header=[TITLES[name] if name in TITLES else name.replace("_", " ") for name in shown],
        lines=lines,
        numbers=[place for place, column in enumerate(shown.values()) if column.dtype.kind not in "Ub"],
        text=selection.outcome,
        picture=_picture(selection),
        more=f"{left_out} more candidates are not shown." if left_out else "",
        dense=True,
    )


def _told(name: str, column: np.ndarray) -> bool:
    """Whether a column says something here: one family or no notes do not, and where a fit began stands in the table itself."""
    return name not in ("start", "sound") and (name not in ("family", "note") or len(set(column.tolist())) > 1)


def _cell(name: str, value: str | np.number | np.bool_) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, np.bool_):
        return "yes" if value else "no"
    if not np.isfinite(value):
        return ""
    if name in ("log_likelihood", "held_out", "standard_error"):
        return f"{value:,.4f}"
    if name in ("bic", "aic", "icl", "sabic", "caic"):
        return f"{value:,.1f}"
    return f"{value:.2f}" if name == "seconds" else f"{value:,g}"


def _picture(selection: Selection) -> Picture:
    caption = "Each point is a fitted candidate; the ring marks the one chosen."
    if selection.criterion == "held_out":
        caption += " Bars are standard errors of the difference from it."
    if not sound_rows(selection.table)[np.isfinite(selection.table["bic"])].all():
        caption += " Hollow points have degenerate components and were passed over."
    return picture("Selection", caption, SelectionDisplay.of(selection).panel())


def tested_table(found: BootstrapTest) -> Table:
    """A bootstrap test: its sentence, and the statistic of the rows beside those of the samples."""
    edges = bin_edges(np.append(found.statistics, found.statistic), MOST_BINS)
    heights = np.histogram(found.statistics, edges)[0]
    marks = [
        Bars(edges[:-1], edges[1:], np.zeros(len(heights)), heights.astype(float), FAINT),
        Rule(INK, x=found.statistic, width=1.4, dash="--"),
    ]
    label = "twice the difference of the log-likelihoods"
    panel = Panel(marks, Axis(label), Axis("samples", low=0.0, whole=True), size=(7.2, 2.8))
    few, more = found.n_components
    caption = f"Bars: samples from the model of {few}. Dashed: the rows."
    return Table(f"Bootstrap test of {few} against {more} components", [], [], text=found.outcome,
                 picture=picture("Bootstrap test", caption, panel))  # fmt: skip
