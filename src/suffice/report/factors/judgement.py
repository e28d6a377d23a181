"""How well factors reproduce covariances, and how many there are: tables of a page."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suffice.plot.canvas import INK, PALETTE
from suffice.plot.marks import Dots
from suffice.plot.marks import Line as Drawn
from suffice.plot.panel import Axis, Panel
from suffice.report.parts import Line, Table, counted
from suffice.report.picture import picture
from suffice.uncertainty.parallel import ParallelAnalysis

MOST_EIGENVALUES = 40
UNTESTED = "There are no degrees of freedom: so many factors reproduce any correlations, and nothing can be tested."
SINGULAR = (
    "Some columns follow from others exactly (the matrix is singular), so that chi-squared and RMSEA are infinite: leave such "
    "columns out."
)


def statistics_table(found: Mapping[str, float]) -> Table:
    """Chi-squared, RMSEA with its interval, TLI and SRMR."""
    if not found["dof"] > 0:
        return Table("Fit to the covariances", [], [], text=UNTESTED)
    if not np.isfinite(found["chi2"]):
        left = [
            Line([name, f"{found[name.lower()]:.3f}"]) for name in ("TLI", "SRMR") if np.isfinite(found[name.lower()])
        ]
        return Table("Fit to the covariances", ["statistic", "value"], left, text=SINGULAR)
    cells = {
        "chi-squared": f"{found['chi2']:.4g} on {counted(round(found['dof']), 'degree')} of freedom",
        "p": f"{found['p_value']:.3g}",
        "RMSEA": f"{found['rmsea']:.3f}, 90 % interval {found['rmsea_low']:.3f} to {found['rmsea_high']:.3f}",
        "TLI": f"{found['tli']:.3f}",
        "SRMR": f"{found['srmr']:.3f}",
    }
    text = "How far the covariances of the columns are from those that the factors imply; chi-squared has Bartlett's correction."
    return Table("Fit to the covariances", ["statistic", "value"], [Line([*pair]) for pair in cells.items()], text=text)


def parallel_table(found: ParallelAnalysis) -> Table:
    """A parallel analysis: its sentence, and eigenvalues beside those of independent columns."""
    shown = slice(0, MOST_EIGENVALUES)
    place = np.arange(1, len(found.eigenvalues) + 1, dtype=float)[shown]
    marks = [
        Drawn(place, found.thresholds[shown], INK, 1.2, "--", label="independent columns"),
        Drawn(place, found.eigenvalues[shown], PALETTE[0], label="these columns"),
        Dots(place, found.eigenvalues[shown], PALETTE[0]),
    ]
    panel = Panel(marks, Axis("number", whole=True), Axis("eigenvalue"), size=(7.2, 3.0), legend="inside")
    caption = "Eigenvalues of the correlations beside the thresholds from tables of independent columns."
    return Table("Parallel analysis", [], [], text=found.outcome, picture=picture("Parallel analysis", caption, panel))
