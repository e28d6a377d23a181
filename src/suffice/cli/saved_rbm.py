"""``suffice score``, ``sample`` and ``show`` of a saved restricted Boltzmann machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import typer

from suffice.cli.classify import is_classifier
from suffice.cli.source import Source
from suffice.cli.tables import replacing, write_columns

LARGEST_R_HAT = 1.1
SHOWN_UNITS, SHOWN_COLUMNS = 40, 5


def is_rbm(estimator: Any) -> bool:
    """Whether a saved model is a restricted Boltzmann machine."""
    return hasattr(estimator, "hidden_bias_")


def score_rbm(estimator: Any, source: Source, out: Path | None) -> None:
    """Say the mean log-likelihood of rows under a saved RBM, and write that of each row to a file."""
    if is_classifier(estimator):
        return _write_classes(estimator, source, out)
    if out is None:
        blocks = [(estimator.score_samples(rows), weight) for rows, weight in _blocks(source)]
    else:
        with replacing(out) as file:
            blocks = _write_features(file, estimator, source)
    log_likelihood = np.concatenate([values for values, _ in blocks])
    weight = None if blocks[0][1] is None else np.concatenate([weight for _, weight in blocks])
    typer.echo(f"log-likelihood {np.average(log_likelihood, weights=weight):.6f} nats per row{_uncertainty(estimator)}, "
               f"{len(log_likelihood):,} rows of {source.name}")  # fmt: skip
    if out is not None:
        typer.echo(f"{out} holds the log-likelihood and the hidden probabilities of each row")
    return None


def _write_features(file: Any, estimator: Any, source: Source) -> list[tuple[np.ndarray, Any]]:
    names = ["row", "log_likelihood", *(f"hidden{j}" for j in range(len(estimator.hidden_bias_)))]
    found, begin = [], 0
    for rows, weight in _blocks(source):
        values, number = estimator.score_samples(rows), np.arange(begin, begin + len(rows))
        write_columns(file, [number, values, *estimator.transform(rows).T], names if begin == 0 else None)
        found, begin = [*found, (values, weight)], begin + len(rows)
    return found


def _write_classes(estimator: Any, source: Source, out: Path | None) -> None:
    if out is None:
        raise ValueError(
            "An RBM with classes says which class a row has, and no log-likelihood: write the classes with --out FILE."
        )
    begin = 0
    with replacing(out) as file:
        for rows, _ in _blocks(source):
            probability = estimator.predict_proba(rows)
            columns = [
                np.arange(begin, begin + len(rows)),
                estimator.classes_[probability.argmax(1)],
                probability.max(1),
            ]
            write_columns(file, columns, ["row", "class", "probability"] if begin == 0 else None)
            begin += len(rows)
    typer.echo(f"{out} holds the class and its probability of each of {begin:,} rows of {source.name}")


def _blocks(source: Source) -> Iterator[tuple[np.ndarray, Any]]:
    """Rows with their weights: all at once, or as a stream brings them."""
    if isinstance(source.rows, np.ndarray):
        yield source.rows, source.weight
        return
    for batch in source.rows:
        yield batch if isinstance(batch, tuple) else (batch, None)


def _uncertainty(estimator: Any) -> str:
    if estimator.model_.enumerable:
        return ""
    return f", standard error {estimator.log_partitions_['ais'].standard_error:.2f} (annealing)"


def sample_rbm(estimator: Any, count: int) -> np.ndarray:
    """Rows drawn from a saved RBM, ``(count, D)``; where its chains have not mixed, that is said."""
    rows, mixing = estimator.sample(count)
    if mixing.r_hat > LARGEST_R_HAT:
        typer.echo(
            f"warning: the chains have not mixed in 1,000 steps (r-hat {mixing.r_hat:.2f}, near 1 if they had): the rows "
            "remember where the fit left its chains",
            err=True,
        )
    return rows


def show_rbm(estimator: Any, columns: list[str]) -> None:
    """Say the outcome of a saved RBM and the largest weights of its hidden units, those of largest norm first."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    weights, names = estimator.weights_, _unit_names(estimator, columns)
    table = Table("hidden unit", "bias", "norm of weights", "largest weights", box=None)
    norm = np.linalg.norm(weights, axis=0)
    for j in np.argsort(-norm, kind="stable")[:SHOWN_UNITS]:
        largest = np.argsort(-np.abs(weights[:, j]), kind="stable")[:SHOWN_COLUMNS]
        told = ", ".join(f"{names[d]} {weights[d, j]:+.2f}" for d in largest)
        table.add_row(str(j), f"{estimator.hidden_bias_[j]:+.2f}", f"{norm[j]:.2f}", escape(told))
    what = f", {len(estimator.classes_)} classes" if is_classifier(estimator) else ""
    typer.echo(f"restricted Boltzmann machine, {weights.shape[1]} hidden units, {len(columns):,} columns{what}")
    typer.echo(f"{estimator.n_iter_} epochs. {estimator.outcome_}\n")
    Console().print(table)


def _unit_names(estimator: Any, columns: list[str]) -> list[str]:
    """A name for each visible unit: the column, its category, or the class."""
    if estimator.visible == "categorical":
        named = zip(columns, estimator.categories_, strict=True)
        return [f"{column}={value:g}" for column, values in named for value in values]
    return [*columns, *(f"class {name}" for name in getattr(estimator, "classes_", ()))]
