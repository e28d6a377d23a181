"""``suffice fit`` of classifiers that say how the rows of each class are distributed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from suffice.choices import ClassCovarianceType, CovarianceType
from suffice.cli.job import run
from suffice.cli.options import DATA, FIT, ClassifierJob, Data, Floor, Kinds, LabelledJob
from suffice.cli.parse import flat, shares, shrinkage_of
from suffice.cli.reading import Reading
from suffice.cli.source import read_classes

PriorRows = Annotated[
    float,
    typer.Option(min=0.0, help="Rows like all others seen beforehand in each class.", rich_help_panel=FIT),
]
Unlabelled = Annotated[
    str | None,
    typer.Option(metavar="VALUE", help="What marks rows of unknown class there.", show_default="none",
                 rich_help_panel=DATA),
]  # fmt: skip
Priors = Annotated[
    Any,
    typer.Option(parser=shares, metavar="NUMBERS", show_default="shares of the rows", rich_help_panel=FIT,
                 help="Probabilities of the classes in their sorted order, such as 0.9,0.1."),
]  # fmt: skip


@flat
def gaussian_classifier(
    data: Data,
    job: ClassifierJob,
    reading: Reading,
    unlabelled: Unlabelled = None,
    covariance_type: Annotated[
        ClassCovarianceType, typer.Option(help="Freedom of the covariances.", rich_help_panel=FIT)
    ] = "tied_diag",
    rank: Annotated[
        int, typer.Option(min=1, help="Rank beside the diagonal, with tied_low_rank.", rich_help_panel=FIT)
    ] = 1,
    shrinkage: Annotated[
        Any,
        typer.Option(parser=shrinkage_of, metavar="SHARE|ledoit_wolf|oas", rich_help_panel=FIT,
                     help="Share of round covariances mixed in, or how to find it."),
    ] = 0.0,
    priors: Priors = None,
    prior_strength: PriorRows = 0.0,
    reg_covar: Floor = 1e-6,
) -> int:  # fmt: skip
    """Classifier with a Gaussian for each class, for rows of real numbers."""
    from suffice import GaussianClassifier

    estimator = GaussianClassifier(
        covariance_type, rank=rank, shrinkage=shrinkage, priors=priors, prior_strength=prior_strength, reg_covar=reg_covar,
        unlabelled=unlabelled,
    )  # fmt: skip
    return run(estimator, data, job, reading, read_classes)


@flat
def naive_bayes(
    data: Data,
    job: ClassifierJob,
    reading: Reading,
    unlabelled: Unlabelled = None,
    kinds: Kinds = None,
    priors: Priors = None,
    prior_strength: PriorRows = 1.0,
    reg_covar: Floor = 1e-6,
) -> int:
    """Classifier for rows of numbers, truth values, labels and counts, independent given the class."""
    from suffice import NaiveBayes

    estimator = NaiveBayes(
        kinds, priors=priors, prior_strength=prior_strength, reg_covar=reg_covar, unlabelled=unlabelled
    )
    return run(estimator, data, job, reading, read_classes)


@flat
def multinomial_naive_bayes(
    data: Data,
    job: LabelledJob,
    reading: Reading,
    unlabelled: Unlabelled = None,
    alpha: Annotated[
        float, typer.Option(help="Events seen beforehand in each column of each class.", rich_help_panel=FIT)
    ] = 1.0,
    complement: Annotated[
        bool,
        typer.Option("--complement", rich_help_panel=FIT,
                     help="Score rows by how little they are like all other classes; for classes of different size."),
    ] = False,
    norm: Annotated[
        bool,
        typer.Option("--norm", help="Scale the columns' weights to sum to 1 in each class, with --complement.",
                     rich_help_panel=FIT),
    ] = False,
    priors: Priors = None,
) -> int:  # fmt: skip
    """Classifier for rows of counts, such as words of documents: each class has its own shares of the columns."""
    from suffice import MultinomialNaiveBayes

    if norm and not complement:
        raise ValueError("--norm scales the weights of --complement: give both, or leave it out.")
    if complement and priors is not None:
        raise ValueError("--priors play no part with --complement; leave out one of the two.")
    estimator = MultinomialNaiveBayes(alpha, complement=complement, norm=norm, priors=priors, unlabelled=unlabelled)
    return run(estimator, data, job, reading, read_classes)


@flat
def mixture_classifier(
    data: Data,
    job: ClassifierJob,
    reading: Reading,
    unlabelled: Unlabelled = None,
    n_components: Annotated[int, typer.Option(min=1, help="Components of each class.", rich_help_panel=FIT)] = 2,
    covariance_type: Annotated[
        CovarianceType, typer.Option(help="Freedom of their covariances.", rich_help_panel=FIT)
    ] = "full",
    priors: Priors = None,
    prior_strength: PriorRows = 0.0,
    reg_covar: Floor = 1e-6,
    random_state: Annotated[int, typer.Option(min=0, help="Seed of the starts.", rich_help_panel=FIT)] = 0,
) -> int:
    """Classifier with a mixture of Gaussians for each class, for rows of real numbers."""
    from suffice import GaussianMixture, MixtureClassifier

    mixture = GaussianMixture(
        n_components, covariance_type=covariance_type, prior_strength=prior_strength, reg_covar=reg_covar
    )
    estimator = MixtureClassifier(mixture, priors=priors, random_state=random_state, unlabelled=unlabelled)
    return run(estimator, data, job, reading, read_classes)
