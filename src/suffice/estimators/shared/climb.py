"""Expectation-maximisation for an estimator: its precision and limits, a progress bar, and callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.estimators.shared.callbacks import Iterations
from suffice.fit.expectation_maximization import em
from suffice.fit.restarts import restarts_at
from suffice.latent.spread import precision_for
from suffice.outcome import Solution
from suffice.rows.place import place
from suffice.runtime.precision import scope
from suffice.runtime.progress import progress
from suffice.runtime.types import PathLike

if TYPE_CHECKING:
    from suffice.estimators.factors.base import FactorEstimator
    from suffice.estimators.mixtures.base import MixtureEstimator
    from suffice.estimators.shared.rows import Rows
    from suffice.model import LatentModel
    from suffice.rows.missing import MissingLayout


def climb(
    estimator: MixtureEstimator | FactorEstimator,
    start: LatentModel,
    data: Rows | tuple[Rows, np.ndarray],
    weight: np.ndarray | None,
    *,
    origin: np.ndarray | None,
    missing: MissingLayout | None,
    iterations: Iterations,
    attributes: Callable[[Any], dict[str, Any]],
    checkpoint: PathLike | None,
    previous: float = -np.inf,
) -> Solution:
    """A fit from ``start`` to rows, both measured from ``origin``; callbacks see the ``attributes`` of the best model so far.

    The first iteration is compared with ``previous``, the objective of the last one before.
    """
    precision = precision_for(start, estimator.precision)
    with progress(estimator.verbose, estimator.max_iter, "fitting") as bar, scope(precision):
        rows = place(
            data,
            weight,
            origin=origin,
            precision=precision,
            tile=start.tile,
            missing=missing,
            width=start.width,
        )

        def on_step(done: int, objective: np.ndarray, model: LatentModel) -> bool:
            bar(done, f"log-likelihood {np.nanmax(objective):.4f}" if np.isfinite(objective).any() else "")
            best = int(np.argmax(np.nan_to_num(objective, nan=-np.inf)))
            return iterations.wanted and iterations.step(done, lambda: attributes(restarts_at(model, best)))

        return em(start, rows, tol=estimator.tol, max_iter=estimator.max_iter, precision=precision,
                  on_step=on_step, step_by_step=iterations.wanted, checkpoint=checkpoint, previous=previous)  # fmt: skip
