"""What the RBM estimators share: parameters, their checks, and the fit."""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any, get_args

import equinox as eqx
import numpy as np
from sklearn.base import BaseEstimator

from suffice.choices import Sampler
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.energy.rbm.start import base_bias
from suffice.estimators.rbm.held_out import hold_out, shown
from suffice.estimators.rbm.learned import (
    begun_anew,
    falling_words,
    learned_attributes,
    persistent_chains,
    warn_of_bad_ends,
    worthless,
)
from suffice.estimators.rbm.worth import worth_of
from suffice.estimators.shared.passes import Passes
from suffice.estimators.shared.shown import notebook_bundle
from suffice.estimators.shared.visible_units import VisibleUnits, check_binarize
from suffice.fit.batches import room
from suffice.fit.contrastive.epoch import ContrastState
from suffice.fit.contrastive.loop import SMALL_BATCH, contrast
from suffice.fit.contrastive.one_batch import one_batch
from suffice.fit.contrastive.start import Gibbs
from suffice.fit.contrastive.steps import Ascent, Schedule, scheduled_rate
from suffice.fit.epochs import Watch
from suffice.outcome import Outcome, Solution
from suffice.runtime.precision import dtype_of
from suffice.runtime.types import PathLike
from suffice.validation import check_at_least, check_choice, check_count, check_fraction, check_positive, check_share

SAMPLERS = get_args(Sampler)
BY_DEFAULT = Passes(steps=4000, epochs=(10, 200), share=4, rows=(8, 128))
ONE_STEP = 256
"""Rows up to which a call of ``partial_fit`` is one step where ``batch_size`` is None."""
SCHEDULES = ("constant", "linear", "cosine")


@dataclass(eq=False, repr=False)
class RBMEstimator(BaseEstimator):
    """Base of the RBM estimators."""

    _repr_mimebundle_ = notebook_bundle

    n_hidden: int = 128
    _: KW_ONLY
    binarize: float | str | None = "auto"
    sampler: str = "tempering"
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
    batch_size: int | None = None
    epochs: int | None = None
    weight_scale: float | None = None
    validation_fraction: float | None = None
    largest_gap: float | None = None
    random_state: Any = None
    precision: str = "float32"
    verbose: int = 0

    def _check_parameters(self) -> None:
        for name in ("n_hidden", "n_steps", "n_chains", "n_temperatures", "batch_size", "epochs"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        check_choice("sampler", self.sampler, SAMPLERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_positive("learning_rate", self.learning_rate)
        check_at_least("weight_decay", self.weight_decay, 0.0)
        check_at_least("weight_scale", self.weight_scale or 0.0, 0.0)
        for name in ("momentum", "averaging"):
            check_share(name, getattr(self, name))
        check_fraction("validation_fraction", self.validation_fraction)
        if self.largest_gap is not None:
            check_at_least("largest_gap", self.largest_gap, 0.0)
        check_binarize(self.binarize)
        dtype_of(self.precision)

    def _learn_units(self, kind: str, rows: Any, weight: np.ndarray) -> VisibleUnits:
        visible = VisibleUnits.learn(kind, rows, weight, self.binarize)
        self._keep(visible.attributes())
        return visible

    def _weight_scale(self, n_visible: int, kind: str) -> float:
        """The deviation of random weights; real columns, whose variances alone are no start to learn from, need larger ones."""
        if self.weight_scale is not None:
            return float(self.weight_scale)
        return n_visible**-0.5 if kind == "gaussian" else 0.01

    def _fit(
        self,
        model: BoltzmannMachine,
        units: Any,
        weight: np.ndarray,
        held_out: Any,
        seed: int,
        checkpoint: PathLike | None = None,
    ) -> Solution:
        """Learn from a module with random weights, and keep what was learned."""
        if held_out is None and self.validation_fraction is not None:
            units, weight, held_out = hold_out(units, weight, self.validation_fraction, seed)
        if held_out is None and self.largest_gap is not None:
            raise ValueError("largest_gap needs rows held out: give fit validation rows, or set validation_fraction.")
        model = self._begun(model, units, weight)
        count = int((weight > 0).sum())
        batch_size = min(BY_DEFAULT.batch_size(self.batch_size, count), count)
        epochs = BY_DEFAULT.epochs_of(self.epochs, count, batch_size)
        rate = scheduled_rate(self.schedule, float(self.learning_rate), epochs * -(-count // batch_size))
        solution = contrast(
            model, units, weight=weight, sampling=self._sampling(), ascent=self._ascent(rate),
            batch_size=BY_DEFAULT.batch_size(self.batch_size, count), epochs=epochs, random_state=seed, validation=held_out,
            largest_gap=None if held_out is None else self.largest_gap, precision=self.precision,
            watch=Watch(bool(self.verbose), checkpoint=checkpoint),
        )  # fmt: skip
        self._learned(solution, units, weight)
        return self._judged(solution, units, weight, epochs * -(-count // batch_size))

    def _begun(self, model: BoltzmannMachine, units: Any, weight: np.ndarray) -> BoltzmannMachine:
        """The module with visible biases that alone fit the means of the rows."""
        self.base_ = base_bias(model, units, weight).astype(self.precision)
        return eqx.tree_at(lambda rbm: rbm.visible_bias, model, self.base_)

    def _go_on(self, begin: BoltzmannMachine | ContrastState, units: Any, weight: np.ndarray, seed: int) -> Solution:
        """One more pass over rows, which are one batch where ``batch_size`` is None and they are few."""
        count, most = int((weight > 0).sum()), ONE_STEP if self.batch_size is None else int(self.batch_size)
        ascent, one = self._ascent(float(self.learning_rate)), isinstance(units, np.ndarray) and count <= most
        if isinstance(begin, ContrastState) and one and not self.verbose:
            size = room(count, most, SMALL_BATCH)
            solution = one_batch(begin, units, weight, int(self.n_steps), ascent, size=size, precision=self.precision)
        else:
            solution = contrast(
                begin, units, weight=weight, sampling=self._sampling(), ascent=ascent, batch_size=most,
                epochs=int(begin.epoch) + 1 if isinstance(begin, ContrastState) else 1, random_state=seed,
                precision=self.precision, watch=Watch(bool(self.verbose)),
            )  # fmt: skip
        self._learned(solution, units, weight)
        return solution

    def _learned(self, solution: Solution, units: Any, weight: np.ndarray) -> None:
        """Keep what was learned as fitted attributes, and say where it ended badly."""
        units, weight = shown(units, weight)
        self._keep(learned_attributes(solution, units, weight, self.n_chains))
        warn_of_bad_ends(solution, units, self.learning_rate)

    def _judged(self, solution: Solution, units: Any, weight: np.ndarray, steps: int) -> Solution:
        """The solution, or its start where that is worth more, and what the outcome says of it."""
        units, weight = shown(units, weight)
        found = worth_of(solution.model, self.base_, units, weight, persistent_chains(solution), steps)
        if found is not None and found.worse and solution.outcome is not Outcome.INTERRUPTED:
            solution = begun_anew(solution)
            self._keep(learned_attributes(solution, units, weight, self.n_chains))
            self.outcome_ = worthless(found)
            warnings.warn(self.outcome_, UserWarning, stacklevel=4)
        elif solution.outcome is Outcome.STOPPED_AT_LIMIT:
            self.outcome_ += falling_words(solution.trace["reconstruction"])
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
