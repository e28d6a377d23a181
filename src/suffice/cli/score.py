"""``suffice score RUN DATA``: how probable rows are under a saved model."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from suffice.cli.cluster import Workers, on_cluster
from suffice.cli.covariates import of_fit
from suffice.cli.inputs import files_of
from suffice.cli.kept import Keep, read_kept
from suffice.cli.matching import matching
from suffice.cli.on_workers import Scores, streaming, told_by_workers
from suffice.cli.options import Data, Overwrite, Run, Weights
from suffice.cli.parse import flat
from suffice.cli.reading import Reading
from suffice.cli.remembered import as_fitted
from suffice.cli.run_folder import check_file
from suffice.cli.saved import load_run
from suffice.cli.tables import RowWriter, replacing
from suffice.cli.telling import answer, note, say


@flat
def score(
    run: Run,
    data: Data,
    reading: Reading,
    spread: Workers,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of component, class, latent variables or hidden probabilities, and log-likelihood of each row.",
        ),
    ] = None,
    keep: Keep = None,
    overwrite: Overwrite = False,
    weights: Weights = None,
) -> None:
    """Mean log-likelihood of rows under a saved model."""
    from suffice.report.parts import counted

    asked = on_cluster(spread)
    reading = streaming(reading, {"keep": keep}) if asked else reading
    if not asked:
        check_file(out, overwrite=overwrite)
    model, files, reading = load_run(run), files_of(data), as_fitted(run, reading)
    if out is None and not model.figure:
        raise ValueError(
            f"A {type(model.estimator).__name__} gives rows classes and no log-likelihood: write the classes with --out "
            "FILE, or with `suffice predict`."
        )
    covariates = of_fit(run, files, reading)
    aside = [*(keep or ()), *(() if covariates is None else covariates.labels)]
    source, kept = matching(model, files, reading, weights, aside), read_kept(files, reading, keep)
    for sentence in source.notes:
        note(sentence)
    if asked:
        told = told_by_workers(spread, source.rows, Scores(model, out is not None), out).told()
    else:
        with nullcontext() if out is None else replacing(out) as file:
            given = {} if covariates is None else {"covariates": covariates}
            told = model.tell(source.rows, source.weight, None if file is None else RowWriter(file, kept), **given)
    missing = f", {counted(told.missing_cells, 'missing cell')}" if told.missing_cells else ""
    if model.figure:
        say(
            f"{model.figure} {told.mean:.6f} {model.unit}{model.uncertainty}, {told.n_rows:,} rows of {source.name}{missing}"
        )
    if out is not None:
        say(
            f"{out} holds the {model.holds} of each {'row' if model.figure else f'of {told.n_rows:,} rows of {source.name}'}"
        )
    answer(
        model=model.name, figure=model.figure or None, mean=told.mean if model.figure else None, unit=model.unit,
        rows=told.n_rows, missing_cells=told.missing_cells, out=None if out is None else str(out), notes=source.notes,
    )  # fmt: skip
