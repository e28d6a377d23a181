"""``suffice fit --auto DATA``: looks at the columns, proposes models and says why, fits them and keeps the best."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.cli.inputs import files_of
from suffice.cli.job import caught
from suffice.cli.options import DATA, Job, Overwrite
from suffice.cli.parse import flat
from suffice.cli.reading import Reading
from suffice.cli.remembered import remember
from suffice.cli.run_folder import run_folder
from suffice.cli.source import Files, Source, read, streams
from suffice.cli.telling import note, say
from suffice.cli.usable import refuse_empty_columns
from suffice.cli.writing import Fitted, end_where_skipped, say_run, write_run

if TYPE_CHECKING:
    import numpy as np

COMPONENTS = range(1, 7)
MANY_COLUMNS = 5
COUNTS = {"poisson", "negative-binomial"}
MOST_ZERO = 0.5
"""Share of zeros beyond which counts are like those of words in documents."""


@dataclass(frozen=True)
class Proposal:
    """Models for a table, why these, and whether they read a table with labels."""

    models: list[Any]
    why: str
    labels: bool


@dataclass(frozen=True, kw_only=True)
class AutomaticJob(Job):
    """What is known of a fit that the command chooses."""

    target: str | None = None


@flat
def automatic(
    context: typer.Context,
    reading: Reading,
    auto: Annotated[
        list[str] | None,
        typer.Option("--auto", metavar="DATA", help="Look at the columns of a file, try two or three models, keep the best.",
                     show_default=False),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Folder to write, with --auto.")] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of classes to tell apart, with --auto.", show_default="none",
                     rich_help_panel=DATA),
    ] = None,
    overwrite: Overwrite = False,
) -> None:  # fmt: skip
    """Fit a model to a file of rows and write a folder with a report."""
    if context.invoked_subcommand is not None:
        _refuse_before_a_model(context)
        return
    if not auto:
        return typer.echo(context.get_help())
    if out is None:
        raise ValueError("--auto needs --out RUN, the folder to write.")
    _run(files_of(auto), reading, AutomaticJob(out=out, overwrite=overwrite, target=target))


def _refuse_before_a_model(context: typer.Context) -> None:
    model = context.invoked_subcommand
    for option in context.command.params:
        source = context.get_parameter_source(str(option.name))
        if source is not None and source.name != "DEFAULT":
            raise ValueError(
                f"{option.opts[0]} stands before {model} and is of `suffice fit --auto`, which chooses the model: write it after "
                f"{model} (in a file of settings, below [fit.{model}])."
            )


def _run(data: Files, reading: Reading, job: AutomaticJob) -> None:
    if streams(data, reading):
        raise ValueError(
            "--auto reads all rows into memory, and batches were asked for or the file is large: add --in-memory."
        )
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        proposal = _proposal(data, reading, job.target)
        source = read(data, reading, target=job.target, labels=proposal.labels)
        refuse_empty_columns(source)
        for sentence in (*source.notes, proposal.why):
            note(sentence)
        begin = time.perf_counter()
        with caught() as met:
            best, selection, said = _best(proposal, source)
        sentences = list(dict.fromkeys(" ".join(str(one.message).split()) for one in met))
        fitted = Fitted(best, time.perf_counter() - begin, sentences, interrupted=False, selection=selection)
        remember(folder, fitted.estimator, reading, job.target)
        written = write_run(folder, fitted, source, job)
    for sentence in said:
        say(sentence)
    say_run(fitted, written, source, job)
    end_where_skipped(job.out, written.failures)


def _proposal(data: Files, reading: Reading, target: str | None) -> Proposal:
    """Models that the kinds of the columns suggest."""
    source = read(data, reading, target=target, labels=True)
    kinds = _kinds(source)
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    found = _mixtures(kinds) if target is None else _classifiers(kinds, are_words=_are_words(source, kinds))
    return Proposal(found.models, f"The columns look like {counted}: {found.why}.", found.labels)


def _kinds(source: Source) -> list[str]:
    from suffice import MixedMixture
    from suffice.data.detection import detected_kinds
    from suffice.data.frame import frame_from

    return detected_kinds(frame_from(source.rows, MixedMixture()).columns)


def _mixtures(kinds: Sequence[str]) -> Proposal:
    import suffice

    told = {kind for kind in kinds if kind != "left-out"}
    if told == {"gaussian"}:
        models: list[Any] = [suffice.GaussianMixture(covariance_type=kind, random_state=0) for kind in ("full", "diag")]
        if len(kinds) < MANY_COLUMNS:
            return Proposal(models, "groups of Gaussians, with covariances or without, are compared", labels=False)
        why = "groups of Gaussians, with covariances or without, and a few common factors are compared"
        return Proposal([*models, suffice.FactorAnalysis(random_state=0)], why, labels=False)
    if told == {"bernoulli"} or told <= {"categorical", "bernoulli"}:
        return Proposal(
            [suffice.CategoricalMixture(random_state=0)], "latent classes of labels are compared", labels=True
        )
    if told <= {"poisson", "negative-binomial"}:
        models = [suffice.PoissonMixture(random_state=0), suffice.NegativeBinomialMixture(random_state=0)]
        return Proposal(
            models, "groups of counts are compared, with and without more spread than Poisson's", labels=False
        )
    return Proposal(
        [suffice.MixedMixture(random_state=0)], "groups with a distribution for each column are compared", labels=True
    )


def _are_words(source: Source, kinds: Sequence[str]) -> bool:
    """Whether rows look like the words of documents: many columns of whole numbers, counts among them, most of which are 0."""
    import numpy as np
    import pyarrow as pa

    columns = source.rows.columns
    if len(columns) < MANY_COLUMNS or not COUNTS & set(kinds):
        return False
    if any(not pa.types.is_integer(column.type) or column.null_count for column in columns):
        return False
    cells = np.stack([column.to_numpy() for column in columns])
    return bool(cells.min() >= 0 and np.mean(cells == 0) > MOST_ZERO)


def _classifiers(kinds: Sequence[str], *, are_words: bool) -> Proposal:
    import suffice

    if set(kinds) == {"gaussian"}:
        models = [suffice.NaiveBayes(), suffice.GaussianClassifier("tied"), suffice.GaussianClassifier("full")]
        why = "a Gaussian for each class is compared, of independent columns, with shared and with own covariances"
        return Proposal(models, why, labels=False)
    why = "columns that are independent given the class are compared with columns that depend on one another"
    models = [suffice.NaiveBayes(), suffice.BayesianNetworkClassifier()]
    if are_words:
        why += ", and, since most counts are 0, with shares of a row's events"
        models.append(suffice.MultinomialNaiveBayes())
    return Proposal(models, why, labels=True)


def _best(proposal: Proposal, source: Source) -> tuple[Any, Any, list[str]]:
    """The best model as it was fitted, the selection it comes from, and what to say of the others."""
    if source.target is not None:
        return _best_classifier(proposal.models, source)
    from suffice.selection import select

    most = max(1, min(COMPONENTS[-1], len(source.rows) // 10))
    found = select(proposal.models, source.rows, n_components=range(1, most + 1))
    return found.best, found, []


def _best_classifier(models: Sequence[Any], source: Source) -> tuple[Any, None, list[str]]:
    from suffice.cli.accuracy import measured
    from suffice.selection.cross_validation import cross_validated

    known = source.target.astype(str)
    different = len(set(known.tolist()))
    if 2 * different > len(known):
        raise ValueError(
            f"--target has {different:,} different values in {len(known):,} rows; a column of classes is expected."
        )
    said, losses = [], []
    for model in models:
        model.fit(source.rows, known)
        tested = cross_validated(model, source.rows, known)
        names = [str(name) for name in model.classes_]
        figures = measured(tested.probability, names, known[tested.rows])
        losses.append(figures.log_loss)
        said.append(
            f"{_called(model)}: {figures.accuracy:.2%} of rows held out told right, log loss {figures.log_loss:.4f}"
        )
    best: np.intp | int = min(range(len(losses)), key=losses.__getitem__)
    return models[best], None, [*said, f"kept: {_called(models[best])}, of the lowest log loss"]


def _called(model: Any) -> str:
    shape = getattr(model, "covariance_type", None)
    return type(model).__name__ if shape is None else f"{type(model).__name__} ({shape})"
