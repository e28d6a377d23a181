"""Standard errors and intervals of a fitted model's parameters, for a table and a picture of a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.plot.canvas import INK
from suffice.plot.marks import Dots, Segments
from suffice.plot.panel import Axis, Panel
from suffice.report.parts import Line, Table
from suffice.report.picture import Picture, picture
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.named import kinds, names, numbers

MOST_LINES, MOST_BARS = 200, 40
LEVEL = 0.95


@dataclass(frozen=True)
class Estimates:
    """Parameters by name, their values (Q,), standard errors and 95 % intervals (Q, 2), and which are shares."""

    names: list[str]
    values: np.ndarray
    errors: np.ndarray
    ends: np.ndarray
    shares: np.ndarray
    method: str

    def columns(self) -> dict[str, Any]:
        """Those of a file."""
        ends = {"low": self.ends[:, 0], "high": self.ends[:, 1]}
        return {"parameter": self.names, "estimate": self.values, "standard_error": self.errors, **ends}


def estimates(
    estimator: Any,
    rows: TableLike,
    weight: ArrayLike | None,
    method: str,
    columns: Sequence[str],
    known: ArrayLike | None = None,
    covariates: TableLike | None = None,
) -> Estimates:
    """Parameters of a fitted model of these columns with their errors by a method; ``known`` are classes of a classifier."""
    given: dict[str, Any] = {"method": method, "sample_weight": weight}
    given |= {} if covariates is None else {"covariates": covariates}
    classes = () if known is None else (known,)
    errors, ends = estimator.errors_and_intervals(rows, *classes, level=LEVEL, **given)
    values = {name: _value(estimator, name, own) for name, own in errors.items()}
    shares = kinds(errors, matrices=False) == "share"
    labels = getattr(estimator, "categories_", None)
    covariate_names = getattr(estimator, "covariate_names_", ())
    named = [_of_covariate(_of_label(name, labels, columns), covariate_names) for name in names(errors)]
    return Estimates(named, numbers(values), numbers(errors), numbers(ends).reshape(-1, 2), shares, method)


def _of_label(name: str, labels: Any, columns: Sequence[str]) -> str:
    """The chance of a column's label in a component by its column and label; any other name as it is."""
    place = re.fullmatch(r"probabilities_\[(\d+)\]\[(\d+), (\d+)\]", name)
    if place is None or labels is None:
        return name
    column, component, label = map(int, place.groups())
    return f"{columns[column]} = {labels[column][label]}, component {component}"


def _value(estimator: Any, name: str, errors: Any) -> Any:
    """The parameters that errors are of; of a list of mixtures theirs, by name."""
    found = getattr(estimator, name)
    if name != "mixtures_":
        return found
    return [{part: getattr(one, part) for part in own} for one, own in zip(found, errors, strict=True)]


def _of_covariate(name: str, covariates: Sequence[str]) -> str:
    """A coefficient of membership by its covariate; any other name as it is."""
    place = re.fullmatch(r"membership_coefficients_\[(\d+), (\d+)\]", name)
    if place is None:
        return name
    return f"{['intercept', *covariates][int(place[2])]}, component {place[1]}"


def told(found: Estimates) -> Table:
    """A line for each parameter, and of shares a picture."""
    lines = [
        Line([name, f"{value:.4g}", f"{error:.2g}" if error > 0 else "held", f"{low:.4g} to {high:.4g}"])
        for name, value, error, (low, high) in zip(found.names, found.values, found.errors, found.ends, strict=True)
    ]
    left_out = len(lines) - MOST_LINES
    return Table(
        "Standard errors",
        ["parameter", "estimate", "standard error", "95 % interval"],
        lines[:MOST_LINES],
        numbers=(1, 2, 3),
        text=f"Method: {found.method}. Parameters that are held are at an edge, where they have no error of their own.",
        picture=_bars(found) if found.shares.any() else None,
        more=f"{left_out} more parameters are in the file of standard errors." if left_out > 0 else "",
        dense=True,
    )


def _bars(found: Estimates) -> Picture:
    """Intervals of shares, one above another."""
    shown = np.flatnonzero(found.shares)[:MOST_BARS][::-1]
    place = np.arange(len(shown), dtype=float)
    begin, end = (np.stack([found.ends[shown, side], place], 1) for side in (0, 1))
    marks = [Segments(begin, end, INK, 1.5), Dots(found.values[shown], place, INK, 4.5)]
    named = [found.names[number] for number in shown]
    size = (7.2, 0.8 + 0.2 * len(shown))
    panel = Panel(marks, Axis("share", 0.0, 1.0), Axis("", -0.7, len(shown) - 0.3, place, named, plain=True), size=size)
    return picture("Intervals of shares", "Dots are estimates, lines their 95 % intervals.", panel)
