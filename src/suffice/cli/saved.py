"""``suffice score``, ``sample`` and ``show``: what can be done with a run that was written."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.cli.batches import RenamedBatches
from suffice.cli.job import MODEL
from suffice.cli.known import read_known
from suffice.cli.options import Data, Reading, Run, Weights
from suffice.cli.parse import flat
from suffice.cli.source import Source, finite, read, takes_labels
from suffice.cli.tables import RowWriter, replacing, write_columns

if TYPE_CHECKING:
    from suffice.report.parts import Table
    from suffice.report.story import Story


@flat
def score(
    run: Run,
    data: Data,
    reading: Reading,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of component, class, latent variables or hidden probabilities, and log-likelihood of each row.",
        ),
    ] = None,
    weights: Weights = None,
) -> None:
    """Mean log-likelihood of rows under a saved model."""
    from suffice.report.parts import counted

    model = load_run(run)
    if out is None and not model.figure:
        raise ValueError(
            f"A {type(model.estimator).__name__} gives rows classes and no log-likelihood: write the classes with --out FILE."
        )
    source = matching(model, data, reading, weights)
    with nullcontext() if out is None else replacing(out) as file:
        told = model.tell(source.rows, source.weight, None if file is None else RowWriter(file))
    if not model.figure:
        return typer.echo(f"{out} holds the {model.holds} of each of {told.n_rows:,} rows of {source.name}")
    missing = f", {counted(told.missing_cells, 'missing cell')}" if told.missing_cells else ""
    typer.echo(
        f"{model.figure} {told.mean:.6f} {model.unit}{model.uncertainty}, {told.n_rows:,} rows of {source.name}{missing}"
    )
    if out is not None:
        typer.echo(f"{out} holds the {model.holds} of each row")


def sample(
    run: Run,
    n: Annotated[int, typer.Option("--n", min=1, help="Rows to draw.")] = 100,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV to write.", show_default="standard output")
    ] = None,
    random_state: Annotated[int, typer.Option(min=0, help="Seed.")] = 0,
) -> None:
    """Rows drawn from a saved model, of a mixture with the component each came from."""
    import numpy as np

    model = load_run(run)
    if not model.draws:
        raise ValueError(f"{run} holds a {type(model.estimator).__name__}, which draws no rows.")
    model.estimator.set_params(random_state=random_state)
    drawn = model.sample(n)
    if drawn.warning:
        typer.echo(f"warning: {drawn.warning}", err=True)
    own = [] if drawn.labels is None else [drawn.labels]
    header = [*model.columns, *([] if drawn.labels is None else [drawn.part])]
    with nullcontext(sys.stdout.buffer) if out is None else replacing(out) as file:
        write_columns(file, [*np.asarray(drawn.rows).T, *own], header)
    if out is not None:
        last = "" if drawn.labels is None else f"; the last column is the {drawn.part} each was drawn from"
        typer.echo(f"{out} holds {n:,} rows{last}")


def show(run: Run) -> None:
    """Model, components and outcome of a saved run."""
    from suffice.report.parts import counted

    model = load_run(run)
    typer.echo(f"{model.name}, {model.size}, {counted(len(model.columns), 'column')}")
    typer.echo(model.outcome)
    table = model.table()
    if table is not None:
        _print_table(table)


def _print_table(table: Table) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = Table(*map(escape, table.header), box=None)
    if table.text:
        typer.echo(table.text)
    typer.echo()
    for line in table.lines:
        shown.add_row(*map(escape, line.cells))
    Console().print(shown)


def load_run(run: Path) -> Any:
    """The story of the model of a run folder (or of a model file itself), with the names of its columns."""
    from suffice.files import load
    from suffice.report.story import story

    path = run / MODEL if run.is_dir() else run
    if not path.exists():
        raise FileNotFoundError(f"{run} holds no {MODEL}: `suffice fit MODEL DATA --out {run}` writes one.")
    estimator = load(path)
    if not hasattr(estimator, "n_features_in_"):
        raise ValueError(
            f"{path} holds a {type(estimator).__name__}; a model fitted to the columns of a table is expected."
        )
    known = vars(estimator).pop("feature_names_in_", None)
    return story(estimator, known)


def matching(model: Story, data: str, reading: Reading, weights: str | None = None) -> Source:
    """Rows in the columns of a model, found by name where the file has names; an Arrow table if they may hold labels."""
    if model.states is not None:
        return finite(read_known(model.states, data, reading, weights))
    labels, columns = takes_labels(model.estimator), model.columns
    source = finite(_matching(columns, data, reading, weights, labels))
    if not labels:
        return source
    whole = hasattr(source.rows, "rename_columns")
    named = source.rows.rename_columns(columns) if whole else RenamedBatches(source.rows, columns)
    return replace(source, rows=named)


def _matching(columns: list[str], data: str, reading: Reading, weights: str | None, labels: bool) -> Source:
    from suffice.data import DataError

    if reading.columns is not None or reading.drop is not None or columns == [f"x{j}" for j in range(len(columns))]:
        return _as_many(columns, read(data, reading, weights=weights, labels=labels))
    try:
        return read(data, reading, columns=columns, weights=weights, labels=labels)
    except DataError:
        return _as_many(columns, read(data, reading, weights=weights, labels=labels))


def _as_many(columns: list[str], source: Source) -> Source:
    if len(source.columns) == len(columns):
        return source
    from suffice.data import DataError

    raise DataError(
        f"{source.name} has {len(source.columns)} columns ({', '.join(source.columns[:20])}), but the model was fitted "
        f"to {len(columns)} ({', '.join(columns[:20])}): choose them with --columns or --drop."
    )
