"""One classifier from the command line: read, fit, write the folder, say what came out; and the use of a saved one."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from suffice.cli.job import COMMAND, MODEL, REPORT, in_options, named_columns, takes_labels
from suffice.cli.options import Classifying, Reading
from suffice.cli.run_folder import check_place, run_folder
from suffice.cli.source import Source, finite, read, refuse_empty_columns, streams
from suffice.cli.tables import replacing, write_columns

PREDICTIONS = "predictions.csv"


@dataclass(frozen=True)
class Course:
    """The fitted classifier, seconds that it took, and sentences of warning."""

    estimator: Any
    seconds: float
    warnings: list[str]


def run_classifier(estimator: Any, data: str, job: Classifying, reading: Reading) -> int:
    """Fit a classifier to a file and write the run folder; returns the exit status."""
    check_place(job.out, overwrite=job.overwrite)
    if streams(data, reading):
        raise ValueError(
            f"{type(estimator).__name__} is fitted to rows in memory: use --in-memory, or partial_fit batch by batch in Python."
        )
    source = finite(read(data, reading, weights=job.weights, target=job.target, labels=takes_labels(estimator)))
    refuse_empty_columns(source)
    source = replace(source, target=_classes(source))
    for note in source.notes:
        typer.echo(note, err=True)
    course = _fit(estimator.set_params(unlabelled=job.unlabelled), source)
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        accuracy = _write(folder, course, source, job)
    for sentence in course.warnings:
        typer.echo(f"warning: {sentence}", err=True)
    typer.echo(f"{type(estimator).__name__}, {len(estimator.classes_)} classes of {job.target}, on {source.name}: "
               f"{len(source.target):,} rows, {len(source.columns):,} columns, {course.seconds:.2f} s")  # fmt: skip
    typer.echo(f"{estimator.outcome_}\n{accuracy}")
    typer.echo(f"{job.out / REPORT} shows the classes; beside it {MODEL} and {PREDICTIONS}")
    return 0


def _classes(source: Source) -> np.ndarray:
    """Classes as text, as a file has them."""
    target = np.asarray(source.target)
    if target.dtype.kind == "f" and (target == np.round(target)).all():
        target = target.astype(np.int64)
    return target.astype(str)


def _fit(estimator: Any, source: Source) -> Course:
    begin = time.perf_counter()
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        try:
            estimator.fit(source.rows, source.target, sample_weight=source.weight)
        except ValueError as error:
            raise ValueError(in_options(str(error), estimator.get_params())) from error
    sentences = [" ".join(str(warning.message).split()) for warning in met]
    return Course(estimator, time.perf_counter() - begin, list(dict.fromkeys(sentences)))


def _write(folder: Path, course: Course, source: Source, job: Classifying) -> str:
    from suffice.files import save
    from suffice.report.classifier.page import write_classifier_report

    estimator = course.estimator
    with named_columns(estimator, source.columns):
        save(estimator, folder / MODEL)
    with replacing(folder / PREDICTIONS) as file:
        write_predictions(file, estimator, source.rows)
    return write_classifier_report(
        estimator, source.rows, source.target, folder / REPORT, source=source.name, columns=source.columns,
        target_name=job.target, sample_weight=source.weight, notes=source.notes, warnings=course.warnings,
        seconds=course.seconds, command=["suffice", *COMMAND.get()],
    )  # fmt: skip


def write_predictions(file: Any, estimator: Any, rows: Any) -> np.ndarray | None:
    """Write the class, its probability and log p(x) of each row as CSV; returns log p(x), ``(n,)``, None of a network."""
    probability = estimator.predict_proba(rows)
    best = probability.argmax(1)
    columns = [np.arange(len(best)), estimator.classes_[best], probability.max(1)]
    if not hasattr(estimator, "score_samples"):
        write_columns(file, columns, header=["row", "class", "probability"])
        return None
    log_likelihood = estimator.score_samples(rows)
    write_columns(file, [*columns, log_likelihood], header=["row", "class", "probability", "log_likelihood"])
    return log_likelihood


def is_classifier(estimator: Any) -> bool:
    """Whether a saved model predicts classes."""
    return hasattr(estimator, "classes_")


def score_classifier(estimator: Any, source: Source, out: Path | None) -> None:
    """Say the mean log p(x) of rows under a saved classifier, and write their classes to a file."""
    if out is None and not hasattr(estimator, "score_samples"):
        raise ValueError("A network gives rows classes and no log-likelihood: name a file for them with --out.")
    if out is None:
        log_likelihood = estimator.score_samples(source.rows)
    else:
        with replacing(out) as file:
            log_likelihood = write_predictions(file, estimator, source.rows)
    if log_likelihood is None:
        return typer.echo(
            f"{out} holds the class and its probability of each of {len(source.rows):,} rows of {source.name}"
        )
    mean = np.average(log_likelihood, weights=source.weight)
    typer.echo(f"log-likelihood {mean:.6f} nats per row, {len(log_likelihood):,} rows of {source.name}")
    if out is not None:
        typer.echo(f"{out} holds the class, its probability and the log-likelihood of each row")


def show_classifier(estimator: Any, columns: list[str]) -> None:
    """Say the classes of a saved classifier and their probabilities."""
    typer.echo(f"{type(estimator).__name__}, {len(estimator.classes_)} classes, {len(columns):,} columns")
    typer.echo(estimator.outcome_)
    shares = getattr(estimator, "class_prior_", None)
    for k, name in enumerate(estimator.classes_):
        typer.echo(f"  {name}" if shares is None else f"  {shares[k]:.4f}  {name}")
