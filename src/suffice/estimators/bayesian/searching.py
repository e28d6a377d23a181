"""The search for edges that a Bayesian network is asked for, and the sentence that says what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suffice.bayesian.graph import check_acyclic
from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.fit_rows import FitRows
from suffice.bayesian.learning.structure.chow_liu import information_of_pairs, tree_of
from suffice.bayesian.learning.structure.hill_climbing import Limits, climbed
from suffice.bayesian.learning.structure.scores import CRITERIA, FamilyScores
from suffice.estimators.bayesian.completing import climbed_with_gaps
from suffice.estimators.bayesian.parameters import Edge, checked_edges, refuse_unknown
from suffice.validation import check_count

if TYPE_CHECKING:
    from suffice.estimators.bayesian.network import BayesianNetwork

STRUCTURES = ("hill-climbing", "chow-liu")
NAMES = {"bic": "BIC", "aic": "AIC", "bdeu": "BDeu score", "log-likelihood": "log-likelihood"}

__all__ = ["CRITERIA", "STRUCTURES", "searched"]


def searched(estimator: BayesianNetwork, rows: FitRows, counts: Counts) -> tuple[list[Edge], float, str]:
    """Edges, their score, and a sentence."""
    if estimator.hidden:
        raise ValueError(
            "hidden names nodes, and no edges are given: a search counts rows, which say nothing of them. Give edges."
        )
    limits = _limits(estimator, rows)
    strength = _strength(estimator)
    if estimator.structure == "chow-liu":
        return _tree(rows, counts, FamilyScores(counts, estimator.criterion, strength), limits)
    complete = not counts.gaps.any()
    if complete:
        found = climbed(FamilyScores(counts, estimator.criterion, strength), limits)
    else:
        found = climbed_with_gaps(estimator, rows, counts, limits)
    edges = [(rows.nodes[parent], rows.nodes[node]) for node, own in enumerate(found.parents) for parent in own]
    named = NAMES[estimator.criterion]
    of_what = "" if complete else ", of rows completed by draws"
    score = f"{named} {found.score:.6g} (higher is better{of_what})"
    said = f"Hill climbing found a structure of {score} after {found.steps} changes."
    return edges, found.score, said


def _tree(rows: FitRows, counts: Counts, scores: FamilyScores, limits: Limits) -> tuple[list[Edge], float, str]:
    if limits != Limits():
        raise ValueError(
            "structure='chow-liu' takes no required or forbidden edges and no max_parents; 'hill-climbing' does."
        )
    information = information_of_pairs(counts)
    tree = tree_of(information, range(len(rows.nodes)), 0)
    parents: list[list[int]] = [[] for _ in rows.nodes]
    for parent, child in tree:
        parents[child].append(parent)
    gained = sum(information[min(edge), max(edge)] for edge in tree)
    score = scores.of_structure(parents)
    said = (
        f"The tree of highest likelihood explains {gained:.6g} nats a row more than independent columns; its "
        f"{NAMES[scores.criterion]} is {score:.6g} (higher is better)."
    )
    return [(rows.nodes[parent], rows.nodes[child]) for parent, child in tree], score, said


def _limits(estimator: BayesianNetwork, rows: FitRows) -> Limits:
    required = _placed(checked_edges(estimator.required, "required"), rows, "required")
    forbidden = _placed(checked_edges(estimator.forbidden, "forbidden"), rows, "forbidden")
    both = required & forbidden
    if both:
        parent, child = (rows.nodes[end] for end in sorted(both)[0])
        raise ValueError(f"{parent!r} -> {child!r} is both required and forbidden.")
    above = [[parent for parent, child in sorted(required) if child == node] for node in range(len(rows.nodes))]
    try:
        check_acyclic(rows.nodes, above)
    except ValueError as error:
        raise ValueError(f"required: {error}") from None
    if estimator.max_parents is not None:
        check_count("max_parents", estimator.max_parents, 0)
        most = max(map(len, above))
        if most > estimator.max_parents:
            raise ValueError(
                f"required edges give a node {most} parents; max_parents={estimator.max_parents} allows fewer."
            )
    return Limits(frozenset(required), frozenset(forbidden), estimator.max_parents)


def _placed(edges: list[Edge], rows: FitRows, name: str) -> set[tuple[int, int]]:
    refuse_unknown(edges, rows.nodes, name)
    return {(rows.nodes.index(parent), rows.nodes.index(child)) for parent, child in edges}


def _strength(estimator: BayesianNetwork) -> float:
    if estimator.criterion == "bdeu" and not estimator.prior_strength > 0:
        raise ValueError("criterion='bdeu' needs rows seen beforehand: prior_strength above 0.")
    return float(estimator.prior_strength)
