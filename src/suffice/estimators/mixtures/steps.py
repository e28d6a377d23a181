"""Classes of a fitted mixture related to covariates and outcomes in two and three steps."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.shared.uncertain import of_mixture
from suffice.latent.mixture import Mixture
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.steps.carried import carried
from suffice.uncertainty.steps.equations import robust_covariance
from suffice.uncertainty.steps.seen import Seen, Steps, seen


class Classes(NamedTuple):
    """A fitted mixture with its rows and their weights, and what is seen of their classes."""

    model: Mixture
    rows: np.ndarray
    weight: np.ndarray
    steps: Steps
    found: Seen
    to: np.ndarray | None

    def around(self, model: Mixture) -> Seen:
        """What another model says, by which rows are assigned as they are where assignments are modal."""
        return seen(model, self.rows, self.weight, self.steps, self.to)

    def covariance(self, problem: Any, at: np.ndarray, estimate: Any) -> np.ndarray:
        """Of an estimate: of the rows' equations, and carried over from the model where errors are corrected."""
        if not len(at):
            return np.zeros((0, 0))
        lines = len(problem.weight) // len(self.rows)

        def scores(where: np.ndarray) -> np.ndarray:
            own = problem.scores(where)
            if lines == 1:
                return own
            share = (problem.weight / np.repeat(self.weight, lines)).reshape(-1, lines, 1)
            return (own.reshape(-1, lines, own.shape[1]) * np.nan_to_num(share)).sum(1)

        own = robust_covariance(scores, at, self.weight)
        return own + carried(self.model, self.rows, self.weight, estimate) if self.steps.corrected else own


def classes_of(mixture: Any, X: TableLike, sample_weight: ArrayLike | None, steps: Steps) -> Classes:
    """Of a fitted mixture, its rows, where the fit can be gone on from."""
    check_is_fitted(mixture, "model_")
    if hasattr(mixture, "membership_"):
        raise ValueError(
            "The mixture was fitted with covariates, in one step; steps after it begin with a fit without them."
        )
    if mixture.model_.components.noise_components:
        raise ValueError("The mixture has noise, which is no class; fit with noise=False.")
    if len(mixture.weights_) == 1:
        raise ValueError("The mixture has one class only, and nothing can differ between classes; fit two or more.")
    fitted = of_mixture(mixture, X, sample_weight, None, None)
    if not isinstance(fitted.data, np.ndarray):
        raise ValueError("Steps after a fit need rows in memory; give an array or a DataFrame, not batches.")
    weight = np.ones(len(fitted.data)) if fitted.weight is None else np.asarray(fitted.weight, float)
    found = seen(mixture.model_, fitted.data, weight, steps)
    to = np.eye(len(mixture.weights_))[mixture.predict(X)] if steps.assignment == "modal" else None
    return Classes(mixture.model_, fitted.data, weight, steps, found, to)
