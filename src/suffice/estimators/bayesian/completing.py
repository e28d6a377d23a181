"""Hill climbing where cells are missing: rows are completed by draws from the network so far (Friedman, 1998)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from suffice.bayesian.learning.completed import completed, draws_asked
from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.fit_rows import FitRows
from suffice.bayesian.learning.structure.chow_liu import information_of_pairs, tree_of
from suffice.bayesian.learning.structure.hill_climbing import Found, Limits, climbed
from suffice.bayesian.learning.structure.scores import FamilyScores
from suffice.bayesian.learning.tables import rows_before
from suffice.bayesian.network import DiscreteNetwork
from suffice.estimators.bayesian.attributes import attributes_of
from suffice.estimators.bayesian.learned import Wanted, learned_tables, skeleton_of

if TYPE_CHECKING:
    from suffice.estimators.bayesian.network import BayesianNetwork

ROUNDS = 3


@dataclass(frozen=True)
class Rough:
    """Expectation-maximisation between two searches need not go to its end."""

    random_state: int
    tol: float = 1e-4
    max_iter: int = 100
    n_init: int = 1
    verbose: int = 0


def climbed_with_gaps(estimator: BayesianNetwork, rows: FitRows, counts: Counts, limits: Limits) -> Found:
    """The structure of the last of a few searches, each over rows completed by the network before; the first is a tree."""
    seed = int(check_random_state(estimator.random_state).randint(2**31 - 1))
    generator = np.random.default_rng(seed)
    edges = tree_of(information_of_pairs(counts), range(len(rows.nodes)), 0)
    found = Found([[parent for parent, child in edges if child == node] for node in range(len(rows.nodes))], 0.0, 0)
    codes, weight = draws_asked(rows.codes, rows.weight)
    for _ in range(ROUNDS):
        network = _network(estimator, rows, counts, found, Rough(seed))
        own = Counts(completed(network, codes, generator), weight, counts.sizes)
        found = climbed(FamilyScores(own, estimator.criterion, float(estimator.prior_strength)), limits)
    return found


def _network(estimator: BayesianNetwork, rows: FitRows, counts: Counts, found: Found, rough: Rough) -> DiscreteNetwork:
    edges = [(rows.nodes[parent], rows.nodes[node]) for node, own in enumerate(found.parents) for parent in own]
    skeleton = skeleton_of(rows, edges)
    strength = max(estimator.prior_strength, 1.0)
    cells = np.array([rows_before(estimator.prior, strength, shape) for shape in skeleton.shapes])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return learned_tables(rough, Wanted(rows, counts, skeleton, cells), None, attributes_of).network
