"""``suffice fit MODEL DATA``: one small function for each mixture and factor model with options of its own.

Its options stand in the signature, its estimator in the body. An option read by ``choices`` may have several values; ``run``
selects among them. Public mixtures without options of their own have a command by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import typer

import suffice
from suffice.choices import CovarianceType, Rotation
from suffice.cli.automatic import automatic
from suffice.cli.bayesian import bayesian_network, bayesian_network_classifier
from suffice.cli.classifiers import gaussian_classifier, mixture_classifier, multinomial_naive_bayes, naive_bayes
from suffice.cli.job import run
from suffice.cli.matrix import run_matrix
from suffice.cli.networks import autoencoder, denoising_autoencoder, neural_classifier
from suffice.cli.once import OnceCommand, OnceGroup
from suffice.cli.options import (
    DATA,
    FIT,
    Data,
    FactorAnalysisJob,
    FactorLearning,
    Floor,
    Kinds,
    LatentJob,
    Learning,
    MixtureJob,
)
from suffice.cli.parse import choices, counts, flat
from suffice.cli.rbm import rbm
from suffice.cli.reading import Reading

app = typer.Typer(cls=OnceGroup, no_args_is_help=True, invoke_without_command=True)
app.callback()(automatic)

Covariances = Annotated[
    Any,
    typer.Option(
        parser=choices(CovarianceType),
        metavar="[full|tied|diag|spherical]",
        help="Freedom of the covariances; several with commas to select among them.",
        rich_help_panel=FIT,
    ),
]


@app.command("gaussian-mixture")
@flat
def gaussian_mixture(
    data: Data,
    job: MixtureJob,
    learning: Learning,
    reading: Reading,
    covariance_type: Covariances = "full",
    reg_covar: Floor = 1e-6,
    noise: Annotated[
        bool, typer.Option("--noise", help="Add noise, uniform over the box of the data.", rich_help_panel=FIT)
    ] = False,
    noise_volume: Annotated[
        float | None,
        typer.Option(help="Volume that the noise is spread over.", show_default="the box's", rich_help_panel=FIT),
    ] = None,
) -> int:
    """Mixture of Gaussians, for rows of real numbers."""
    from suffice import GaussianMixture

    estimator = GaussianMixture(
        covariance_type=covariance_type, noise=noise if noise_volume is None else noise_volume, reg_covar=reg_covar,
        **vars(learning),
    )  # fmt: skip
    return run(estimator, data, job, reading)


@app.command("bernoulli-mixture")
@flat
def bernoulli_mixture(
    data: Data,
    job: MixtureJob,
    learning: Learning,
    reading: Reading,
    binarize: Annotated[
        float | None,
        typer.Option(help="Values above become 1, others 0.", show_default="only 0 and 1 allowed", rich_help_panel=FIT),
    ] = None,
) -> int:
    """Mixture of Bernoullis, for rows of zeros and ones."""
    from suffice import BernoulliMixture

    return run(BernoulliMixture(binarize=binarize, **vars(learning)), data, job, reading)


@app.command("mixed-mixture")
@flat
def mixed_mixture(
    data: Data,
    job: MixtureJob,
    learning: Learning,
    reading: Reading,
    kinds: Kinds = None,
    covariance_type: Covariances = "diag",
    reg_covar: Floor = 1e-6,
) -> int:
    """Mixture for rows of numbers, truth values, labels and counts, in columns of their own."""
    from suffice import MixedMixture

    estimator = MixedMixture(kinds=kinds, covariance_type=covariance_type, reg_covar=reg_covar, **vars(learning))
    return run(estimator, data, job, reading)


@app.command("ppca")
@flat
def ppca(
    data: Data,
    job: LatentJob,
    learning: FactorLearning,
    reading: Reading,
    noise_variance: Annotated[
        float | None,
        typer.Option(help="Known noise variance.", show_default="estimated", rich_help_panel=FIT),
    ] = None,
    mean: Annotated[
        float | None,
        typer.Option(help="Known mean of every column, such as 0.", show_default="estimated", rich_help_panel=FIT),
    ] = None,
) -> int:
    """Probabilistic PCA: few latent variables and noise alike in all columns of real numbers."""
    from suffice import PPCA

    return run(PPCA(noise_variance=noise_variance, mean=mean, **vars(learning)), data, job, reading)


@app.command("factor-analysis")
@flat
def factor_analysis(
    data: Data,
    job: FactorAnalysisJob,
    learning: FactorLearning,
    reading: Reading,
    rotation: Annotated[
        Rotation | None,
        typer.Option(help="Turn the factors towards few large loadings.", show_default="none", rich_help_panel=FIT),
    ] = None,
    n_rows: Annotated[
        int | None,
        typer.Option(min=3, help="DATA is a covariance or correlation matrix, of so many rows.", show_default="DATA are rows",
                     rich_help_panel=DATA),
    ] = None,
) -> int:  # fmt: skip
    """Factor analysis: few latent variables and noise of its own in each column of real numbers."""
    from suffice import FactorAnalysis

    estimator = FactorAnalysis(rotation=rotation, **vars(learning))
    return run(estimator, data, job, reading) if n_rows is None else run_matrix(estimator, data, job, reading, n_rows)


@app.command("mixture-of-ppca")
@flat
def mixture_of_ppca(
    data: Data,
    job: MixtureJob,
    learning: Learning,
    reading: Reading,
    n_factors: Annotated[
        Any,
        typer.Option(parser=counts, metavar="NUMBERS", help="Latent variables of each component; several to select.",
                     rich_help_panel=FIT),
    ] = 1,
    reg_covar: Floor = 1e-6,
) -> int:  # fmt: skip
    """Mixture of probabilistic PCA: groups that are flat, each in directions of its own."""
    from suffice import MixtureOfPPCA

    return run(MixtureOfPPCA(n_factors=n_factors, reg_covar=reg_covar, **vars(learning)), data, job, reading)


app.command("gaussian-classifier")(gaussian_classifier)
app.command("naive-bayes")(naive_bayes)
app.command("multinomial-naive-bayes")(multinomial_naive_bayes)
app.command("mixture-classifier")(mixture_classifier)
app.command("bayesian-network")(bayesian_network)
app.command("bayesian-network-classifier")(bayesian_network_classifier)
app.command("rbm")(rbm)
app.command("neural-classifier")(neural_classifier)
app.command("autoencoder")(autoencoder)
app.command("denoising-autoencoder")(denoising_autoencoder)


def _command(name: str) -> str:
    """'poisson-mixture' for 'PoissonMixture'."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _mixture(name: str) -> Callable[..., int]:
    def command(data: Data, job: MixtureJob, learning: Learning, reading: Reading) -> int:
        estimator = getattr(suffice, name)(**vars(learning))
        if "allow_fractional" in estimator.get_params():
            estimator.set_params(allow_fractional=False)
        return run(estimator, data, job, reading)

    command.__doc__ = f"{_command(name).replace('-', ' ').capitalize()}, as suffice.{name} fits it."
    return flat(command)


_with_options = {command.name for command in app.registered_commands}
for _name in dir(suffice):
    if _name.endswith("Mixture") and _command(_name) not in _with_options:
        app.command(_command(_name))(_mixture(_name))
for _registered in app.registered_commands:
    _registered.cls = OnceCommand
