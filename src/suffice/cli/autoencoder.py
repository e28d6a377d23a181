"""``suffice fit autoencoder DATA`` and ``denoising-autoencoder``: learn hidden units, write the folder, say what came out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from suffice.cli.groups import flat
from suffice.cli.job import COMMAND, REPORT
from suffice.cli.labelled import read_rows
from suffice.cli.neural import Course, Descent, NeuralJob, begin_run, end_run, learn, save_run, settings
from suffice.cli.options import DATA, FIT, Data, Reading
from suffice.cli.run_folder import run_folder
from suffice.cli.source import Source
from suffice.cli.tables import replacing, write_columns

CODES = "codes.csv"


class Units(StrEnum):
    """What the columns are."""

    BERNOULLI = "bernoulli"
    GAUSSIAN = "gaussian"


Hidden = Annotated[int, typer.Option(min=1, help="Hidden units.", rich_help_panel=FIT)]
Kind = Annotated[
    Units | None,
    typer.Option(help="What the columns are.", show_default="detected", rich_help_panel=FIT),
]
Tied = Annotated[bool, typer.Option("--tied", help="Decode with the encoder's weights.", rich_help_panel=FIT)]
Target = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column kept out of the fit.", show_default="none", rich_help_panel=DATA),
]


@flat
def autoencoder(
    data: Data,
    job: NeuralJob,
    descent: Descent,
    reading: Reading,
    target: Target = None,
    n_hidden: Hidden = 100,
    visible: Kind = None,
    tied: Tied = False,
) -> int:
    """Autoencoder: hidden units from which rows can be reconstructed."""
    from suffice import Autoencoder

    begin_run(job)
    source = read_rows(data, reading, target=target, weights=job.weights)
    kind = "auto" if visible is None else visible.value
    return _run(Autoencoder(n_hidden, visible=kind, tied=tied, **settings(descent, source)), source, job, "Autoencoder")


@flat
def denoising_autoencoder(
    data: Data,
    job: NeuralJob,
    descent: Descent,
    reading: Reading,
    target: Target = None,
    n_hidden: Hidden = 100,
    rate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of values dropped while learning.", rich_help_panel=FIT)
    ] = 0.1,
    visible: Kind = None,
    tied: Tied = False,
) -> int:
    """Denoising autoencoder: hidden units from which rows can be reconstructed where values were dropped."""
    from suffice import DenoisingAutoencoder

    begin_run(job)
    source = read_rows(data, reading, target=target, weights=job.weights)
    kind = "auto" if visible is None else visible.value
    estimator = DenoisingAutoencoder(n_hidden, rate=rate, visible=kind, tied=tied, **settings(descent, source))
    return _run(estimator, source, job, "Denoising autoencoder")


def _run(estimator: Any, source: Source, job: NeuralJob, title: str) -> int:
    course = learn(estimator, (source.rows,), source, job)
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        said = _write(folder, course, source, title)
    return end_run(course, source, job, f"{estimator.n_hidden} hidden units", said, CODES)


def _write(folder: Path, course: Course, source: Source, title: str) -> str:
    from suffice.report.autoencoder import autoencoder_section, losses
    from suffice.report.page import write_page

    estimator = course.estimator
    save_run(folder, estimator, source)
    with replacing(folder / CODES) as file:
        write_codes(file, estimator, source.rows)
    part = autoencoder_section(
        estimator, source.rows, title=title, source=source.name, seconds=course.seconds, notes=source.notes,
        warnings=course.warnings, command=["suffice", *COMMAND.get()],
    )  # fmt: skip
    write_page(folder / REPORT, part.title, [part])
    return ", ".join(f"{name} {value}" for name, value, _ in losses(estimator))


def write_codes(file: Any, estimator: Any, rows: Any) -> None:
    """Write the loss and the hidden units of each row as CSV."""
    codes = estimator.transform(rows)
    columns = [range(len(codes)), estimator.reconstruction_loss(rows), *codes.T]
    write_columns(file, columns, header=["row", "loss", *estimator.get_feature_names_out()])


def is_autoencoder(estimator: Any) -> bool:
    """Whether a saved model reconstructs rows from hidden units."""
    return hasattr(estimator, "reconstruction_loss")


def score_autoencoder(estimator: Any, source: Source, out: Path | None) -> None:
    """Say the mean loss of rows under a saved autoencoder, and write their hidden units to a file."""
    mean = np.average(estimator.reconstruction_loss(source.rows), weights=source.weight)
    if out is not None:
        with replacing(out) as file:
            write_codes(file, estimator, source.rows)
    typer.echo(f"reconstruction loss {mean:.6f} per row, {len(source.rows):,} rows of {source.name}")
    if out is not None:
        typer.echo(f"{out} holds the loss and the hidden units of each row")


def show_autoencoder(estimator: Any, columns: list[str]) -> None:
    """Say the size of a saved autoencoder and how its fit ended."""
    typer.echo(f"{type(estimator).__name__}, {estimator.weights_.shape[1]} hidden units, {len(columns):,} columns")
    typer.echo(estimator.outcome_)
