"""``suffice fit rbm DATA``: learn a restricted Boltzmann machine, write its folder, say what came out."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from suffice.cli.groups import flat
from suffice.cli.job import COMMAND, MODEL, REPORT, TRACE, image_shape, in_options, named_columns
from suffice.cli.options import DATA, FIT, RUN, Data, Reading, Weights
from suffice.cli.run_folder import check_place, run_folder
from suffice.cli.source import Source, finite, read, refuse_empty_columns
from suffice.cli.tables import replacing, write_columns


class Visible(StrEnum):
    """What the columns are."""

    BERNOULLI = "bernoulli"
    GAUSSIAN = "gaussian"
    CATEGORICAL = "categorical"


class Sampler(StrEnum):
    """Where the chains of the learning begin."""

    PCD = "pcd"
    CD = "cd"
    TEMPERING = "tempering"


@dataclass(frozen=True)
class Place:
    """Where to write, and what the rows are beside their columns."""

    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder to write.", rich_help_panel=RUN)]
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier run left there.", rich_help_panel=RUN)
    ] = False
    weights: Weights = None
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column kept out of the fit.", show_default="none", rich_help_panel=DATA),
    ] = None
    image_shape: Annotated[
        str | None,
        typer.Option(metavar="HEIGHTxWIDTH", help="Show weights as images of this size.",
                     show_default="what the file says", rich_help_panel=RUN),
    ] = None  # fmt: skip


@flat
def rbm(
    data: Data,
    place: Place,
    reading: Reading,
    n_hidden: Annotated[int, typer.Option(min=1, help="Hidden units.", rich_help_panel=FIT)] = 128,
    visible: Annotated[Visible, typer.Option(help="What the columns are.", rich_help_panel=FIT)] = Visible.BERNOULLI,
    binarize: Annotated[
        float | None,
        typer.Option(help="Values above become 1, others 0.", show_default="only 0 to 1 allowed", rich_help_panel=FIT),
    ] = None,
    sampler: Annotated[Sampler, typer.Option(help="Chains of the learning.", rich_help_panel=FIT)] = Sampler.PCD,
    n_steps: Annotated[int, typer.Option(min=1, help="Gibbs steps for each batch.", rich_help_panel=FIT)] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the rows.", rich_help_panel=FIT)] = 20,
    batch_size: Annotated[int, typer.Option(min=1, help="Rows in a batch.", rich_help_panel=FIT)] = 100,
    learning_rate: Annotated[float, typer.Option(help="Size of the first steps.", rich_help_panel=FIT)] = 0.1,
    weight_decay: Annotated[float, typer.Option(help="Pull of the weights to 0.", rich_help_panel=FIT)] = 0.0,
    validation_fraction: Annotated[
        float | None, typer.Option(help="Share of rows to hold out.", show_default="none", rich_help_panel=FIT)
    ] = None,
    largest_gap: Annotated[
        float | None,
        typer.Option(help="Stop where the free-energy gap of rows held out exceeds these nats.", show_default="never",
                     rich_help_panel=FIT),
    ] = None,
    random_state: Annotated[int, typer.Option(min=0, help="Seed.", rich_help_panel=FIT)] = 0,
) -> int:  # fmt: skip
    """Restricted Boltzmann machine: hidden features of rows of zeros and ones, numbers or categories."""
    from suffice import RBM

    estimator = RBM(
        n_hidden, visible.value, binarize=binarize, sampler=sampler.value, n_steps=n_steps, epochs=epochs,
        batch_size=batch_size, learning_rate=learning_rate, weight_decay=weight_decay,
        validation_fraction=validation_fraction, largest_gap=largest_gap, random_state=random_state,
        verbose=int(sys.stderr.isatty()),
    )  # fmt: skip
    return _run(estimator, data, place, reading)


def _run(estimator: Any, data: str, place: Place, reading: Reading) -> int:
    check_place(place.out, overwrite=place.overwrite)
    source = finite(read(data, reading, weights=place.weights, target=place.target))
    if not isinstance(source.rows, np.ndarray):
        raise ValueError("An RBM is learned from rows in memory: use --in-memory.")
    refuse_empty_columns(source)
    pictured = image_shape(source, place.image_shape)
    for note in source.notes:
        typer.echo(note, err=True)
    begin, interrupted = time.perf_counter(), False
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        try:
            estimator.fit(source.rows, sample_weight=source.weight)
        except ValueError as error:
            raise ValueError(in_options(str(error), estimator.get_params())) from error
        except KeyboardInterrupt:
            if not hasattr(estimator, "model_") or not len(estimator.trace_.get("epoch", ())):
                raise
            interrupted = True
    seconds = time.perf_counter() - begin
    sentences = list(dict.fromkeys(" ".join(str(warning.message).split()) for warning in met))
    estimator.set_params(verbose=0)
    with run_folder(place.out, overwrite=place.overwrite) as folder:
        measures = _write(folder, estimator, source, seconds, sentences, pictured)
    _announce(estimator, source, seconds, sentences, measures, place.out)
    return 130 if interrupted else 0


def _write(
    folder: Path, estimator: Any, source: Source, seconds: float, sentences: list[str], pictured: Any
) -> list[tuple[str, str, str]]:
    from suffice.files import save
    from suffice.report.page import write_page
    from suffice.report.rbm import rbm_section

    part = rbm_section(
        estimator, source.rows, source=source.name, seconds=seconds, notes=source.notes, warnings=sentences,
        image_shape=pictured, command=["suffice", *COMMAND.get()],
    )  # fmt: skip
    with named_columns(estimator, source.columns):
        save(estimator, folder / MODEL)
    with replacing(folder / TRACE) as file:
        write_columns(file, list(estimator.trace_.values()), list(estimator.trace_))
    write_page(folder / REPORT, part.title, [part])
    return part.measures


def _announce(
    estimator: Any,
    source: Source,
    seconds: float,
    sentences: list[str],
    measures: list[tuple[str, str, str]],
    out: Path,
) -> None:
    for sentence in sentences:
        typer.echo(f"warning: {sentence}", err=True)
    typer.echo(
        f"restricted Boltzmann machine, {estimator.n_hidden} hidden units, on {source.name}: {len(source.rows):,} rows, "
        f"{len(source.columns):,} columns, {seconds:.2f} s"
    )
    typer.echo(f"{estimator.n_iter_} epochs. {estimator.outcome_}")
    name, value, hint = measures[0]
    typer.echo(f"{name} {value} {hint}")
    typer.echo(f"{out / REPORT} shows the fit; beside it {MODEL} and {TRACE}")
