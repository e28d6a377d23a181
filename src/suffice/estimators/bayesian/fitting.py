"""The fit of a Bayesian network: structure, then tables, in one pass over complete rows or by expectation-maximisation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from suffice.bayesian.expected_counts import PlannedRows
from suffice.bayesian.learning.counts import Counts, check_sizes
from suffice.bayesian.learning.fit_rows import Asked, FitRows
from suffice.bayesian.learning.model import Skeleton, TableModel
from suffice.bayesian.learning.starts import start_model
from suffice.bayesian.learning.tables import log_likelihood_of, log_prior_of, rows_before, table_of, warn_unseen
from suffice.bayesian.network import DiscreteNetwork, checked_parents
from suffice.estimators.bayesian.attributes import attributes_of
from suffice.estimators.bayesian.parameters import checked_edges, checked_hidden, checked_states
from suffice.estimators.bayesian.rows import rows_of_fit
from suffice.estimators.bayesian.searching import searched
from suffice.estimators.shared.attributes import progress_attributes, was_stopped
from suffice.estimators.shared.callbacks import Iterations
from suffice.fit.expectation_maximization import em
from suffice.fit.ranking import best_of
from suffice.fit.restarts import restarts_at
from suffice.outcome import Outcome, Solution
from suffice.rows.host import Host
from suffice.runtime.progress import progress
from suffice.runtime.types import ArrayLike, PathLike, TableLike

if TYPE_CHECKING:
    from suffice.estimators.bayesian.network import BayesianNetwork


class Learned(NamedTuple):
    """A network, the fitted attributes that say how it was found, and whether a person broke the fit off."""

    network: DiscreteNetwork
    attributes: dict[str, Any]
    interrupted: bool = False


def fitted_attributes(
    estimator: BayesianNetwork, X: TableLike, sample_weight: ArrayLike | None, coded: bool, checkpoint: PathLike | None
) -> tuple[dict[str, Any], bool]:
    """Fitted attributes by name, and whether a person broke the fit off."""
    edges, hidden = checked_edges(estimator.edges), checked_hidden(estimator.hidden)
    rows, scaled = rows_of_fit(X, sample_weight, Asked(edges, checked_states(estimator.states), hidden, coded))
    counts = Counts(rows.codes, rows.weight, [len(own) for own in rows.states])
    score, said = float("nan"), ""
    if estimator.edges is None:
        edges, score, said = searched(estimator, rows, counts)
    known: dict[str, Any] = {"hidden_": list(hidden), "structure_score_": score, "n_features_in_": len(rows.columns)}
    if rows.named:
        known["feature_names_in_"] = np.array(rows.columns, object)
    iterations = Iterations(estimator, X, {} if sample_weight is None else {"sample_weight": sample_weight})

    def attributes(network: DiscreteNetwork) -> dict[str, Any]:
        return known | attributes_of(network)

    learned = learned_tables(estimator, rows, counts, skeleton_of(rows, edges), iterations, attributes, checkpoint)
    found = attributes(learned.network) | learned.attributes
    found["outcome_"] = " ".join(filter(None, (found["outcome_"], said, scaled)))
    iterations.end(lambda: found)
    return found, learned.interrupted


def skeleton_of(rows: FitRows, edges: Sequence[tuple[str, str]]) -> Skeleton:
    """Nodes, states and parents, in the order of the edges given."""
    parents: dict[str, list[str]] = {}
    for parent, child in edges:
        parents.setdefault(child, []).append(parent)
    skeleton = Skeleton(rows.nodes, rows.states, checked_parents(rows.nodes, parents))
    check_sizes(rows.nodes, skeleton.sizes, skeleton.families)
    return skeleton


def learned_tables(
    estimator: BayesianNetwork, rows: FitRows, counts: Counts, skeleton: Skeleton, iterations: Iterations,
    attributes: Callable[[DiscreteNetwork], dict[str, Any]], checkpoint: PathLike | None,
) -> Learned:  # fmt: skip
    """Tables of highest posterior density."""
    cells = np.array([rows_before(estimator.prior, estimator.prior_strength, shape) for shape in skeleton.shapes])
    if not counts.gaps.any():
        return _in_one_pass(rows, counts, skeleton, cells)
    hidden = [rows.nodes.index(node) for node in estimator.hidden or ()]
    generator = np.random.default_rng(check_random_state(estimator.random_state).randint(2**31 - 1))
    start = start_model(skeleton, counts, cells, hidden, estimator.n_init, generator)
    solution = _climbed(estimator, start, rows, iterations, attributes, checkpoint)
    model = restarts_at(solution.model, best_of(solution))
    found = progress_attributes(solution)
    if not found["converged_"] and not was_stopped(solution):
        warnings.warn(found["outcome_"], ConvergenceWarning, stacklevel=6)
    return Learned(skeleton.network(model.tables), found, solution.outcome is Outcome.INTERRUPTED)


def _in_one_pass(rows: FitRows, counts: Counts, skeleton: Skeleton, cells: np.ndarray) -> Learned:
    seen = [counts.of(family) for family in skeleton.families]
    if not cells.any():
        warn_unseen(rows.nodes, seen)
    tables = [table_of(own, before) for own, before in zip(seen, cells, strict=True)]
    height = sum(map(log_likelihood_of, seen, tables)) + sum(map(log_prior_of, tables, cells))
    trace = np.array([height / rows.weight.sum()])
    found = {
        "traces_": [trace],
        "lower_bounds_": trace,
        "lower_bound_": float(trace[0]),
        "n_iter_": 1,
        "converged_": True,
        "outcome_": str(Outcome.ONE_PASS),
    }
    return Learned(skeleton.network(tables), found)


def _climbed(
    estimator: BayesianNetwork, start: TableModel, rows: FitRows, iterations: Iterations,
    attributes: Callable[[DiscreteNetwork], dict[str, Any]], checkpoint: PathLike | None,
) -> Solution:  # fmt: skip
    planned = PlannedRows(start.skeleton.parents, start.skeleton.sizes, rows.codes, rows.weight)
    place = Host([(planned, rows.weight)], None, None, np.inf, _never)
    with progress(estimator.verbose, estimator.max_iter, "fitting") as bar:

        def on_step(done: int, objective: np.ndarray, model: TableModel) -> bool:
            bar(done, f"log-likelihood {np.nanmax(objective):.4f}" if np.isfinite(objective).any() else "")
            best = int(np.argmax(np.nan_to_num(objective, nan=-np.inf)))
            network = start.skeleton.network(model.tables_of(best))
            return iterations.wanted and iterations.step(done, lambda: attributes(network))

        return em(start, place, tol=estimator.tol, max_iter=estimator.max_iter, on_step=on_step,
                  step_by_step=iterations.wanted, checkpoint=checkpoint)  # fmt: skip


def _never() -> Any:
    raise AssertionError("NumPy does all passes.")
