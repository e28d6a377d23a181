"""Where a mixture starts: from responsibilities on a sample of rows, or from one that is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.latent.families.family import Family
from suffice.latent.given_shares import GivenShares
from suffice.latent.mixture import Mixture, MixturePrior
from suffice.rows.place import place
from suffice.runtime.precision import cast, scope, to_numpy
from suffice.validation import check_shape, summing_to_one

SAMPLE_ROWS = 4000
SAMPLE_CELLS = 1 << 22
"""Most cells, unless these are fewer than as many rows for each component:"""
SAMPLE_ROWS_A_COMPONENT = 20


def sample_size(components: int, features: int) -> int:
    """How many rows of so many columns are enough to start so many components from."""
    return max(min(SAMPLE_ROWS, SAMPLE_CELLS // features), SAMPLE_ROWS_A_COMPONENT * components)


def mixture_prior(concentration: float | None) -> MixturePrior:
    """The Dirichlet prior of the weights; None adds nothing."""
    return MixturePrior(1.0 if concentration is None else float(concentration))


def maximized_at(model: Mixture, rows: np.ndarray, weight: np.ndarray, share: np.ndarray) -> Mixture:
    """A mixture after one maximisation in double precision with responsibilities (R, n, K) of these rows (n, D).

    Restarts are computed by what would compute one of them.
    """
    with scope("float64"):
        data = rows, np.moveaxis(share, 0, 1)
        placed = place(data, weight, precision="float64", tile=model.tile, width=share.shape[-1])
        sums = to_numpy(placed.total(GivenShares(model.components)))
        with np.errstate(all="ignore"):
            return to_numpy(model.maximize(sums))


def from_shares(
    blank: Family, rows: np.ndarray, weight: np.ndarray, share: np.ndarray, prior: MixturePrior
) -> tuple[np.ndarray, Any]:
    """Weights (R, K) and components after one maximisation from responsibilities (R, n, K) of a sample."""
    start = Mixture(np.full(share.shape[::2], 1 / share.shape[-1]), cast(blank, "float64"), prior)
    started = maximized_at(start, rows, weight, share)
    return np.asarray(started.weights), started.components


def weights_beside_noise(given: Any, found: np.ndarray) -> np.ndarray:
    """Weights (K,) given, for every restart, with what they lack of 1 for the noise; those found (R, K + 1) where none are."""
    if given is None:
        return found
    weights = check_shape("weights_init", given, (found.shape[1] - 1,))
    if (weights < 0).any() or not 0 < weights.sum() < 1:
        raise ValueError(
            f"weights_init sums to {weights.sum():g}; beside noise weights are at least 0 and sum to less than 1: the rest is "
            "the noise's."
        )
    return np.broadcast_to(np.append(weights, 1 - weights.sum()), found.shape)


def weights_from(given: Any, found: np.ndarray) -> np.ndarray:
    """The weights (K,) given, checked, for every restart; those found (R, K) where none are."""
    if given is None:
        return found
    weights = check_shape("weights_init", given, found.shape[1:])
    if (weights < 0).any() or not np.isclose(weights.sum(), 1):
        raise ValueError(f"weights_init sums to {weights.sum():g}; weights are at least 0 and sum to 1.")
    return np.broadcast_to(summing_to_one(weights), found.shape)
