"""Tables of a Bayesian network with known edges, in one pass over complete rows or by expectation-maximisation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from suffice.bayesian.expected_counts import PlannedRows
from suffice.bayesian.learning.counts import Counts, check_sizes
from suffice.bayesian.learning.fit_rows import FitRows, parents_by
from suffice.bayesian.learning.model import Skeleton, TableModel
from suffice.bayesian.learning.starts import start_model
from suffice.bayesian.learning.tables import log_likelihood_of, log_prior_of, table_of, warn_unseen
from suffice.bayesian.network import DiscreteNetwork, checked_parents
from suffice.estimators.shared.attributes import progress_attributes, was_stopped
from suffice.estimators.shared.callbacks import Iterations
from suffice.fit.expectation_maximization import em
from suffice.fit.ranking import best_of
from suffice.fit.restarts import restarts_at
from suffice.outcome import Outcome, Solution
from suffice.rows.host import Host
from suffice.runtime.progress import progress
from suffice.runtime.types import PathLike


class EMSettings(Protocol):
    """What an estimator says of expectation-maximisation."""

    @property
    def tol(self) -> float | None:
        """Change of the objective at which it ends; None goes on to a stationary point."""
        ...

    @property
    def max_iter(self) -> int:
        """Most iterations."""
        ...

    @property
    def n_init(self) -> int:
        """Starts."""
        ...

    @property
    def random_state(self) -> Any:
        """Seed of the starts."""
        ...

    @property
    def verbose(self) -> int:
        """Whether a bar shows how far it is."""
        ...


@dataclass(frozen=True)
class Wanted:
    """Rows and their counts, the network without tables, the prior's rows in each cell of each, and what is known of some."""

    rows: FitRows
    counts: Counts
    skeleton: Skeleton
    cells: np.ndarray
    hidden: Sequence[str] = ()
    given: Mapping[int, np.ndarray] = field(default_factory=dict)
    """Tables that stay, by the positions of their nodes."""


class Learned(NamedTuple):
    """A network, the fitted attributes that say how it was found, and whether a person broke the fit off."""

    network: DiscreteNetwork
    attributes: dict[str, Any]
    interrupted: bool = False


def skeleton_of(rows: FitRows, edges: Sequence[tuple[str, str]]) -> Skeleton:
    """Nodes, states and parents, in the order of the edges given."""
    skeleton = Skeleton(rows.nodes, rows.states, checked_parents(rows.nodes, parents_by(edges)))
    check_sizes(rows.nodes, skeleton.sizes, skeleton.families)
    return skeleton


def learned_tables(
    settings: EMSettings, wanted: Wanted, iterations: Iterations | None, attributes: Callable[[DiscreteNetwork], dict[str, Any]],
    checkpoint: PathLike | None = None,
) -> Learned:  # fmt: skip
    """Tables of highest posterior density."""
    if not wanted.counts.gaps.any():
        return _in_one_pass(wanted)
    rows = wanted.rows
    hidden = [rows.nodes.index(node) for node in wanted.hidden]
    generator = np.random.default_rng(check_random_state(settings.random_state).randint(2**31 - 1))
    start = start_model(wanted.skeleton, wanted.counts, wanted.cells, hidden, settings.n_init, generator, wanted.given)
    planned = PlannedRows(
        wanted.skeleton.parents, wanted.skeleton.sizes, rows.codes, rows.weight, list(rows.counted.values())
    )
    solution = _climbed(settings, start, planned, iterations, attributes, checkpoint)
    model = restarts_at(solution.model, best_of(solution))
    found = progress_attributes(solution)
    if not wanted.cells.any():
        warn_unseen(rows.nodes, planned.expected(model.tables)[0])
    if not found["converged_"] and not was_stopped(solution):
        warnings.warn(found["outcome_"], ConvergenceWarning, stacklevel=5)
    return Learned(wanted.skeleton.network(model.tables), found, solution.outcome is Outcome.INTERRUPTED)


def _in_one_pass(wanted: Wanted) -> Learned:
    seen = [wanted.counts.of(family) for family in wanted.skeleton.families]
    if not wanted.cells.any():
        warn_unseen(wanted.rows.nodes, seen)
    tables = [table_of(own, before) for own, before in zip(seen, wanted.cells, strict=True)]
    for node, table in wanted.given.items():
        tables[node] = table
    outcome = Outcome.ONE_PASS_WITH_PRIOR if wanted.cells.any() else Outcome.ONE_PASS
    height = sum(map(log_likelihood_of, seen, tables)) + sum(map(log_prior_of, tables, wanted.cells))
    trace = np.array([height / wanted.rows.total_weight])
    found = {
        "traces_": [trace],
        "lower_bounds_": trace,
        "lower_bound_": float(trace[0]),
        "n_iter_": 1,
        "converged_": True,
        "outcome_": str(outcome),
    }
    return Learned(wanted.skeleton.network(tables), found)


def _climbed(
    settings: EMSettings, start: TableModel, planned: PlannedRows, iterations: Iterations | None,
    attributes: Callable[[DiscreteNetwork], dict[str, Any]], checkpoint: PathLike | None,
) -> Solution:  # fmt: skip
    place = Host([(planned, np.ones(1))], None, None, np.inf, _never)
    watched = iterations if iterations is not None and iterations.wanted else None
    with progress(settings.verbose, settings.max_iter, "fitting") as bar:

        def on_step(done: int, objective: np.ndarray, model: TableModel) -> bool:
            bar(done, f"log-likelihood {np.nanmax(objective):.4f}" if np.isfinite(objective).any() else "")
            best = int(np.argmax(np.nan_to_num(objective, nan=-np.inf)))
            network = start.skeleton.network(model.tables_of(best))
            return watched is not None and watched.step(done, lambda: attributes(network))

        return em(start, place, tol=settings.tol, max_iter=settings.max_iter, on_step=on_step,
                  step_by_step=watched is not None, checkpoint=checkpoint)  # fmt: skip


def _never() -> Any:
    raise AssertionError("NumPy does all passes.")
