"""Options that several commands share, each declared once; a group of them is a dataclass, which ``flat`` spreads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from suffice.choices import Degenerate, ErrorMethod, InitParams, Optimizer, Precision
from suffice.cli.parse import counts, names, one_criterion, pairs, shares, sizes, words

DATA, FIT, RUN = "Data", "Fit", "Run"

Data = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA...",
        help="CSV, JSON, Parquet, Arrow, Excel, ARFF, npy, npz, IDX or digits text, gzipped too; - is the standard input; "
        "several files are one table.",
    ),
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `suffice fit` wrote.")]
Out = Annotated[Path, typer.Option(metavar="RUN", help="Folder to write.", rich_help_panel=RUN)]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what an earlier run left there.", rich_help_panel=RUN)
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Continue the same fit from where it was killed or interrupted.", rich_help_panel=RUN
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of row weights.", show_default="none", rich_help_panel=DATA),
]
Target = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column kept out of the fit.", show_default="none", rich_help_panel=DATA),
]
ImageShape = Annotated[
    Any,
    typer.Option(parser=sizes, metavar="HEIGHTxWIDTH", help="Show rows as images of this size.",
                 show_default="what the file says", rich_help_panel=RUN),
]  # fmt: skip

Numbers = Annotated[Precision, typer.Option(help="Numbers to compute with.", rich_help_panel=FIT)]
Seed = Annotated[int, typer.Option(min=0, help="Seed.", rich_help_panel=FIT)]
Floor = Annotated[
    float,
    typer.Option(
        min=0.0, help="Floor of the variances, relative to that of values close together.", rich_help_panel=FIT
    ),
]
Rise = Annotated[
    float | None,
    typer.Option(min=0.0, show_default="until about 1e-6 nats are left to gain", rich_help_panel=FIT,
                 help="Smallest rise per row, in nats, for which plain steps go on."),
]  # fmt: skip
Iterations = Annotated[int, typer.Option(min=1, help="Most iterations of a start.", rich_help_panel=FIT)]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Passes over the rows.", show_default="by their number", rich_help_panel=FIT)
]
BatchSize = Annotated[
    int | None, typer.Option(min=1, help="Rows in a batch.", show_default="by their number", rich_help_panel=FIT)
]
Hidden = Annotated[int, typer.Option(min=1, help="Hidden units.", rich_help_panel=FIT)]
StandardErrors = Annotated[
    ErrorMethod | None,
    typer.Option(
        help="Standard errors of the parameters, and how to find them.", show_default="none", rich_help_panel=RUN
    ),
]
Covariates = Annotated[
    Any,
    typer.Option(parser=names, metavar="COLUMN,...", show_default="none", rich_help_panel=DATA,
                 help="Columns that membership of components follows, kept out of the rows; text counts by its labels."),
]  # fmt: skip
Kinds = Annotated[
    Any,
    typer.Option(parser=pairs, metavar="COLUMN=KIND,...", show_default="detected", rich_help_panel=FIT,
                 help="Kinds of some columns, such as year=gaussian, as suffice.data.ColumnEncoder has them."),
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Job:
    """Where to write, and what to do with the rows beside fitting; what is no option of a command has its plain value."""

    out: Out
    overwrite: Overwrite = False
    weights: Weights = None
    resume: bool | None = field(default=None, init=False)
    target: str | None = field(default=None, init=False)
    labels: str | None = field(default=None, init=False)
    image_shape: Any = field(default=None, init=False)
    criterion: str | None = field(default=None, init=False)
    folds: int | None = field(default=None, init=False)
    standard_errors: str | None = field(default=None, init=False)
    bootstrap_test: int | None = field(default=None, init=False)
    covariates: list[str] | None = field(default=None, init=False)
    parallel_analysis: bool = field(default=False, init=False)
    cluster: str | None = field(default=None, init=False)
    workers: int | None = field(default=None, init=False)


@dataclass(frozen=True, kw_only=True)
class LatentJob(Job):
    """Options beside the fit of a mixture or factor model."""

    resume: Resume = False
    image_shape: ImageShape = None
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of known classes, kept out of the fit and compared with it.",
                     show_default="none", rich_help_panel=DATA),
    ] = None  # fmt: skip
    criterion: Annotated[
        Any,
        typer.Option(parser=one_criterion, metavar="<bic|aic|icl|sabic|caic|held-out>", show_default="bic", rich_help_panel=FIT,
                     help="What selects where an option has several values."),
    ] = None  # fmt: skip
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Parts of the rows to hold out in turn.", show_default="a fifth, once",
                     rich_help_panel=FIT),
    ] = None  # fmt: skip
    standard_errors: StandardErrors = None
    bootstrap_test: Annotated[
        int | None,
        typer.Option(min=1, metavar="SAMPLES", show_default="none", rich_help_panel=RUN,
                     help="Test the fit against one component more by so many samples, such as 200."),
    ] = None  # fmt: skip
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Fit Parquet files on this Dask cluster, such as tcp://host:8786.",
                     show_default="none", rich_help_panel=RUN),
    ] = None  # fmt: skip
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Fit Parquet files with so many processes of this machine.", show_default="none",
                     rich_help_panel=RUN),
    ] = None  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MixtureJob(LatentJob):
    """Options beside the fit of a mixture."""

    covariates: Covariates = None


@dataclass(frozen=True, kw_only=True)
class FactorAnalysisJob(LatentJob):
    """Options beside the fit of factors."""

    parallel_analysis: Annotated[
        bool,
        typer.Option("--parallel-analysis", rich_help_panel=RUN,
                     help="Say how many factors explain more than chance would."),
    ] = False  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LabelledJob(Job):
    """Options beside the fit of what takes rows of known classes."""

    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the classes.", rich_help_panel=DATA)] = (
        field()
    )


@dataclass(frozen=True, kw_only=True)
class ClassifierJob(LabelledJob):
    """Options beside the fit of a classifier."""

    standard_errors: StandardErrors = None


@dataclass(frozen=True, kw_only=True)
class RBMJob(Job):
    """Options beside the fit of a restricted Boltzmann machine."""

    resume: Resume = False
    target: Target = None
    image_shape: ImageShape = None


@dataclass(frozen=True, kw_only=True)
class NetworkJob(Job):
    """Options beside the fit of a network that classifies."""

    resume: Resume = False
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column, or array of an npz, of the classes.", rich_help_panel=DATA),
    ] = None
    labels: Annotated[
        str | None, typer.Option(metavar="FILE", help="File of the classes, such as IDX.", rich_help_panel=DATA)
    ] = None  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AutoencoderJob(Job):
    """Options beside the fit of an autoencoder."""

    resume: Resume = False
    target: Target = None


@dataclass(frozen=True)
class Learning:
    """What every mixture's fit can be asked, under the estimators' names."""

    n_components: Annotated[
        Any,
        typer.Option(parser=counts, metavar="NUMBERS", help="Number of components; 1-8 or 2,4,8 to select among several.",
                     rich_help_panel=FIT),
    ] = 1  # fmt: skip
    n_init: Annotated[int, typer.Option(min=1, help="Starts; the best is kept.", rich_help_panel=FIT)] = 1
    max_iter: Iterations = 1000
    tol: Rise = None
    init_params: Annotated[InitParams, typer.Option(help="How each start is found.", rich_help_panel=FIT)] = "kmeans"
    random_state: Annotated[int, typer.Option(min=0, help="Seed of the starts.", rich_help_panel=FIT)] = 0
    precision: Numbers = "float64"
    degenerate: Annotated[
        Degenerate,
        typer.Option(help="Components that hold hardly any row or have collapsed: kept with a warning, removed, or "
                          "restarted where the model explains rows worst.", rich_help_panel=FIT),
    ] = "keep"  # fmt: skip
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
    max_iter: Iterations = 1000
    tol: Rise = None
    random_state: Annotated[int, typer.Option(min=0, help="Seed of random starts.", rich_help_panel=FIT)] = 0
    precision: Numbers = "float64"


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
    optimizer: Annotated[Optimizer, typer.Option(help="Rule of descent.", rich_help_panel=FIT)] = "adam"
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Step size.", show_default="0.001, of autoencoders 0.01", rich_help_panel=FIT),
    ] = None
    batch_size: BatchSize = None
    epochs: Epochs = None
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
    random_state: Seed = 0
    precision: Numbers = "float32"
