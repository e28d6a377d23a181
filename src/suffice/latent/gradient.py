"""The gradient of a mixture's log-likelihood from its statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.latent.expectation import MixtureStatistics
from suffice.latent.mixture import Mixture
from suffice.model import Hyperparameters
from suffice.runtime import tree
from suffice.runtime.module import replaced
from suffice.runtime.precision import cast, scope

FACTORS = ("means", "loadings", "noise_variance")
"""Parameters of components that are kept as their factors."""


def log_likelihood_gradient(model: Mixture, statistics: MixtureStatistics, weights: str) -> dict[str, np.ndarray]:
    """Gradient of the log-likelihood at a model, by Fisher's identity from the statistics at this same model."""
    import jax

    with scope("float64"):
        centred = cast(model, "float64")
        slopes = jax.grad(lambda own: _with(centred, own).expected_complete_log_likelihood(statistics))(_own(centred))
        components: Any = _with(centred, slopes).components
    names = FACTORS if components.dependent_cells else components.parameter_names()
    found = {name: np.asarray(getattr(components, name)) for name in names}
    return {"weights": _weight_gradient(np.asarray(model.weights), statistics, weights), **found}


def _own(model: Mixture) -> list[Any]:
    """The arrays of the components, without their priors."""
    return [leaf for leaf in tree.leaves(model.components, _is_held) if not _is_held(leaf)]


def _with(model: Mixture, arrays: list[Any]) -> Mixture:
    remaining = iter(arrays)
    components = tree.map_leaves(
        lambda leaf: leaf if _is_held(leaf) else next(remaining), model.components, is_leaf=_is_held
    )
    return replaced(model, components=components)


def _is_held(leaf: Any) -> bool:
    return isinstance(leaf, Hyperparameters)


def _weight_gradient(weights: np.ndarray, statistics: MixtureStatistics, kind: str) -> np.ndarray:
    counts, rows = np.asarray(statistics.moments.total[-1]), float(statistics.weight)
    if kind == "logits":
        return counts - rows * weights
    return counts / weights - (rows if kind == "simplex" else 0.0)
