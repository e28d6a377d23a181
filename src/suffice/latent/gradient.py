"""The gradient of a mixture's log-likelihood from its statistics."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import numpy as np

from suffice.latent.expectation import MixtureStatistics
from suffice.latent.mixture import Mixture
from suffice.model import Hyperparameters
from suffice.runtime.precision import cast, scope


def log_likelihood_gradient(model: Mixture, statistics: MixtureStatistics, weights: str) -> dict[str, np.ndarray]:
    """Gradient of the log-likelihood at a model, by Fisher's identity from the statistics at this same model."""
    with scope("float64"):
        centred = cast(model, "float64")
        moving = jax.tree.map(lambda leaf: not isinstance(leaf, Hyperparameters), centred.components,
                              is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))  # fmt: skip
        moved, held = eqx.partition(centred.components, moving, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))

        def expected(components: Any) -> Any:
            whole = eqx.combine(components, held, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))
            replaced = eqx.tree_at(lambda m: m.components, centred, whole)
            return replaced.expected_complete_log_likelihood(statistics)

        slopes = jax.grad(expected)(moved)
    found = {name: np.asarray(getattr(slopes, name)) for name in slopes.parameter_names()}
    return {"weights": _weight_gradient(np.asarray(model.weights), statistics, weights), **found}


def _weight_gradient(weights: np.ndarray, statistics: MixtureStatistics, kind: str) -> np.ndarray:
    counts, rows = np.asarray(statistics.moments.total[-1]), float(statistics.weight)
    if kind == "logits":
        return counts - rows * weights
    return counts / weights - (rows if kind == "simplex" else 0.0)
