"""The fit of a Bayesian network: rows, edges, then tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.fit_rows import Asked
from suffice.bayesian.learning.tables import rows_before
from suffice.bayesian.network import DiscreteNetwork
from suffice.estimators.bayesian.attributes import attributes_of
from suffice.estimators.bayesian.learned import Wanted, learned_tables, skeleton_of
from suffice.estimators.bayesian.parameters import checked_edges, checked_hidden, checked_states
from suffice.estimators.bayesian.rows import rows_of_fit
from suffice.estimators.bayesian.searching import searched
from suffice.estimators.shared.callbacks import Iterations
from suffice.runtime.types import ArrayLike, PathLike, TableLike

if TYPE_CHECKING:
    from suffice.estimators.bayesian.network import BayesianNetwork


def fitted_attributes(
    estimator: BayesianNetwork, X: TableLike, sample_weight: ArrayLike | None, coded: bool, checkpoint: PathLike | None
) -> tuple[dict[str, Any], bool]:
    """Fitted attributes by name, and whether a person broke the fit off."""
    edges, hidden = checked_edges(estimator.edges), checked_hidden(estimator.hidden)
    rows, scaled = rows_of_fit(X, sample_weight, Asked(edges, checked_states(estimator.states), hidden, coded))
    counts = Counts(rows.codes, rows.weight, [len(own) for own in rows.states], rows.counted)
    score, said = float("nan"), ""
    if estimator.edges is None:
        edges, score, said = searched(estimator, rows, counts)
    known: dict[str, Any] = {"hidden_": list(hidden), "structure_score_": score, "n_features_in_": len(rows.columns)}
    if rows.named:
        known["feature_names_in_"] = np.array(rows.columns, object)
    iterations = Iterations(estimator, X, {} if sample_weight is None else {"sample_weight": sample_weight})

    def attributes(network: DiscreteNetwork) -> dict[str, Any]:
        return known | attributes_of(network)

    skeleton = skeleton_of(rows, edges)
    cells = np.array([rows_before(estimator.prior, estimator.prior_strength, shape) for shape in skeleton.shapes])
    asked = Wanted(rows, counts, skeleton, cells, list(hidden))
    learned = learned_tables(estimator, asked, iterations, attributes, checkpoint)
    found = attributes(learned.network) | learned.attributes
    found["outcome_"] = " ".join(filter(None, (found["outcome_"], said, scaled)))
    iterations.end(lambda: found)
    return found, learned.interrupted
