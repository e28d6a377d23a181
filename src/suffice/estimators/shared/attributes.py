"""Fitted attributes of an estimator: set, forgotten, and those that say how a fit went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from suffice.fit.ranking import best_of, is_unbounded, traces_of
from suffice.outcome import Outcome, Solution

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


Estimator = TypeVar("Estimator")


def set_attributes(estimator: Estimator, attributes: Mapping[str, Any]) -> Estimator:
    """The estimator, with these attributes by name."""
    for name, value in attributes.items():
        setattr(estimator, name, value)
    return estimator


def forget(estimator: BaseEstimator, names: Iterable[str]) -> None:
    """Take away the attributes of these names that there are."""
    for name in names:
        if hasattr(estimator, name):
            delattr(estimator, name)


def was_stopped(solution: Solution) -> bool:
    """Whether a person or a callback ended the fit, or asked for none."""
    return solution.outcome in (Outcome.AT_START, Outcome.INTERRUPTED, Outcome.STOPPED_BY_CALLBACK)


def progress_attributes(solution: Solution) -> dict[str, Any]:
    """How a fit went: the traces of all restarts, and how far the best one came."""
    traces, best = traces_of(solution), best_of(solution)
    converged = bool(solution.details["converged"][best])
    iterations = int((~np.isnan(solution.trace[:, best])).sum())
    converged = converged and not is_unbounded(solution)
    return {
        "traces_": traces,
        "lower_bounds_": traces[best],
        "lower_bound_": float(traces[best][-1]) if len(traces[best]) else float("-inf"),
        "n_iter_": int(solution.details.get("iterations", iterations)),
        "converged_": converged,
        "outcome_": str(solution.outcome if was_stopped(solution) else _ended(solution, converged, best)),
    }


def _ended(solution: Solution, converged: bool, best: int) -> Outcome:
    """How the best restart ended."""
    if is_unbounded(solution):
        return Outcome.UNBOUNDED
    if not converged:
        return Outcome.NOT_FINITE if solution.outcome is Outcome.NOT_FINITE else Outcome.STOPPED_AT_LIMIT
    if "left" not in solution.details:
        return solution.outcome
    if np.isnan(solution.details["left"][best]):
        return Outcome.CONVERGED
    return Outcome.RESTING if solution.details["by_rate"][best] else Outcome.STATIONARY


class OnDemand:
    """A fitted attribute that is worked out when it is asked for, where a fit has not set it."""

    def __init__(self, work: Callable[[Any], np.ndarray]):
        self.work = work

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, estimator: Any, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        if not hasattr(estimator, "model_"):
            raise AttributeError(f"{type(estimator).__name__} has no {self.name} before it is fitted.")
        try:
            return self.work(estimator)
        except ValueError as refused:
            raise AttributeError(str(refused)) from None


def forget_matrices(estimator: Any) -> None:
    """Take away covariance matrices that an earlier fit of fewer columns has set."""
    for name in ("covariances_", "precisions_", "precisions_cholesky_"):
        vars(estimator).pop(name, None)
