"""Whether a fitted RBM is worth more than its columns alone."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from suffice.energy.rbm.ais import annealed_importance_sampling
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.energy.rbm.tempering import base_of
from suffice.rows.each import each_row
from suffice.runtime.precision import cast, scope, to_numpy
from suffice.runtime.types import Sparse

READ_ROWS = 1000
MOST_STATES = 2**12
TEMPERATURES = (100, 1000)
MARGIN = 0.02
"""Share of what columns are worth, and nats, that a model may fall short by before it is said to be worse."""
SHARE = 8
"""A temperature of the annealing for so many steps of the fit."""


class Worth(NamedTuple):
    """Mean log-likelihood of rows in nats, by the model, at most what its chains allow, and by independent columns."""

    log_likelihood: float
    standard_error: float
    independent: float

    @property
    def worse(self) -> bool:
        """Whether columns alone are worth more, noise apart."""
        return self.log_likelihood + 3 * self.standard_error < self.independent - MARGIN * (1 + abs(self.independent))


def worth_of(
    model: BoltzmannMachine, base: np.ndarray, units: np.ndarray | Sparse, weight: np.ndarray,
    chains: np.ndarray | None, steps: int,
) -> Worth | None:  # fmt: skip
    """What the model says of complete rows (n, U), at most 1,000 of them; None where none is complete.

    The chains bound it where units are discrete, since their states have probabilities of at most 1.
    """
    rows, weight = _read(units, weight)
    if not len(rows):
        return None
    with scope("float64"):
        columns = to_numpy(base_of(cast(model, "float64"), base))
    energy = _mean(model, rows, weight)
    log_z, error = _log_partition(model, base, steps)
    found = -energy - log_z
    if chains is not None and model.visible_states is not None:
        found = min(found, _mean(model, chains, np.ones(len(chains))) - energy)
    with scope("float64"):
        alone = -_mean(columns, rows, weight) - float(columns.log_normaliser(columns.visible_bias))
    return Worth(found, error, alone - len(columns.hidden_bias) * float(np.log(2)))


def _read(units: np.ndarray | Sparse, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    evenly = slice(None, None, -(-units.shape[0] // READ_ROWS))
    rows = np.asarray(units[evenly] if isinstance(units, np.ndarray) else units[evenly].toarray(), np.float64)
    complete = ~np.isnan(rows).any(axis=1) & (weight[evenly] > 0)
    return rows[complete], weight[evenly][complete]


def _mean(model: BoltzmannMachine, rows: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average(each_row(model.free_energy, rows, "float64"), weights=weight))


def _log_partition(model: BoltzmannMachine, base: np.ndarray, steps: int) -> tuple[float, float]:
    """log Z and its standard error, by enumeration of few states or by annealing."""
    states = [count for count in (model.visible_states, model.hidden_states) if count is not None]
    if min(states) <= MOST_STATES:
        return float(cast(model, "float64").log_partition()), 0.0
    temperatures = int(np.clip(steps // SHARE, *TEMPERATURES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = annealed_importance_sampling(model, base, n_temperatures=temperatures)
    return found.value, found.standard_error
