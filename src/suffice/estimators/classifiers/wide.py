"""Fits of a shared covariance of more columns than rows: no matrix of columns by columns is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.fit.expectation_maximization import em
from suffice.latent.class_distributions import simple_start
from suffice.latent.families.columns import Columns
from suffice.latent.gaussian_classes import GaussianClasses
from suffice.latent.labelled_rows import Facts, RowsInMemory
from suffice.latent.turned_classes import TurnedClasses, turned
from suffice.latent.wide_classes import Scatter, scatter_of
from suffice.outcome import Outcome, Solution
from suffice.runtime.module import replaced
from suffice.runtime.precision import scope

if TYPE_CHECKING:
    from suffice.estimators.classifiers.gaussian import GaussianClassifier


def fitted_in_one_pass(classifier: GaussianClassifier, table: RowsInMemory, kept: Any) -> bool:
    """Set the classes of labelled, complete rows, and sums kept of others; whether that suits their shape and the prior."""
    kind = classifier._kind()
    if not (kind.takes_rows(len(table.rows)) if kept is None else "root" in kept):
        return False
    scatter = scatter_of(*table, len(classifier.classes_))
    if kept is not None:
        scatter = Scatter(**kept).joined(scatter)
    found = kind.of_scatter(scatter.as_rows())
    if found is None and kept is None:
        return False
    if found is None:
        raise ValueError(
            f"prior_strength={kind.strength:g} is so little among all rows so far that it reaches the floor; fit all rows at "
            "once, or set prior_strength to 0 or higher."
        )
    components, overall = found
    model = classifier._mixture(components)
    if "weights" not in model.frozen:
        counts = scatter.as_rows().counts + classifier._concentration() - 1
        with np.errstate(divide="ignore"):
            model = replaced(model, log_weights=np.log(counts / counts.sum()))
    classifier._keep(model, overall, {"n_iter_": 1, "converged_": True, "outcome_": str(Outcome.ONE_PASS)})
    classifier.running_statistics_ = scatter._asdict() | {"rows": np.asarray(scatter.rows)}
    return True


def fitted_by_em(classifier: GaussianClassifier, table: RowsInMemory, facts: Facts) -> bool:
    """Set the classes of complete rows of which some are unlabelled; whether that suits their shape and the prior."""
    kind, count = classifier._kind(), len(classifier.classes_)
    if kind.covariance_type != "tied" or not kind.takes_rows(facts.rows):
        return False
    found: Any
    found, overall, _ = simple_start(kind, table, count, gaps=False, precision="float64")
    space = _space(kind, table, overall, count)
    if space is None:
        return False
    with scope("float64"):
        start = classifier._mixture(space.components(np.asarray(found.means), np.asarray(found.covariances)))
        options = {"precision": "float64", "tile": start.tile, "missing": None, "width": start.width}
        placed = table._replace(rows=space.rows).place(np.zeros(space.rows.shape[1]), options)
        solution = em(start, placed, tol=classifier.tol, max_iter=classifier.max_iter, precision="float64")
    model = classifier._mixture(space.in_columns(solution.model.components))
    model = replaced(model, log_weights=solution.model.log_weights)
    scale = space.log_scale(float(table.weight.sum()), count)
    classifier._end(Solution(model, solution.trace + scale, solution.outcome, solution.details), overall)
    return True


def _space(kind: GaussianClasses, table: RowsInMemory, overall: Columns, count: int) -> TurnedClasses | None:
    """The space of the rows: in units of the prior's variances, or of the floor; None where the prior reaches the floor."""
    share = kind.share_of_prior(float(table.weight.sum()), count, overall)
    if share is None:
        return None
    if share:
        return turned(table.rows, kind.prior_place(overall), overall.variance, share, kind.strength)
    spread = np.maximum(overall.variance, 0)
    least = np.maximum(overall.least(kind.reg_covar), 4 * len(spread) * np.finfo(float).eps * spread)
    return turned(table.rows, overall.mean, least)
