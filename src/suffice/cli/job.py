"""One fit from the command line: read, fit, catch, measure, write, say."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from suffice.cli.by_batches import looked_at, takes_streams
from suffice.cli.cluster import on_cluster, rows_for
from suffice.cli.covariates import beside, read_covariates, with_covariates
from suffice.cli.inputs import files_of
from suffice.cli.options import Job
from suffice.cli.reading import Reading
from suffice.cli.remembered import remember
from suffice.cli.run_folder import check_checkpoint, check_samples, run_folder, samples_file
from suffice.cli.source import Source, read_rows
from suffice.cli.telling import Interrupted, note, verbosity
from suffice.cli.writing import Fitted, Written, end_where_skipped, in_options, say_run, write_run

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from suffice.estimators.shared.comparison import Compared


def run(
    estimator: BaseEstimator,
    data: list[str],
    job: Job,
    reading: Reading,
    read: Callable[[Any, Any, Job, Reading], Source] = read_rows,
) -> int:
    """Fit an estimator to a file and write the run folder; returns the exit status."""
    _refuse_idle_options(estimator, job)
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        kept = None if job.resume is None else check_checkpoint(job.out, overwrite=job.overwrite, resume=job.resume)
        if job.bootstrap_test is not None:
            check_samples(job.out, overwrite=job.overwrite, resume=bool(job.resume))
        reading = replace(reading, stream=True) if on_cluster(job) else reading
        covariates = read_covariates(files_of(data), reading, job.covariates) if job.covariates else None
        own = beside(reading, job.covariates) if job.covariates else reading
        source = with_covariates(read(estimator, files_of(data), job, own), covariates)
        for sentence in source.notes:
            note(sentence)
        fitted = _fit(estimator, source, job, kept)
        remember(folder, fitted.estimator, reading, job.target, None if covariates is None else covariates.labels)
        if not takes_streams(estimator):
            source = looked_at(source, getattr(fitted.estimator, "validation_rows_", None))
        written = write_run(folder, fitted, source, job)
    say_run(fitted, written, source, job)
    _end_test(written, job)
    end_where_skipped(job.out, written.failures)
    return _end(fitted, kept)


def _refuse_idle_options(estimator: BaseEstimator, job: Job) -> None:
    many, degenerate = several(estimator), estimator.get_params().get("degenerate", "keep")
    for option, value in (("--criterion", job.criterion), ("--folds", job.folds)):
        if value is not None and not many:
            raise ValueError(
                f"{option} {value} selects among several models: give several, such as --n-components 1-8."
            )
    if many and on_cluster(job):
        raise ValueError("--cluster and --workers fit one model; give every option one value.")
    if job.bootstrap_test is not None and on_cluster(job):
        raise ValueError("--bootstrap-test draws rows like those in memory; leave out --cluster and --workers.")
    if job.resume and many and not (job.bootstrap_test is not None and samples_file(job.out).exists()):
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
    with caught() as met:
        try:
            if several(estimator):
                found = _select(cast("Compared", estimator), source, job)
                estimator, interrupted = found.best, found.interrupted
                if source.covariates is not None and not interrupted:
                    _fit_one(estimator, source, job, None)
            else:
                _fit_one(estimator, source, job, kept)
        except ValueError as error:
            raise ValueError(in_options(str(error), estimator.get_params())) from error
        except KeyboardInterrupt:
            if not getattr(estimator, "n_iter_", 0) and kept is not None and kept.exists():
                raise Interrupted(f"interrupted; {kept} keeps the state of the fit: --resume continues it") from None
            if not getattr(estimator, "n_iter_", 0):
                raise
            interrupted = True
    _set_verbose(estimator, 0)
    return Fitted(estimator, time.perf_counter() - begin, sentences(met, estimator), interrupted, found)


@contextmanager
def caught() -> Iterator[list[warnings.WarningMessage]]:
    """Warnings in a list, in place of on the screen."""
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        yield met


def sentences(met: list[warnings.WarningMessage], estimator: BaseEstimator) -> list[str]:
    """What was warned of, once, in the options of the command line; not how the fit ended, which its outcome says."""
    from sklearn.exceptions import ConvergenceWarning

    words = [" ".join(str(one.message).split()) for one in met if not issubclass(one.category, ConvergenceWarning)]
    return list(dict.fromkeys(in_options(sentence, estimator.get_params()) for sentence in words))


def _fit_one(estimator: BaseEstimator, source: Source, job: Job, kept: Path | None) -> None:
    from sklearn.base import is_classifier

    _set_verbose(estimator, verbosity())
    known = (source.target,) if is_classifier(estimator) else ()
    resumable = kept is not None and estimator.get_params().get("degenerate", "keep") == "keep"
    options: dict[str, Any] = {"checkpoint": kept} if resumable else {}
    options |= {} if source.covariates is None else {"covariates": source.covariates}
    fitted: Any = estimator
    with rows_for(job, source.rows) as rows:
        fitted.fit(rows, *known, sample_weight=source.weight, **options)


def _set_verbose(estimator: BaseEstimator, verbose: int) -> None:
    if "verbose" in estimator.get_params():
        estimator.set_params(verbose=verbose)


def _select(estimator: Compared, source: Source, job: Job) -> Any:
    from suffice.selection import select

    searched: dict[str, Any] = several(estimator)
    first = {name: values[0] for name, values in searched.items()}
    return select(
        estimator.set_params(**first), source.rows, sample_weight=source.weight, criterion=job.criterion or "bic",
        cv=job.folds, verbose=verbosity(), **searched,
    )  # fmt: skip


def _end_test(written: Written, job: Job) -> None:
    """Remove the samples of a bootstrap test that went to its end, or say how to go on with it."""
    from suffice.fit.checkpoint import remove_checkpoint

    if written.tested is None:
        return
    if written.tested.interrupted:
        raise Interrupted(
            f"interrupted: kept {len(written.tested.statistics)} of the {job.bootstrap_test} samples of the bootstrap test; "
            "the same command with --resume --overwrite goes on"
        )
    remove_checkpoint(samples_file(job.out))


def _end(fitted: Fitted, kept: Path | None) -> int:
    """Remove the state of a fit that went to its end, or say how to continue it; returns the exit status."""
    from suffice.fit.checkpoint import remove_checkpoint

    if not fitted.interrupted:
        if kept is not None:
            remove_checkpoint(kept)
        return 0
    if fitted.selection is not None:
        raise Interrupted("interrupted: kept the best of the models done")
    go_on = (
        "; the same command with --resume --overwrite continues the fit" if kept is not None and kept.exists() else ""
    )
    raise Interrupted(f"interrupted: kept the best of the {fitted.estimator.n_iter_} iterations done{go_on}")
