"""One fit from the command line: read, fit, catch, measure, write, say."""

from __future__ import annotations

import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from suffice.cli.options import Job, Reading
from suffice.cli.run_folder import check_checkpoint, check_place, run_folder
from suffice.cli.source import Source, read_rows
from suffice.cli.tables import SELECTION, TRACE, write_tables

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from suffice.estimators.shared.comparison import Compared


MODEL, REPORT = "model.safetensors", "report.html"
COMMAND: ContextVar[Sequence[str]] = ContextVar("COMMAND", default=())


@dataclass(frozen=True)
class Fitted:
    """The fitted estimator, how the fit went, and the selection that it comes from, if one was made."""

    estimator: Any
    seconds: float
    warnings: list[str]
    interrupted: bool
    selection: Any = None


@dataclass(frozen=True)
class Written:
    """What was found out while a run was written: what its story told of the rows, what its page says, and the files."""

    story: Any
    told: Any
    said: str
    measuring: str
    files: list[str]


def run(
    estimator: BaseEstimator,
    data: str,
    job: Job,
    reading: Reading,
    read: Callable[[Any, str, Job, Reading], Source] = read_rows,
) -> int:
    """Fit an estimator to a file and write the run folder; returns the exit status."""
    _refuse_idle_options(estimator, job)
    check_place(job.out, overwrite=job.overwrite)
    kept = None if job.resume is None else check_checkpoint(job.out, overwrite=job.overwrite, resume=job.resume)
    source = read(estimator, data, job, reading)
    for note in source.notes:
        typer.echo(note, err=True)
    fitted = _fit(estimator, source, job, kept)
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        written = _write(folder, fitted, source, job)
    _say(fitted, written, source, job)
    return _end(fitted, kept)


def _refuse_idle_options(estimator: BaseEstimator, job: Job) -> None:
    many, degenerate = several(estimator), estimator.get_params().get("degenerate", "keep")
    for option, value in (("--criterion", job.criterion), ("--folds", job.folds)):
        if value is not None and not many:
            raise ValueError(
                f"{option} {value} selects among several models: give several, such as --n-components 1-8."
            )
    if job.resume and many:
        raise ValueError("--resume continues one fit, and several are asked for; give every option one value.")
    if job.resume and degenerate != "keep":
        raise ValueError(
            f"--resume continues the components of a fit, and --degenerate {degenerate} changes them: leave out one of the two."
        )


def several(estimator: BaseEstimator) -> dict[str, list[Any]]:
    """The parameters of an estimator that hold several values, by name."""
    return {name: value for name, value in estimator.get_params(deep=False).items() if isinstance(value, list)}


def _fit(estimator: BaseEstimator, source: Source, job: Job, kept: Path | None) -> Fitted:
    begin, interrupted, found = time.perf_counter(), False, None
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        try:
            if several(estimator):
                found = _select(cast("Compared", estimator), source, job)
                estimator, interrupted = found.best, found.interrupted
            else:
                _fit_one(estimator, source, kept)
        except ValueError as error:
            raise ValueError(in_options(str(error), estimator.get_params())) from error
        except KeyboardInterrupt:
            if not getattr(estimator, "n_iter_", 0):
                raise
            interrupted = True
    _set_verbose(estimator, 0)
    return Fitted(estimator, time.perf_counter() - begin, _sentences(met, estimator), interrupted, found)


def _sentences(met: list[warnings.WarningMessage], estimator: BaseEstimator) -> list[str]:
    """What was warned of, once, in the options of the command line; not how the fit ended, which its outcome says."""
    from sklearn.exceptions import ConvergenceWarning

    words = [" ".join(str(one.message).split()) for one in met if not issubclass(one.category, ConvergenceWarning)]
    return list(dict.fromkeys(in_options(sentence, estimator.get_params()) for sentence in words))


def _fit_one(estimator: BaseEstimator, source: Source, kept: Path | None) -> None:
    from sklearn.base import is_classifier

    _set_verbose(estimator, int(sys.stderr.isatty()))
    known = (source.target,) if is_classifier(estimator) else ()
    resumable = kept is not None and estimator.get_params().get("degenerate", "keep") == "keep"
    options: dict[str, Any] = {"checkpoint": kept} if resumable else {}
    fitted: Any = estimator
    fitted.fit(source.rows, *known, sample_weight=source.weight, **options)


def _set_verbose(estimator: BaseEstimator, verbose: int) -> None:
    if "verbose" in estimator.get_params():
        estimator.set_params(verbose=verbose)


def _select(estimator: Compared, source: Source, job: Job) -> Any:
    from suffice.selection import select

    searched: dict[str, Any] = several(estimator)
    first = {name: values[0] for name, values in searched.items()}
    return select(
        estimator.set_params(**first), source.rows, sample_weight=source.weight, criterion=job.criterion or "bic",
        cv=job.folds, verbose=int(sys.stderr.isatty()), **searched,
    )  # fmt: skip


def in_options(message: str, parameters: Iterable[str]) -> str:
    """A message about an estimator's parameters, in the options of the command line."""
    words = "|".join(name if "_" in name or name == "binarize" else f"{name}(?==)" for name in parameters)
    return re.sub(rf"\b({words})\b", lambda found: "--" + found[0].replace("_", "-"), message)


def _write(folder: Path, fitted: Fitted, source: Source, job: Job) -> Written:
    import numpy as np

    from suffice.files import save
    from suffice.report.page import write_page
    from suffice.report.story import story

    estimator = fitted.estimator
    vars(estimator).pop("feature_names_in_", None)  # plain arrays follow, until the model is saved
    teller = story(estimator, source.columns)
    about = _about(fitted, source, job.target or teller.target_name)
    about = replace(about, told=write_tables(folder, teller, source, fitted.selection))
    begin = time.perf_counter()
    if teller.measuring:
        about = replace(about, measured=teller.measure(source.rows, about))
    measuring = f"{teller.measuring} in {time.perf_counter() - begin:.2f} s" if teller.measuring else ""
    page = teller.page(source.rows, about)
    write_page(folder / REPORT, page.title, [page])
    if source.columns != [f"x{j}" for j in range(len(source.columns))]:
        estimator.feature_names_in_ = np.asarray(source.columns, dtype=object)
    save(estimator, folder / MODEL)
    files = [name for name in (MODEL, teller.rows_file, SELECTION, TRACE) if name and (folder / name).exists()]
    return Written(teller, about.told, page.said, measuring, files)


def _about(fitted: Fitted, source: Source, target_name: str) -> Any:
    from suffice.report.story import Run

    return Run(
        source=source.name, image_shape=source.image_shape, notes=source.notes,
        warnings=fitted.warnings, target=source.target, target_name=target_name, sample_weight=source.weight,
        seconds=fitted.seconds, command=["suffice", *COMMAND.get()], selection=fitted.selection,
    )  # fmt: skip


def _say(fitted: Fitted, written: Written, source: Source, job: Job) -> None:
    from sklearn.base import is_classifier

    from suffice.report.parts import counted

    teller, told = written.story, written.told
    for note in teller.notes:
        typer.echo(in_options(note, ["kinds"]), err=True)
    for sentence in fitted.warnings:
        typer.echo(f"warning: {sentence}", err=True)
    missing = f", {counted(told.missing_cells, 'missing cell')}" if told.missing_cells else ""
    of_what = f" of {job.target}" if job.target and is_classifier(fitted.estimator) else ""
    typer.echo(f"{teller.name}, {teller.size}{of_what}, on {source.name}: {told.n_rows:,} rows, "
               f"{counted(len(source.columns), 'column')}{missing}, {fitted.seconds:.2f} s")  # fmt: skip
    chosen = None if fitted.selection is None else fitted.selection.outcome
    for sentence in (chosen, teller.outcome, written.said, written.measuring):
        if sentence:
            typer.echo(sentence)
    *files, last = written.files
    beside = f"{', '.join(files)} and {last}" if files else last
    typer.echo(f"{job.out / REPORT} shows the fit; beside it {beside}")


def _end(fitted: Fitted, kept: Path | None) -> int:
    """Remove the state of a fit that went to its end, or say how to continue it; returns the exit status."""
    from suffice.fit.checkpoint import remove_checkpoint

    if not fitted.interrupted:
        if kept is not None:
            remove_checkpoint(kept)
        return 0
    if fitted.selection is None:
        typer.echo(f"interrupted: kept the best of the {fitted.estimator.n_iter_} iterations done", err=True)
        if kept is not None and kept.exists():
            typer.echo("the same command with --resume --overwrite continues the fit", err=True)
    return 130
