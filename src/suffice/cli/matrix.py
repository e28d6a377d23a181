"""Factor analysis of a file that holds a covariance or correlation matrix in place of rows."""

from __future__ import annotations

import time
from typing import Any

from suffice.cli.inputs import files_of
from suffice.cli.job import caught, sentences, several
from suffice.cli.options import FactorAnalysisJob
from suffice.cli.reading import Reading
from suffice.cli.run_folder import run_folder
from suffice.cli.source import Source, read
from suffice.cli.tables import write_columns
from suffice.cli.telling import answer, note, say
from suffice.cli.writing import COMMAND, MODEL, REPORT, attempt, end_where_skipped, save_model

STATISTICS = "fit_statistics.csv"
OF_ROWS = ("resume", "weights", "target", "image_shape", "criterion", "folds", "standard_errors", "bootstrap_test",
           "cluster", "workers")  # fmt: skip
"""Options that need rows."""


def run_matrix(estimator: Any, data: list[str], job: FactorAnalysisJob, reading: Reading, n_rows: int) -> int:
    """Fit factors to a matrix of so many rows and write the run folder; returns the exit status."""
    _refuse_options_of_rows(estimator, job)
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        source = _square(read(files_of(data), reading))
        for sentence in source.notes:
            note(sentence)
        begin = time.perf_counter()
        with caught() as met:
            estimator.fit_covariance(_Named(source.columns, source.rows), n_rows=n_rows)
        seconds, warned = time.perf_counter() - begin, sentences(met, estimator)
        save_model(folder, estimator, source.columns)
        with (folder / STATISTICS).open("wb") as file:
            statistics = estimator.fit_statistics_
            write_columns(file, [list(statistics), list(map(float, statistics.values()))], ["statistic", "value"])
        failures: list[str] = []
        parallel = (
            attempt(failures, "the parallel analysis", _parallel, source, n_rows) if job.parallel_analysis else None
        )
        attempt(failures, "the report", _write_report, folder, estimator, source, n_rows, warned, parallel)
    _say(estimator, source, job, n_rows, seconds, [*warned, *failures], parallel)
    end_where_skipped(job.out, failures)
    return 0


class _Named:
    """A matrix whose columns have names."""

    def __init__(self, columns: list[str], values: Any) -> None:
        self.columns, self.values = columns, values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.values if dtype is None else self.values.astype(dtype)


def _refuse_options_of_rows(estimator: Any, job: FactorAnalysisJob) -> None:
    given = [name for name in OF_ROWS if getattr(job, name) not in (None, False)]
    if given:
        raise ValueError(
            f"--{given[0].replace('_', '-')} needs rows, and --n-rows says that DATA is a matrix: leave out one of the two."
        )
    if several(estimator):
        raise ValueError("--n-rows fits one model to a matrix; give every option one value, and --parallel-analysis to see how "
                         "many factors there are.")  # fmt: skip


def _square(source: Source) -> Source:
    """A table as a matrix, whose lines have the order of its columns."""
    rows, columns = source.rows.shape
    if rows != columns:
        raise ValueError(
            f"{source.name} has {rows} lines and {columns} columns of numbers; a covariance or correlation matrix has as many of "
            "both: leave a column of names out with --drop, or --n-rows if these are rows."
        )
    return source


def _parallel(source: Source, n_rows: int) -> Any:
    from suffice import parallel_analysis

    return parallel_analysis(source.rows, n_rows=n_rows, random_state=0)


def _write_report(folder: Any, estimator: Any, source: Source, n_rows: int, warned: list[str], parallel: Any) -> None:
    from suffice.report.factors.covariance import covariance_page
    from suffice.report.factors.story import FactorStory
    from suffice.report.page import write_page
    from suffice.report.story import Run

    run = Run(
        source=source.name, notes=source.notes, warnings=warned, command=["suffice", *COMMAND.get()], parallel=parallel
    )
    told: Any = FactorStory(estimator, source.columns)
    page = covariance_page(told, n_rows, run)
    write_page(folder / REPORT, page.title, [page])


def _say(
    estimator: Any,
    source: Source,
    job: FactorAnalysisJob,
    n_rows: int,
    seconds: float,
    warned: list[str],
    parallel: Any,
) -> None:
    from suffice.report.parts import counted

    statistics = estimator.fit_statistics_
    for sentence in warned:
        note(f"warning: {sentence}")
    say(f"factor analysis, {counted(estimator.n_components, 'component')}, on {source.name}: a matrix of {n_rows:,} rows, "
        f"{counted(len(source.columns), 'column')}, {seconds:.2f} s")  # fmt: skip
    say(estimator.outcome_)
    say(_in_words(statistics))
    if parallel is not None:
        say(parallel.outcome)
    say(f"{job.out / REPORT} shows the fit; beside it {MODEL} and {STATISTICS}")
    answer(model="factor analysis", columns=source.columns, rows=n_rows, outcome=estimator.outcome_, seconds=round(seconds, 3),
           fit_statistics=statistics, factors=None if parallel is None else parallel.n_components, warnings=warned,
           out=str(job.out))  # fmt: skip


def _in_words(found: dict[str, float]) -> str:
    """Fit statistics in a sentence."""
    from math import isfinite

    from suffice.report.factors.judgement import SINGULAR, UNTESTED
    from suffice.report.parts import counted

    if not found["dof"] > 0 or not isfinite(found["chi2"]):
        return UNTESTED if not found["dof"] > 0 else SINGULAR
    freedom = counted(round(found["dof"]), "degree")
    return (
        f"chi-squared {found['chi2']:.2f} on {freedom} of freedom, p = {found['p_value']:.3g}; RMSEA {found['rmsea']:.3f} "
        f"({found['rmsea_low']:.3f} to {found['rmsea_high']:.3f}), TLI {found['tli']:.3f}, SRMR {found['srmr']:.3f}"
    )
