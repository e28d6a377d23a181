"""log Z of an RBM by one of three ways."""

from __future__ import annotations

import numpy as np

from suffice.energy.rbm.ais import LogPartition, annealed_importance_sampling
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.runtime.keys import seed_of
from suffice.runtime.precision import cast
from suffice.runtime.types import RandomState
from suffice.validation import check_choice, check_count

METHODS = ("exact", "ais", "reverse_ais")
STEPS_BEFORE_REVERSE = 1000


def log_partition(
    model: BoltzmannMachine, method: str, base: np.ndarray, chains: np.ndarray, *,
    n_chains: int, n_temperatures: int, random_state: RandomState,
) -> LogPartition:  # fmt: skip
    """log Z in nats: summed up, or annealed from the base rate of biases (U,), or from the model's own chains (M, U)."""
    check_choice("method", method, METHODS)
    if method == "exact":
        return LogPartition(float(cast(model, "float64").log_partition()), 0.0, np.zeros(0))
    check_count("n_chains", n_chains, 2)
    check_count("n_temperatures", n_temperatures)
    start = None
    if method == "reverse_ais":
        start = chains[np.arange(n_chains) % len(chains)]
        start = model.gibbs(start, key=seed_of(random_state), steps=STEPS_BEFORE_REVERSE)
    key = seed_of(random_state)
    return annealed_importance_sampling(
        model, base, n_chains=n_chains, n_temperatures=n_temperatures, key=key, start=start
    )
