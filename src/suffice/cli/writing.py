"""What a run leaves: the model first, then what is told of it, which is never a reason to lose the fit."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from suffice.cli.by_batches import as_looked_at
from suffice.cli.options import Job
from suffice.cli.partial import of_places
from suffice.cli.run_folder import samples_file
from suffice.cli.source import Source
from suffice.cli.tables import ERRORS, SELECTION, TRACE, write_errors, write_rows, write_tables
from suffice.cli.telling import Interrupted, answer, note, say, verbosity

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
    failures: list[str]
    further: list[str]
    numbers: dict[str, float]
    tested: Any = None


def write_run(folder: Path, fitted: Fitted, source: Source, job: Job) -> Written:
    """Write the model, the tables and the page of a run; what cannot be told becomes a warning."""
    from suffice.report.story import seen, story

    estimator, failures = fitted.estimator, []
    save_model(folder, estimator, source.columns)
    teller = story(as_looked_at(estimator, source), source.columns)
    about = _about(fitted, source, job.target or teller.target_name)
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        attempt(failures, "the trace", write_tables, folder, teller, fitted.selection)
        told = attempt(failures, "what is said of each row", write_rows, folder, teller, source)
        about = replace(about, told=told)
        begin = time.perf_counter()
        if teller.measuring:
            about = replace(about, measured=attempt(failures, teller.measuring, teller.measure, source.rows, about))
        if job.standard_errors is not None:
            given = folder, estimator, source, job.standard_errors
            about = replace(about, uncertain=attempt(failures, "standard errors", write_errors, *given))
        if job.bootstrap_test is not None:
            about = replace(about, tested=attempt(failures, "the bootstrap test", _tested, estimator, source, job))
        if job.parallel_analysis:
            about = replace(about, parallel=attempt(failures, "the parallel analysis", _parallel, source))
        measuring = f"{teller.measuring} in {time.perf_counter() - begin:.2f} s" if about.measured is not None else ""
        said = attempt(failures, "the report", _write_page, folder, teller, source, about) or ""
    further = [found.outcome for found in (about.tested, about.parallel) if found is not None]
    failures += [" ".join(str(one.message).split()) for one in met]
    names = (MODEL, teller.rows_file, SELECTION, TRACE, ERRORS, REPORT)
    files = [name for name in names if name and (folder / name).exists()]
    numbers = {} if told is None else teller.in_numbers(told)
    return Written(
        teller,
        told or seen(source.rows),
        said,
        measuring,
        files,
        list(dict.fromkeys(failures)),
        further,
        numbers,
        about.tested,
    )


def say_run(fitted: Fitted, written: Written, source: Source, job: Job) -> None:
    """Say how a fit went, and where it is."""
    from sklearn.base import is_classifier

    from suffice.report.parts import counted

    teller, told = written.story, written.told
    for sentence in teller.notes:
        note(in_options(sentence, ["kinds"]))
    for sentence in (*fitted.warnings, *written.failures):
        note(f"warning: {sentence}")
    missing = f", {counted(told.missing_cells, 'missing cell')}" if told.missing_cells else ""
    of_what = f" of {job.target}" if job.target and is_classifier(fitted.estimator) else ""
    say(f"{teller.name}, {teller.size}{of_what}, on {source.name}: {told.n_rows:,} rows, "
        f"{counted(len(source.columns), 'column')}{missing}, {fitted.seconds:.2f} s")  # fmt: skip
    chosen = None if fitted.selection is None else fitted.selection.outcome
    for sentence in (chosen, teller.outcome, written.said, written.measuring, *written.further):
        if sentence:
            say(sentence)
    *files, last = [name for name in written.files if name != REPORT]
    beside = f"{', '.join(files)} and {last}" if files else last
    shown = (
        f"{job.out / REPORT} shows the fit; beside it {beside}"
        if REPORT in written.files
        else f"{job.out} holds {beside}"
    )
    say(shown)
    answer(
        model=teller.name, size=teller.size, outcome=teller.outcome, converged=teller.converged, rows=told.n_rows,
        columns=source.columns, missing_cells=told.missing_cells, seconds=round(fitted.seconds, 3), measured=written.said,
        figures={name.lower().replace(" ", "_"): value for name, value in written.numbers.items()}, further=written.further,
        warnings=[*fitted.warnings, *written.failures], notes=source.notes, out=str(job.out), files=written.files,
    )  # fmt: skip


def in_options(message: str, parameters: Iterable[str]) -> str:
    """A message about an estimator's parameters, in the options of the command line."""
    words = "|".join(name if "_" in name or name == "binarize" else f"{name}(?==)" for name in parameters)
    return re.sub(rf"\b({words})\b", lambda found: "--" + found[0].replace("_", "-"), message)


def save_model(folder: Path, estimator: Any, columns: list[str]) -> None:
    """Save a model with the names of its columns; they go afterwards, since plain arrays follow."""
    import numpy as np

    from suffice.files import save

    if columns != [f"x{j}" for j in range(len(columns))]:
        estimator.feature_names_in_ = np.asarray(columns, dtype=object)
    save(estimator, folder / MODEL)
    vars(estimator).pop("feature_names_in_", None)


def _write_page(folder: Path, teller: Any, source: Source, about: Any) -> str:
    from suffice.report.page import write_page

    page = teller.page(source.rows, about)
    write_page(folder / REPORT, page.title, [page])
    return page.said


def _tested(estimator: Any, source: Source, job: Job) -> Any:
    """The bootstrap test of the number of components that was fitted, without covariates."""
    from sklearn.base import clone

    from suffice import bootstrap_test

    if source.covariates is not None:
        note("The bootstrap test compares numbers of components without the covariates.")
    unfitted: Any = clone(estimator)
    return bootstrap_test(
        unfitted, source.rows, samples=job.bootstrap_test or 1, sample_weight=source.weight,
        checkpoint=samples_file(job.out), verbose=verbosity(),
    )  # fmt: skip


def _parallel(source: Source) -> Any:
    from suffice import parallel_analysis

    return parallel_analysis(source.rows, random_state=0)


class Skipped(str):
    """A sentence on what is not there since Ctrl-C was pressed."""


def end_where_skipped(out: Path, failures: Iterable[str]) -> None:
    """End as interrupted where something was left out for that, with what is kept."""
    if any(isinstance(sentence, Skipped) for sentence in failures):
        raise Interrupted(f"interrupted: {out} holds the fit, and what was done beside it")


def attempt(failures: list[str], what: str, write: Callable[..., Any], *given: Any) -> Any:
    """What a function gives; None and a sentence where it fails, since the model is there already."""
    try:
        return write(*given)
    except KeyboardInterrupt:
        failures.append(Skipped(f"{what} was interrupted; the model is whole"))
        return None
    except Exception as error:
        said = of_places(str(error).split("\n")[0]) or type(error).__name__
        failures.append(f"{what} could not be written ({said.rstrip('.')}); the model is whole")
        return None


def _about(fitted: Fitted, source: Source, target_name: str) -> Any:
    from suffice.report.story import Run

    return Run(
        source=source.name, image_shape=source.image_shape, notes=source.notes,
        warnings=fitted.warnings, target=source.target, target_name=target_name, sample_weight=source.weight,
        seconds=fitted.seconds, command=["suffice", *COMMAND.get()], selection=fitted.selection,
        covariates=source.covariates,
    )  # fmt: skip
