"""Where expectation-maximisation of a mixture starts: from a sample in which cells are missing, or from a fitted model."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.fit.expectation_maximization import em
from suffice.fit.restarts import one_restart
from suffice.latent.families.family import Family
from suffice.latent.mixture import Mixture, MixturePrior
from suffice.latent.restrictions import sharing
from suffice.latent.spread import precision_for
from suffice.model import Hyperparameters
from suffice.outcome import Solution
from suffice.rows.place import place
from suffice.rows.survey import Survey
from suffice.runtime.module import replaced
from suffice.runtime.precision import scope

SAMPLE_ITERATIONS = 10
"""Iterations on the sample alone before those on all rows: of several starts, or where cells are missing."""


def run_on_sample(start: Mixture, overview: Survey, origin: np.ndarray | None, tol: float, precision: str) -> Solution:
    """Starts after some iterations on the sample, with the cells missing that are filled in for starts."""
    gaps = start.missing if overview.missing else None
    precision = precision_for(start, precision)
    with scope(precision):
        rows = place(overview.sample, overview.sample_weight, origin=origin, precision=precision, tile=start.tile,
                       missing=gaps, width=start.width)  # fmt: skip
        return em(start, rows, tol=tol, max_iter=SAMPLE_ITERATIONS, precision=precision)


def continued(model: Mixture, prior: MixturePrior, components_prior: Hyperparameters) -> Mixture:
    """A fitted model as a start of one restart, with these priors."""
    before = sharing(one_restart(model))
    components = replaced(before.components, prior=components_prior)
    return replaced(before, prior=prior, components=components)


def check_same_model(model: Mixture, family: type[Family], shape: tuple[int, int], noise: bool, caller: str) -> None:
    """Refuse to go on from a model that is not of this family, or of other components and columns, with noise or without."""
    components: Any = getattr(model.components, "gaussian", model.components)
    before: Any = type(components), (model.clusters, components.features), bool(model.components.noise_components)
    now = family, shape, noise
    if before != now:
        beside = {True: " with noise", False: ""}
        said = [
            f"{kind.__name__}{beside[noisy]} of (components, columns) {size}" for kind, size, noisy in (before, now)
        ]
        raise ValueError(
            f"{caller} continues a fitted {said[0]}, but {said[1]} is asked for; fit a new estimator instead."
        )
