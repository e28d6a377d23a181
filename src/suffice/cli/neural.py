"""``suffice fit neural-classifier DATA``: learn a network, write its folder, say what came out."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from suffice.cli.classify import PREDICTIONS, write_predictions
from suffice.cli.groups import flat
from suffice.cli.job import (
    COMMAND,
    MODEL,
    REPORT,
    TRACE,
    check_checkpoint,
    checkpoint_path,
    in_options,
    named_columns,
    remove,
)  # fmt: skip
from suffice.cli.labelled import read_rows
from suffice.cli.options import DATA, FIT, RUN, Data, Precision, Reading, Weights
from suffice.cli.parse import sizes
from suffice.cli.run_folder import check_place, run_folder
from suffice.cli.source import Source
from suffice.cli.tables import replacing, write_columns


class Net(StrEnum):
    """Networks that classify."""

    MLP = "mlp"
    CONVNET = "convnet"
    RESNET = "resnet"


class Optimizer(StrEnum):
    """Rules of descent."""

    ADAM = "adam"
    SGD = "sgd"


class Activation(StrEnum):
    """What follows the hidden layers of an MLP."""

    RELU = "relu"
    SIGMOID = "sigmoid"
    TANH = "tanh"


@dataclass(frozen=True)
class NeuralJob:
    """Where to write, and what the rows are beside their columns."""

    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder to write.", rich_help_panel=RUN)]
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier run left there.", rich_help_panel=RUN)
    ] = False
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue the same fit from where it was killed or interrupted.", rich_help_panel=RUN
        ),
    ] = False
    weights: Weights = None


@dataclass(frozen=True)
class Descent:
    """What every network's fit can be asked, under the estimators' names."""

    image_shape: Annotated[
        Any,
        typer.Option(parser=sizes, metavar="[CHANNELSx]HEIGHTxWIDTH", help="Rows are images of this size.",
                     show_default="what the file says", rich_help_panel=DATA),
    ] = None  # fmt: skip
    pixel_scale: Annotated[
        float | None,
        typer.Option(help="Divide values by this, such as 255.", show_default="1", rich_help_panel=DATA),
    ] = None
    optimizer: Annotated[Optimizer, typer.Option(help="Rule of descent.", rich_help_panel=FIT)] = Optimizer.ADAM
    learning_rate: Annotated[float, typer.Option(help="Step size.", rich_help_panel=FIT)] = 1e-3
    batch_size: Annotated[int, typer.Option(min=1, help="Rows in a batch.", rich_help_panel=FIT)] = 128
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the rows.", rich_help_panel=FIT)] = 50
    validation_fraction: Annotated[
        float | None, typer.Option(help="Share of rows to hold out; 0 for none.", rich_help_panel=FIT)
    ] = 0.1
    patience: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after so many epochs without a smaller loss of rows held out.", show_default="never",
                     rich_help_panel=FIT),
    ] = None  # fmt: skip
    init: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Saved RBM or autoencoder to start from.", show_default="random weights",
                     rich_help_panel=FIT),
    ] = None  # fmt: skip
    random_state: Annotated[int, typer.Option(min=0, help="Seed.", rich_help_panel=FIT)] = 0
    precision: Annotated[Precision, typer.Option(help="Numbers to compute with.", rich_help_panel=FIT)] = (
        Precision.FLOAT32
    )


@dataclass(frozen=True)
class Course:
    """The fitted estimator, seconds that it took, sentences of warning, and whether Ctrl-C ended it."""

    estimator: Any
    seconds: float
    warnings: list[str]
    interrupted: bool


@flat
def neural_classifier(
    data: Data,
    job: NeuralJob,
    descent: Descent,
    reading: Reading,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column, or array of an npz, of the classes.", rich_help_panel=DATA)
    ] = None,
    labels: Annotated[
        str | None, typer.Option(metavar="FILE", help="File of the classes, such as IDX.", rich_help_panel=DATA)
    ] = None,
    net: Annotated[Net, typer.Option(help="The network.", rich_help_panel=FIT)] = Net.MLP,
    hidden_sizes: Annotated[
        Any, typer.Option(parser=sizes, metavar="NUMBERxNUMBER", help="Units of the layers of an MLP.", rich_help_panel=FIT)
    ] = "100",
    activation: Annotated[Activation, typer.Option(help="Of an MLP.", rich_help_panel=FIT)] = Activation.RELU,
    channels: Annotated[int, typer.Option(min=1, help="Channels of a residual network.", rich_help_panel=FIT)] = 16,
) -> int:  # fmt: skip
    """Neural network that tells classes apart; images may lie in a folder for each class as PNG files."""
    from suffice import NeuralClassifier

    begin_run(job)
    source = read_rows(data, reading, target=target, labels=labels, weights=job.weights)
    if source.target is None:
        raise ValueError("The classes are not named: give --target COLUMN, or --labels FILE.")
    estimator = NeuralClassifier(
        net.value,
        hidden_sizes=hidden_sizes,
        activation=activation.value,
        channels=channels,
        **settings(descent, source),
    )
    course = learn(estimator, (source.rows, source.target), source, job)
    with run_folder(job.out, overwrite=job.overwrite) as folder:
        said = _write(folder, course, source, target or "class")
    return end_run(course, source, job, f"{len(estimator.classes_)} classes", said, PREDICTIONS)


def begin_run(job: NeuralJob) -> None:
    """Refuse, before any work is done, what could not be written."""
    check_place(job.out, overwrite=job.overwrite)
    check_checkpoint(checkpoint_path(job.out), job)


def settings(descent: Descent, source: Source) -> dict[str, Any]:
    """The shared options as parameters of an estimator."""
    given = {name: getattr(value, "value", value) for name, value in asdict(descent).items()}
    shape = given["image_shape"] or source.image_shape
    fraction = given["validation_fraction"] or None
    return given | {"image_shape": shape, "validation_fraction": fraction, "verbose": int(sys.stderr.isatty())}


def learn(estimator: Any, given: tuple[Any, ...], source: Source, job: NeuralJob) -> Course:
    """Fit to rows, and classes if there are any, with a checkpoint beside the run folder."""
    for note in source.notes:
        typer.echo(note, err=True)
    begin, interrupted = time.perf_counter(), False
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        try:
            estimator.fit(*given, sample_weight=source.weight, checkpoint=checkpoint_path(job.out))
        except ValueError as error:
            raise ValueError(in_options(str(error), estimator.get_params())) from error
        except KeyboardInterrupt:
            if not hasattr(estimator, "model_") or estimator.n_iter_ == 0:
                raise
            interrupted = True
    estimator.set_params(verbose=0)
    sentences = [in_options(" ".join(str(warning.message).split()), estimator.get_params()) for warning in met]
    return Course(estimator, time.perf_counter() - begin, list(dict.fromkeys(sentences)), interrupted)


def save_run(folder: Path, estimator: Any, source: Source) -> None:
    """Write model and learning curve."""
    from suffice.files import save

    with named_columns(estimator, source.columns):
        save(estimator, folder / MODEL)
    with replacing(folder / TRACE) as file:
        write_columns(file, list(estimator.trace_.values()), list(estimator.trace_))


def end_run(course: Course, source: Source, job: NeuralJob, what: str, said: str, file: str) -> int:
    """Say what came out; returns the exit status."""
    estimator = course.estimator
    for sentence in course.warnings:
        typer.echo(f"warning: {sentence}", err=True)
    typer.echo(f"{type(estimator).__name__}, {what}, on {source.name}: {len(source.rows):,} rows, "
               f"{len(source.columns):,} columns, {course.seconds:.2f} s")  # fmt: skip
    typer.echo(f"{estimator.n_iter_} epochs. {estimator.outcome_}\n{said}")
    typer.echo(f"{job.out / REPORT} shows the fit; beside it {MODEL}, {file} and {TRACE}")
    if course.interrupted:
        typer.echo("the same command with --resume --overwrite continues the fit", err=True)
        return 130
    remove(checkpoint_path(job.out))
    return 0


def _write(folder: Path, course: Course, source: Source, target_name: str) -> str:
    from suffice.report.classifier.network import write_neural_report

    estimator = course.estimator
    save_run(folder, estimator, source)
    with replacing(folder / PREDICTIONS) as file:
        write_predictions(file, estimator, source.rows)
    return write_neural_report(
        estimator, source.rows, np.asarray(source.target), folder / REPORT, source=source.name, target_name=target_name,
        sample_weight=source.weight, notes=source.notes, warnings=course.warnings, seconds=course.seconds,
        command=["suffice", *COMMAND.get()],
    )  # fmt: skip
