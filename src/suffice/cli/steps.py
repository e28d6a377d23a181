"""``suffice membership-regression`` and ``distal-outcome``: what classes of a run depend on, and what comes after them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.choices import Assignment, Correction
from suffice.cli.covariates import Covariates, read_covariates
from suffice.cli.inputs import files_of
from suffice.cli.matching import matching
from suffice.cli.options import DATA, FIT, Data, Overwrite, Run, Weights
from suffice.cli.parse import flat, names
from suffice.cli.reading import Reading
from suffice.cli.remembered import as_fitted
from suffice.cli.run_folder import check_file
from suffice.cli.saved import load_run, print_table
from suffice.cli.source import Files, read, streams
from suffice.cli.tables import replacing, write_columns
from suffice.cli.telling import answer, as_json, is_quiet, note, say

if TYPE_CHECKING:
    import numpy as np

    from suffice.cli.source import Source
    from suffice.report.parts import Section, Table


@dataclass(frozen=True)
class Way:
    """How classes are taken over, and where to write what is found."""

    n_steps: Annotated[int, typer.Option(min=2, max=3, help="2 or 3.", rich_help_panel=FIT)] = 3
    correction: Annotated[
        Correction, typer.Option(help="Of three steps: how errors of assignment are made up for.", rich_help_panel=FIT)
    ] = "bch"
    assignment: Annotated[
        Assignment,
        typer.Option(help="Of three steps: to the most probable class, or in parts.", rich_help_panel=FIT),
    ] = "modal"
    weights: Weights = None
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV of the estimates.", show_default="none")] = None
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="HTML page with tables and pictures.", show_default="none")
    ] = None
    overwrite: Overwrite = False

    def settings(self, weight: Any) -> dict[str, Any]:
        """Those of the functions of the same names."""
        correction = None if self.correction == "none" else self.correction
        return {
            "n_steps": self.n_steps,
            "correction": correction,
            "assignment": self.assignment,
            "sample_weight": weight,
        }


@flat
def membership_regression(
    run: Run,
    data: Data,
    reading: Reading,
    way: Way,
    covariates: Annotated[
        Any,
        typer.Option(parser=names, metavar="COLUMN,...", help="Columns of DATA to regress membership on; text counts by "
                     "its labels.", rich_help_panel=DATA),
    ],
) -> None:  # fmt: skip
    """What membership of the components of a saved mixture depends on, in two or three steps."""
    import suffice

    model, source, files, reading = _rows(run, data, reading, way, covariates)
    found_covariates: Covariates = read_covariates(files, reading, covariates)
    found = suffice.membership_regression(model.estimator, source.rows, found_covariates, **way.settings(source.weight))
    from suffice.report.mixtures.steps import regression_page, regression_tables

    columns = ["intercept", *found_covariates.columns]
    shape = len(found.coefficients) - 1, len(columns)
    record = {"component": _repeated(range(1, 1 + shape[0]), shape[1]), "covariate": columns * shape[0],
              "coefficient": found.coefficients[1:].ravel(), "standard_error": found.standard_errors[1:].ravel(),
              "p_value": found.p_values[1:].ravel()}  # fmt: skip
    page = regression_page(model, found, found_covariates.columns, source.name)
    _tell(page, regression_tables(found, found_covariates.columns), record, way)


@flat
def distal_outcome(
    run: Run,
    data: Data,
    reading: Reading,
    way: Way,
    outcome: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column of DATA to compare, numbers or labels.", rich_help_panel=DATA)
    ],
    categorical: Annotated[
        bool | None,
        typer.Option("--categorical/--numeric", help="Whether it is of categories.", show_default="text is",
                     rich_help_panel=DATA),
    ] = None,
) -> None:  # fmt: skip
    """How an outcome differs between the components of a saved mixture, in two or three steps."""
    import numpy as np

    import suffice

    model, source, files, reading = _rows(run, data, reading, way, [outcome])
    values = _outcome(files, reading, outcome)
    try:
        found = suffice.distal_outcome(
            model.estimator, source.rows, values, categorical=categorical, **way.settings(source.weight)
        )
    except ValueError as error:
        raise ValueError(re.sub(r"^y\b", f"--outcome {outcome}", str(error))) from error
    from suffice.report.mixtures.steps import outcome_page, outcome_tables

    kinds = ["mean"] if found.categories is None else [str(kind) for kind in found.categories]
    count = len(found.estimates)
    record = {"component": _repeated(range(count), len(kinds)), outcome: kinds * count,
              "estimate": np.ravel(found.estimates), "standard_error": np.ravel(found.standard_errors)}  # fmt: skip
    _tell(outcome_page(model, found, outcome, source.name), outcome_tables(found, outcome), record, way)


def _rows(
    run: Path, data: list[str], reading: Reading, way: Way, aside: list[str]
) -> tuple[Any, Source, Files, Reading]:
    """The mixture of a run, its rows, and how others of their columns are read."""
    for file, option in ((way.out, "--out"), (way.report, "--report")):
        check_file(file, overwrite=way.overwrite, option=option)
    model, files, reading = load_run(run), files_of(data), as_fitted(run, reading)
    if not hasattr(model.estimator, "weights_") or not hasattr(model.estimator, "predict_proba"):
        raise ValueError(f"{run} holds {model.held}, which has no classes found in rows: a mixture is expected.")
    if streams(files, reading):
        raise ValueError(
            "Steps after a fit read rows into memory, and batches were asked for or the file is large: use --in-memory."
        )
    source = matching(model, files, reading, way.weights, aside)
    for sentence in source.notes:
        note(sentence)
    return model, source, files, reading


def _outcome(files: Files, reading: Reading, outcome: str) -> np.ndarray:
    """A column of numbers, or of text with None for missing cells."""
    import numpy as np

    from suffice.data.text_cells import is_text

    column = read(files, replace(reading, columns=[outcome], drop=None), labels=True).rows.column(0)
    if is_text(getattr(column.type, "value_type", column.type)):
        return np.array(column.to_pylist(), dtype=object)
    return np.array([np.nan if cell is None else float(cell) for cell in column.to_pylist()])


def _tell(page: Section, tables: list[Table], record: dict[str, Any], way: Way) -> None:
    from suffice.report.page import write_page

    say(page.outcome)
    if not as_json() and not is_quiet():
        for table in tables[:-1]:
            print_table(table)
    if way.out is not None:
        with replacing(way.out) as file:
            write_columns(file, list(record.values()), list(record))
        say(f"{way.out} holds the estimates")
    if way.report is not None:
        write_page(way.report, page.title, [page])
        say(f"{way.report} shows them")
    answer(outcome=page.outcome, **record, out=way.out and str(way.out), report=way.report and str(way.report))


def _repeated(components: range, times: int) -> list[int]:
    return [k for k in components for _ in range(times)]
