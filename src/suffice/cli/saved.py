"""``suffice score``, ``sample`` and ``show``: what can be done with a run that was written."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from suffice.cli.autoencoder import is_autoencoder, score_autoencoder, show_autoencoder
from suffice.cli.classify import is_classifier, score_classifier, show_classifier
from suffice.cli.groups import flat
from suffice.cli.job import MODEL, component_count, missing_words, takes_labels
from suffice.cli.options import Data, Reading, Run, Weights
from suffice.cli.saved_rbm import is_rbm, sample_rbm, score_rbm, show_rbm
from suffice.cli.source import RenamedBatches, Source, finite, read
from suffice.cli.tables import replacing, row_writer, write_columns


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
    from suffice.report import summarize

    estimator, columns = load_run(run)
    source = matching(columns, data, reading, weights, labels=takes_labels(estimator))
    if is_rbm(estimator):
        return score_rbm(estimator, source, out)
    if is_classifier(estimator):
        return score_classifier(estimator, source, out)
    if is_autoencoder(estimator):
        return score_autoencoder(estimator, source, out)
    if out is None:
        summary = summarize(estimator, source.rows, sample_weight=source.weight)
    else:
        with replacing(out) as file:
            summary = summarize(estimator, source.rows, sample_weight=source.weight, each=row_writer(file, estimator))
    typer.echo(f"log-likelihood {summary.log_likelihood:.6f} nats per row, {summary.n_rows:,} rows of {source.name}"
               f"{missing_words(summary)}")  # fmt: skip
    if out is not None:
        what = "latent variables" if hasattr(estimator, "loadings_") else "component, its probability"
        typer.echo(f"{out} holds the {what} and the log-likelihood of each row")


def sample(
    run: Run,
    n: Annotated[int, typer.Option("--n", min=1, help="Rows to draw.")] = 100,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV to write.", show_default="standard output")
    ] = None,
    random_state: Annotated[int, typer.Option(min=0, help="Seed.")] = 0,
) -> None:
    """Rows drawn from a saved model, of a mixture with the component each came from."""
    estimator, columns = load_run(run)
    if not hasattr(estimator, "sample"):
        raise ValueError(f"{run} holds a {type(estimator).__name__}, which draws no rows.")
    estimator.set_params(random_state=random_state)
    drawn = sample_rbm(estimator, n) if is_rbm(estimator) else estimator.sample(n)
    rows, labels = drawn if isinstance(drawn, tuple) else (drawn, None)
    if out is None:
        _write_sample(sys.stdout.buffer, columns, rows, labels)
        return
    with replacing(out) as file:
        _write_sample(file, columns, rows, labels)
    last = "" if labels is None else "; the last column is the component each was drawn from"
    typer.echo(f"{out} holds {n:,} rows{last}")


def show(run: Run) -> None:
    """Model, components and outcome of a saved run."""
    from rich.console import Console

    from suffice.report import model_name

    estimator, columns = load_run(run)
    if is_rbm(estimator):
        return show_rbm(estimator, columns)
    if is_classifier(estimator):
        return show_classifier(estimator, columns)
    if is_autoencoder(estimator):
        return show_autoencoder(estimator, columns)
    table = (_factors if hasattr(estimator, "loadings_") else _components)(estimator, columns)
    typer.echo(f"{model_name(estimator)}, {component_count(estimator)} components, {len(columns):,} columns")
    typer.echo(f"{estimator.outcome_}\nlog-likelihood {estimator.lower_bound_:.4f} nats per row\n")
    Console().print(table)


def _factors(estimator: Any, columns: list[str]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    from suffice.report.factor.section import factor_lines

    table = Table("component", "share of variance", "largest loadings (sd of the column)", box=None)
    for line in factor_lines(estimator, columns)[:40]:
        table.add_row(str(line.index), f"{line.share:.1%}", escape(line.columns))
    return table


def _components(estimator: Any, columns: list[str]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    from suffice.plot.components import centres, deviations, feature_names
    from suffice.report.mixture.section import telling

    apart, centre, names = deviations(estimator), centres(estimator), feature_names(estimator, columns)
    what = "mean or share" if takes_labels(estimator) else "mean"
    table = Table("component", "weight", f"{what} where it differs most (sd from the overall mean)", box=None)
    for k in np.argsort(-np.asarray(estimator.weights_), kind="stable")[:40]:
        table.add_row(str(k), f"{estimator.weights_[k]:.4f}", escape(telling(apart[k], centre[k], names)))
    return table


def load_run(run: Path) -> tuple[Any, list[str]]:
    """The estimator of a run folder (or of a model file itself), and the names of its columns."""
    from suffice.files import load
    from suffice.plot.canvas import wanted_columns

    path = run / MODEL if run.is_dir() else run
    if not path.exists():
        raise FileNotFoundError(f"{run} holds no {MODEL}: `suffice fit MODEL DATA --out {run}` writes one.")
    estimator = load(path)
    if not hasattr(estimator, "n_features_in_"):
        raise ValueError(
            f"{path} holds a {type(estimator).__name__}; a model fitted to the columns of a table is expected."
        )
    known = vars(estimator).pop("feature_names_in_", None)
    return estimator, wanted_columns(None if known is None else list(known), estimator.n_features_in_)


def matching(
    columns: list[str], data: str, reading: Reading, weights: str | None = None, *, labels: bool = False
) -> Source:
    """Rows in the columns of the model, found by name where the file has names; an Arrow table if they may hold ``labels``."""
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


def _write_sample(file: Any, columns: list[str], rows: Any, labels: Any) -> None:
    if labels is None:
        write_columns(file, list(rows.T), header=columns)
        return
    write_columns(file, [*np.asarray(rows).T, labels], header=[*columns, "component"])
