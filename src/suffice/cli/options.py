"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from suffice.cli.parse import counts, shares, words

Data = Annotated[str, typer.Argument(metavar="DATA", help="CSV, Parquet, npy, npz, IDX or digits text; gzipped too.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `suffice fit` wrote.")]
DATA, FIT, RUN = "Data", "Fit", "Run"


class Precision(StrEnum):
    """Floating-point numbers to compute with."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"


class Start(StrEnum):
    """How the first responsibilities or centres are found."""

    KMEANS = "kmeans"
    KMEANS_PLUS_PLUS = "k-means++"
    RANDOM = "random"
    RANDOM_FROM_DATA = "random_from_data"


class Degenerate(StrEnum):
    """What becomes of components that hold hardly any row or have collapsed."""

    KEEP = "keep"
    REMOVE = "remove"
    RESTART = "restart"


@dataclass(frozen=True)
class Reading:
    """How to read the data."""

    header: Annotated[
        bool | None,
        typer.Option("--header/--no-header", help="Whether the first line holds names.", show_default="detected",
                     rich_help_panel=DATA),
    ] = None  # fmt: skip
    columns: Annotated[
        str | None, typer.Option(help="Columns to use, as a,b,c.", show_default="all", rich_help_panel=DATA)
    ] = None
    drop: Annotated[
        str | None, typer.Option(help="Columns to leave out, as a,b,c.", show_default="none", rich_help_panel=DATA)
    ] = None
    array: Annotated[
        str | None, typer.Option(help="Array of an npz archive.", show_default="the only one", rich_help_panel=DATA)
    ] = None
    delimiter: Annotated[
        str | None, typer.Option(help="Character between columns.", show_default="detected", rich_help_panel=DATA)
    ] = None
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--in-memory", help="Read Parquet in batches, in bounded memory.",
                     show_default="above 1 GB", rich_help_panel=DATA),
    ] = None  # fmt: skip


@dataclass(frozen=True)
class Learning:
    """What every mixture's fit can be asked, under the estimators' names."""

    n_components: Annotated[
        Any,
        typer.Option(parser=counts, metavar="NUMBERS", help="Number of components; 1-8 or 2,4,8 to select among several.",
                     rich_help_panel=FIT),
    ] = 1  # fmt: skip
    n_init: Annotated[int, typer.Option(min=1, help="Starts; the best is kept.", rich_help_panel=FIT)] = 1
    max_iter: Annotated[int, typer.Option(min=1, help="Most iterations of a start.", rich_help_panel=FIT)] = 100
    tol: Annotated[
        float, typer.Option(min=0.0, help="Smallest rise per row, in nats, to go on for.", rich_help_panel=FIT)
    ] = 1e-3
    init_params: Annotated[Start, typer.Option(help="How each start is found.", rich_help_panel=FIT)] = Start.KMEANS
    random_state: Annotated[int, typer.Option(min=0, help="Seed of the starts.", rich_help_panel=FIT)] = 0
    precision: Annotated[Precision, typer.Option(help="Numbers to compute with.", rich_help_panel=FIT)] = (
        Precision.FLOAT64
    )
    degenerate: Annotated[
        Degenerate,
        typer.Option(help="Components that hold hardly any row or have collapsed: kept with a warning, removed, or "
                          "restarted where the model explains rows worst.", rich_help_panel=FIT),
    ] = Degenerate.KEEP  # fmt: skip
    weights_init: Annotated[
        Any,
        typer.Option(parser=shares, metavar="NUMBERS", help="Weights of the components to start from, such as 0.2,0.8.",
                     show_default="found", rich_help_panel=FIT),
    ] = None  # fmt: skip
    frozen: Annotated[
        Any,
        typer.Option(parser=words, metavar="weights", help="Parameters that stay as given to start from.",
                     show_default="none", rich_help_panel=FIT),
    ] = None  # fmt: skip


@dataclass(frozen=True)
class FactorLearning:
    """What every factor model's fit can be asked, under the estimators' names."""

    n_components: Annotated[
        Any,
        typer.Option(parser=counts, metavar="NUMBERS", help="Latent variables; 1-8 or 2,4,8 to select among several.",
                     rich_help_panel=FIT),
    ] = 2  # fmt: skip
    noise_floor: Annotated[
        float, typer.Option(help="Smallest noise variance, relative to the columns' variances.", rich_help_panel=FIT)
    ] = 1e-6
    n_init: Annotated[
        int, typer.Option(min=1, help="Starts where cells are missing; the best is kept.", rich_help_panel=FIT)
    ] = 1
    max_iter: Annotated[int, typer.Option(min=1, help="Most iterations of a start.", rich_help_panel=FIT)] = 1000
    tol: Annotated[
        float, typer.Option(min=0.0, help="Smallest rise per row, in nats, to go on for.", rich_help_panel=FIT)
    ] = 1e-6
    random_state: Annotated[int, typer.Option(min=0, help="Seed of random starts.", rich_help_panel=FIT)] = 0
    precision: Annotated[Precision, typer.Option(help="Numbers to compute with.", rich_help_panel=FIT)] = (
        Precision.FLOAT64
    )


Weights = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of row weights.", show_default="none", rich_help_panel=DATA),
]


class Criterion(StrEnum):
    """What selects among several models."""

    BIC = "bic"
    AIC = "aic"
    ICL = "icl"
    HELD_OUT = "held-out"


@dataclass(frozen=True)
class Job:
    """What to do with the data beside fitting, and where to write."""

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
    image_shape: Annotated[
        str | None,
        typer.Option(metavar="HEIGHTxWIDTH", help="Show rows as images of this size.", show_default="what the file says",
                     rich_help_panel=RUN),
    ] = None  # fmt: skip
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of known classes, kept out of the fit and compared with it.",
                     show_default="none", rich_help_panel=DATA),
    ] = None  # fmt: skip
    criterion: Annotated[
        Criterion | None,
        typer.Option(help="What selects where an option has several values.", show_default="bic", rich_help_panel=FIT),
    ] = None
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Parts of the rows to hold out in turn.", show_default="a fifth, once",
                     rich_help_panel=FIT),
    ] = None  # fmt: skip


@dataclass(frozen=True)
class Classifying:
    """What to do with the data beside fitting a classifier, and where to write."""

    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder to write.", rich_help_panel=RUN)]
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the classes.", rich_help_panel=DATA)]
    unlabelled: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="What marks rows of unknown class there.", show_default="none",
                     rich_help_panel=DATA),
    ] = None  # fmt: skip
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier run left there.", rich_help_panel=RUN)
    ] = False
    weights: Weights = None


def shape(text: str | None) -> tuple[int, int] | None:
    """Height and width written as 28x28."""
    if text is None:
        return None
    height, _, width = text.lower().partition("x")
    if not (height.isdigit() and width.isdigit()):
        raise ValueError(f"--image-shape {text} was given; expected height x width in pixels, such as 28x28.")
    return int(height), int(width)


def names(text: str | None) -> list[str] | None:
    """Column names written with commas between them."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
