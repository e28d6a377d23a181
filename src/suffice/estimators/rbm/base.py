"""What the RBM estimators share: parameters, their checks, and the fit."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, get_args

import equinox as eqx
import numpy as np
from sklearn.base import BaseEstimator

from suffice.choices import Sampler
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.energy.rbm.start import base_bias
from suffice.estimators.rbm.held_out import hold_out
from suffice.estimators.rbm.learned import learned_attributes, warn_of_bad_ends
from suffice.estimators.shared.visible_units import VisibleUnits, check_binarize
from suffice.fit.contrastive.loop import contrast
from suffice.fit.contrastive.start import Gibbs
from suffice.fit.contrastive.steps import Ascent, Schedule, scheduled_rate
from suffice.fit.epochs import Watch
from suffice.outcome import Solution
from suffice.runtime.precision import dtype_of
from suffice.runtime.types import Sparse
from suffice.validation import check_at_least, check_choice, check_count, check_fraction, check_positive, check_share

if TYPE_CHECKING:
    from suffice.fit.contrastive.epoch import ContrastState


SAMPLERS = get_args(Sampler)
SCHEDULES = ("constant", "linear", "cosine")


@dataclass(eq=False, repr=False)
class RBMEstimator(BaseEstimator):
    """Base of the RBM estimators."""

    n_hidden: int = 128
    _: KW_ONLY
    binarize: float | str | None = "auto"
    sampler: str = "pcd"
    n_steps: int = 1
    n_chains: int = 100
    n_temperatures: int = 10
    centred: bool = True
    learning_rate: float = 0.1
    schedule: str = "linear"
    momentum: float = 0.0
    weight_decay: float = 0.0
    averaging: float = 0.0
    optimizer: Any = None
    batch_size: int = 100
    epochs: int = 20
    weight_scale: float = 0.01
    validation_fraction: float | None = None
    largest_gap: float | None = None
    random_state: Any = None
    precision: str = "float32"
    verbose: int = 0

    def _check_parameters(self) -> None:
        for name in ("n_hidden", "n_steps", "n_chains", "n_temperatures", "batch_size", "epochs"):
            check_count(name, getattr(self, name))
        check_choice("sampler", self.sampler, SAMPLERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_positive("learning_rate", self.learning_rate)
        for name in ("weight_decay", "weight_scale"):
            check_at_least(name, getattr(self, name), 0.0)
        for name in ("momentum", "averaging"):
            check_share(name, getattr(self, name))
        check_fraction("validation_fraction", self.validation_fraction)
        if self.largest_gap is not None:
            check_at_least("largest_gap", self.largest_gap, 0.0)
        check_binarize(self.binarize)
        dtype_of(self.precision)

    def _learn_units(self, kind: str, rows: np.ndarray | Sparse, weight: np.ndarray) -> VisibleUnits:
        visible = VisibleUnits.learn(kind, rows, weight, self.binarize)
        self._keep(visible.attributes())
        return visible

    def _fit(
        self,
        model: BoltzmannMachine,
        units: np.ndarray | Sparse,
        weight: np.ndarray,
        held_out: np.ndarray | Sparse | None,
        seed: int,
    ) -> Solution:
        """Learn from a module with random weights, and keep what was learned."""
        if held_out is None and self.validation_fraction is not None:
            units, weight, held_out = hold_out(units, weight, self.validation_fraction, seed)
        if held_out is None and self.largest_gap is not None:
            raise ValueError("largest_gap needs rows held out: give fit validation rows, or set validation_fraction.")
        model = self._begun(model, units, weight)
        epochs, batch_size = int(self.epochs), min(self.batch_size, units.shape[0])
        steps = epochs * -(-int((weight > 0).sum()) // batch_size)
        rate = scheduled_rate(self.schedule, float(self.learning_rate), steps)
        return self._learn(model, units, weight, seed, epochs=epochs, rate=rate, held_out=held_out)

    def _begun(self, model: BoltzmannMachine, units: np.ndarray | Sparse, weight: np.ndarray) -> BoltzmannMachine:
        """The module with visible biases that alone fit the means of the rows."""
        self.base_ = base_bias(model, units, weight).astype(self.precision)
        return eqx.tree_at(lambda rbm: rbm.visible_bias, model, self.base_)

    def _learn(
        self, model: BoltzmannMachine | ContrastState, units: np.ndarray | Sparse, weight: np.ndarray, seed: int, *,
        epochs: int, rate: float | Schedule, held_out: np.ndarray | Sparse | None = None,
    ) -> Solution:  # fmt: skip
        solution = contrast(
            model, units, weight=weight, sampling=self._sampling(), ascent=self._ascent(rate),
            batch_size=int(self.batch_size), epochs=epochs, random_state=seed, validation=held_out,
            largest_gap=None if held_out is None else self.largest_gap, precision=self.precision,
            watch=Watch(bool(self.verbose)),
        )  # fmt: skip
        self._keep(learned_attributes(solution, units, weight, self.n_chains))
        warn_of_bad_ends(solution, units, self.learning_rate)
        return solution

    def _sampling(self) -> Gibbs:
        if self.sampler == "cd":
            return Gibbs(int(self.n_steps))
        return Gibbs(
            int(self.n_steps), True, int(self.n_chains), int(self.n_temperatures) if self.sampler == "tempering" else 1
        )

    def _ascent(self, rate: float | Schedule | None = None) -> Ascent:
        """How parameters move, by the user's optimiser or by these steps."""
        if self.optimizer is not None:
            return Ascent(averaging=self.averaging, centred=self.centred, optimizer=self.optimizer)
        return Ascent(rate, self.momentum, self.weight_decay, self.averaging, self.centred)

    def _keep(self, attributes: dict[str, Any]) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)
