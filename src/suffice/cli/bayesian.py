"""``suffice fit bayesian-network`` and ``suffice fit bayesian-network-classifier``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from suffice.choices import ClassifierStructure, NetworkStructure, StructureCriterion, TablePrior
from suffice.cli.job import run
from suffice.cli.known import read_labels
from suffice.cli.options import FIT, ClassifierJob, Data, Iterations, Job, Resume, Rise
from suffice.cli.parse import edges, flat, sizes_by_name
from suffice.cli.reading import Reading
from suffice.cli.source import read_classes

Edges = Annotated[
    Any,
    typer.Option(parser=edges, metavar="PARENT>CHILD,...", help="Edges, in place of a search.", show_default="searched",
                 rich_help_panel=FIT),
]  # fmt: skip
Prior = Annotated[
    TablePrior,
    typer.Option(help="Whether rows seen beforehand are spread over each table or added to every cell.", rich_help_panel=FIT),
]  # fmt: skip
Strength = Annotated[float, typer.Option(min=0.0, help="Rows seen beforehand.", rich_help_panel=FIT)]


@dataclass(frozen=True, kw_only=True)
class NetworkJob(Job):
    """Options beside the fit of a Bayesian network."""

    resume: Resume = False


@dataclass(frozen=True)
class Search:
    """What the search for edges can be asked, under the estimator's names."""

    structure: Annotated[
        NetworkStructure | None,
        typer.Option(help="How edges are found.", show_default="hill-climbing", rich_help_panel=FIT),
    ] = None
    criterion: Annotated[StructureCriterion, typer.Option(help="What hill climbing raises.", rich_help_panel=FIT)] = (
        "bic"
    )
    required: Annotated[
        Any,
        typer.Option(parser=edges, metavar="PARENT>CHILD,...", help="Edges to keep.", show_default="none", rich_help_panel=FIT),
    ] = None  # fmt: skip
    forbidden: Annotated[
        Any,
        typer.Option(parser=edges, metavar="PARENT>CHILD,...", help="Edges not to take.", show_default="none",
                     rich_help_panel=FIT),
    ] = None  # fmt: skip
    max_parents: Annotated[
        int | None, typer.Option(min=0, help="Most parents of a node.", show_default="as many as pay", rich_help_panel=FIT)
    ] = None  # fmt: skip


@flat
def bayesian_network(
    data: Data,
    job: NetworkJob,
    search: Search,
    reading: Reading,
    edges: Edges = None,
    hidden: Annotated[
        Any,
        typer.Option(parser=sizes_by_name, metavar="NODE=STATES,...", help="Nodes that no row observes.", show_default="none",
                     rich_help_panel=FIT),
    ] = None,
    prior: Prior = "bdeu",
    prior_strength: Strength = 1.0,
    n_init: Annotated[
        int, typer.Option(min=1, help="Starts where cells are missing; the best is kept.", rich_help_panel=FIT)
    ] = 1,
    max_iter: Iterations = 1000,
    tol: Rise = None,
    random_state: Annotated[int, typer.Option(min=0, help="Seed of the starts.", rich_help_panel=FIT)] = 0,
) -> int:  # fmt: skip
    """Bayesian network of columns of labels, learned with its edges."""
    from suffice import BayesianNetwork

    estimator = BayesianNetwork(
        edges, hidden=hidden, prior=prior, prior_strength=prior_strength, n_init=n_init, max_iter=max_iter, tol=tol,
        random_state=random_state, **vars(search),
    )  # fmt: skip
    return run(estimator, data, job, reading, read_labels)


@flat
def bayesian_network_classifier(
    data: Data,
    job: ClassifierJob,
    reading: Reading,
    structure: Annotated[
        ClassifierStructure, typer.Option(help="Whether columns depend on one another.", rich_help_panel=FIT)
    ] = "tree-augmented",
    n_bins: Annotated[
        int, typer.Option(min=2, help="States into which columns of numbers are cut.", rich_help_panel=FIT)
    ] = 5,
    unlabelled: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="What marks rows of unknown class there.", show_default="none", rich_help_panel=FIT),
    ] = None,
    prior: Prior = "bdeu",
    prior_strength: Strength = 1.0,
) -> int:  # fmt: skip
    """Classifier for rows of labels and of numbers cut into states, with a tree between the columns."""
    from suffice import BayesianNetworkClassifier

    estimator = BayesianNetworkClassifier(
        structure, n_bins=n_bins, unlabelled=unlabelled, prior=prior, prior_strength=prior_strength
    )
    return run(estimator, data, job, reading, read_classes)
