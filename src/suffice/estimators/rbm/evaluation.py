"""How likely a fitted RBM makes rows, beside what their columns alone are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suffice.energy.rbm.tempering import base_of
from suffice.rows.each import each_row
from suffice.runtime.precision import cast, scope, to_numpy

if TYPE_CHECKING:
    from suffice.estimators.rbm.rbm import RBM


MOST_ROWS = 2000
TEMPERATURES = (30, 100, 300, 1000)


@dataclass(frozen=True)
class Annealed:
    """log Z from the base rate and from the model's own samples, and its standard errors, (n, 2), at numbers of temperatures."""

    temperatures: tuple[int, ...]
    forward: np.ndarray
    reverse: np.ndarray


@dataclass(frozen=True)
class Evaluation:
    """Mean log-likelihood of rows under a model and its base rate, and their reconstruction, nats; exact without ``annealed``."""

    log_likelihood: float
    independent: float
    reconstruction: float
    annealed: Annealed | None = None

    @property
    def standard_error(self) -> float:
        """Of the log-likelihood, by annealing with the most temperatures; 0 where it is exact."""
        return 0.0 if self.annealed is None else float(self.annealed.forward[-1, 1])

    @property
    def reverse_log_likelihood(self) -> float:
        """The log-likelihood by annealing from the model's own samples."""
        found = self.annealed
        return self.log_likelihood + (0.0 if found is None else float(found.forward[-1, 0] - found.reverse[-1, 0]))


def evaluate(rbm: RBM, rows: np.ndarray) -> Evaluation | None:
    """Log-likelihood of at most 2,000 complete rows, (n, D), by annealing both ways unless log Z is exact; None without any."""
    shown = rows[:: -(-len(rows) // MOST_ROWS)]
    shown = shown[~np.isnan(shown).any(axis=1)] if shown.dtype.kind == "f" else shown
    if not len(shown):
        return None
    reconstruction = float(rbm.reconstruction_cross_entropy(shown).mean())
    independent = independent_log_likelihood(rbm, shown)
    annealed = None if rbm.model_.enumerable else anneal(rbm)
    return Evaluation(rbm.score(shown), independent, reconstruction, annealed)


def anneal(rbm: RBM) -> Annealed:
    """Annealing from both ends; the estimator keeps what the most temperatures give."""
    forward, reverse = (
        np.array([rbm.log_partition(method, n_temperatures=count)[:2] for count in TEMPERATURES])
        for method in ("ais", "reverse_ais")
    )
    return Annealed(TEMPERATURES, forward, reverse)


def independent_log_likelihood(rbm: RBM, rows: np.ndarray) -> float:
    """Mean log-likelihood of complete rows, (n, D), under the visible biases that the fit began with, and nothing else."""
    with scope("float64"):
        base = to_numpy(base_of(cast(rbm.model_, "float64"), rbm.base_))
        log_partition = float(base.log_normaliser(base.visible_bias)) + len(base.hidden_bias) * np.log(2)
    units = rbm._units.encode(rbm._table(rows, reset=False))
    scale = rbm._units.log_scale()
    return float(-each_row(base.free_energy, units, "float64").mean() - log_partition - scale)
