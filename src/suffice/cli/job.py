"""One fit from the command line: read, fit, write the folder, say what came out."""

from __future__ import annotations

import os
import re
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from suffice.cli.options import Job, Reading, shape
from suffice.cli.parse import several
from suffice.cli.run_folder import check_place, run_folder
from suffice.cli.source import Source, finite, read, refuse_empty_columns
from suffice.cli.tables import replacing, row_writer, write_columns, write_trace

MODEL, ASSIGNMENTS, TRACE, REPORT = "model.safetensors", "assignments.csv", "trace.csv", "report.html"
CODES, SELECTION = "codes.csv", "selection.csv"
COMMAND: ContextVar[Sequence[str]] = ContextVar("COMMAND", default=())


@dataclass(frozen=True)
class Course:
    """The fitted estimator, how the fit went, and the selection that it comes from, if one was made."""

    estimator: Any
    seconds: float
    warnings: list[str]
    interrupted: bool
    selection: Any = None


def run(estimator: Any, data: str, job: Job, reading: Reading) -> int:
    """Fit an estimator to a file and write the run folder; returns the exit status."""
    _refuse_idle_options(estimator, job)
    check_place(job.out, overwrite=job.overwrite)
    kept = checkpoint_path(job.out)
    check_checkpoint(kept, job)
    source = finite(read(data, reading, weights=job.weights, target=job.target, labels=takes_labels(estimator)))
    refuse_empty_columns(source)
    if takes_labels(estimator) and job.image_shape is not None:
        raise ValueError(
            f"--image-shape {job.image_shape} shows rows of numbers, and this model's are labels: leave it out."
        )
    pictured = image_shape(source, job.image_shape)
    for note in source.notes:
        typer.echo(note, err=True)
    course = _fit(estimator, source, job, kept)
    for note in course.estimator.encoder_.notes_ if takes_labels(estimator) else []:
        typer.echo(in_options(note, ["kinds"]), err=True)
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        summary = _write(folder, course, replace(source, image_shape=pictured), job)
    if not course.interrupted:
        remove(kept)
    _announce(source, course, summary, job.out)
    return 130 if course.interrupted else 0


def takes_labels(estimator: Any) -> bool:
    """Whether an estimator takes tables with text."""
    from suffice.estimators.shared.labelled_columns import takes_labels

    return takes_labels(estimator)


def checkpoint_path(out: Path) -> Path:
    """The file beside a run folder that keeps the state of its fit until the folder is written."""
    absolute = Path(os.path.abspath(out))
    return absolute.with_name(f"{absolute.name}.checkpoint")


def check_checkpoint(kept: Path, job: Any) -> None:
    """Refuse to lose the state of an interrupted fit unasked."""
    if job.resume:
        if not kept.exists():
            typer.echo(f"--resume: there is no {kept.name} beside {job.out}, so the fit begins anew", err=True)
    elif kept.exists() and job.overwrite:
        remove(kept)
    elif kept.exists():
        raise FileExistsError(
            f"{kept.name} beside {job.out} holds an interrupted fit: continue it with --resume, or begin anew with --overwrite."
        )


def remove(kept: Path) -> None:
    from suffice.fit.checkpoint import remove_checkpoint

    remove_checkpoint(kept)


def image_shape(source: Source, option: str | None) -> tuple[int, ...] | None:
    """The size of a row as an image: the option's, or what the reader found."""
    given, columns = shape(option), len(source.columns)
    if given is not None and given[0] * given[1] != columns:
        raise ValueError(f"--image-shape {option} has {given[0] * given[1]} pixels, and a row has {columns} columns.")
    return given or source.image_shape


def _refuse_idle_options(estimator: Any, job: Job) -> None:
    for option, value in (("--criterion", job.criterion), ("--folds", job.folds)):
        if value is not None and not several(estimator):
            raise ValueError(
                f"{option} {value} selects among several models: give several, such as --n-components 1-8."
            )
    if job.resume and several(estimator):
        raise ValueError("--resume continues one fit, and several are asked for; give every option one value.")
    degenerate = getattr(estimator, "degenerate", "keep")
    if job.resume and degenerate != "keep":
        raise ValueError(
            f"--resume continues the components of a fit, and --degenerate {degenerate} changes them: leave out one of the two."
        )


def _fit(estimator: Any, source: Source, job: Job, kept: Path) -> Course:
    begin, interrupted, found = time.perf_counter(), False, None
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        try:
            if several(estimator):
                found = _select(estimator, source, job)
                estimator, interrupted = found.best, found.interrupted
            else:
                estimator.set_params(verbose=int(sys.stderr.isatty()))
                state = kept if getattr(estimator, "degenerate", "keep") == "keep" else None
                estimator.fit(source.rows, sample_weight=source.weight, checkpoint=state)
        except ValueError as error:
            raise ValueError(in_options(str(error), estimator.get_params())) from error
        except KeyboardInterrupt:
            if not hasattr(estimator, "model_"):
                raise
            interrupted = True
    estimator.set_params(verbose=0)
    sentences = [" ".join(str(warning.message).split()) for warning in met if not _says_outcome(warning)]
    return Course(estimator, time.perf_counter() - begin, list(dict.fromkeys(sentences)), interrupted, found)


def _select(estimator: Any, source: Source, job: Job) -> Any:
    from suffice.selection import select

    searched: dict[str, Any] = several(estimator)
    first = {name: values[0] for name, values in searched.items()}
    return select(
        estimator.set_params(**first), source.rows, sample_weight=source.weight,
        criterion=(job.criterion or "bic").replace("-", "_"), cv=job.folds, verbose=int(sys.stderr.isatty()), **searched,
    )  # fmt: skip


def in_options(message: str, parameters: Iterable[str]) -> str:
    """A message about an estimator's parameters, in the options of the command line."""
    words = "|".join(name if "_" in name or name == "binarize" else f"{name}(?==)" for name in parameters)
    return re.sub(rf"\b({words})\b", lambda found: "--" + found[0].replace("_", "-"), message)


def _says_outcome(warning: warnings.WarningMessage) -> bool:
    from sklearn.exceptions import ConvergenceWarning

    return issubclass(warning.category, ConvergenceWarning)


@contextmanager
def named_columns(estimator: Any, columns: list[str]) -> Iterator[None]:
    """Columns are named while the model is saved; to compute with plain arrays afterwards, they are not."""
    if columns != [f"x{j}" for j in range(len(columns))]:
        estimator.feature_names_in_ = np.asarray(columns, dtype=object)
    try:
        yield
    finally:
        vars(estimator).pop("feature_names_in_", None)


def _write(folder: Path, course: Course, source: Source, job: Job) -> Any:
    from suffice.files import save
    from suffice.report import summarize, write_report

    estimator = course.estimator
    with named_columns(estimator, source.columns):
        save(estimator, folder / MODEL)
    write_trace(folder / TRACE, estimator.traces_)
    if course.selection is not None:
        with replacing(folder / SELECTION) as file:
            write_columns(file, list(course.selection.table.values()), list(course.selection.table))
    with replacing(folder / rows_file(estimator)) as file:
        writer = row_writer(file, estimator)
        summary = summarize(
            estimator, source.rows, sample_weight=source.weight, each=writer, keep_labels=source.target is not None
        )
    write_report(
        estimator, source.rows, folder / REPORT, source=source.name, columns=source.columns,
        image_shape=source.image_shape, notes=source.notes, warnings=course.warnings, target=source.target,
        target_name=job.target or "label", sample_weight=source.weight, seconds=course.seconds,
        command=["suffice", *COMMAND.get()], summary=summary, selection=course.selection,
    )  # fmt: skip
    return summary


def rows_file(estimator: Any) -> str:
    """Name of the file with what the model says of each row: latent variables of a factor model, else components."""
    return CODES if hasattr(estimator, "loadings_") else ASSIGNMENTS


def component_count(estimator: Any) -> int:
    """Number of components of a fitted mixture or factor model."""
    return len(estimator.weights_) if hasattr(estimator, "weights_") else estimator.loadings_.shape[1]


def missing_words(summary: Any) -> str:
    """How many cells are missing, to go on a sentence; nothing where none is."""
    count = int(summary.missing.sum())
    return f", {count:,} missing cell{'' if count == 1 else 's'}" if count else ""


def _announce(source: Source, course: Course, summary: Any, out: Path) -> None:
    from suffice.report import model_name

    estimator, found = course.estimator, course.selection
    for sentence in course.warnings:
        typer.echo(f"warning: {sentence}", err=True)
    if course.interrupted and found is None:
        typer.echo(f"interrupted: kept the best of the {estimator.n_iter_} iterations done", err=True)
        if checkpoint_path(out).exists():
            typer.echo("the same command with --resume --overwrite continues the fit", err=True)
    count = component_count(estimator)
    columns = f"{len(source.columns):,} column{'' if len(source.columns) == 1 else 's'}"
    typer.echo(f"{model_name(estimator)}, {count} component{'' if count == 1 else 's'}, on {source.name}: "
               f"{summary.n_rows:,} rows, {columns}{missing_words(summary)}, {course.seconds:.2f} s")  # fmt: skip
    if found is not None:
        typer.echo(found.outcome)
    typer.echo(estimator.outcome_)
    typer.echo(f"log-likelihood {summary.log_likelihood:.4f} nats per row")
    chosen = "" if found is None else f", {SELECTION}"
    typer.echo(f"{out / REPORT} shows the fit; beside it {MODEL}, {rows_file(estimator)}{chosen} and {TRACE}")
