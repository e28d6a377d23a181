"""What the estimators of neural networks share: checks, rows held out, and the fit epoch by epoch."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from suffice.choices import Optimizer
from suffice.estimators.networks.image_rows import ImageRows
from suffice.estimators.shared.callbacks import CallbackSupportMixin, Iterations
from suffice.fit.checkpoint import Checkpoint, arrays_of, settings_of, with_arrays
from suffice.fit.gradient_descent import descend, first_state
from suffice.fit.monitor import LearningMonitor, continued_curve, digest_of
from suffice.outcome import Outcome, Solution
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.precision import cast, dtype_of, scope
from suffice.validation import check_at_least, check_choice, check_count

OPTIMIZERS = get_args(Optimizer)
DONE = "All epochs were done."


class NeuralLearning(ImageRows, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators of neural networks."""

    optimizer: Any
    learning_rate: float
    batch_size: int
    epochs: int
    validation_fraction: float | None
    patience: int | None
    init: Any
    warm_start: bool
    random_state: Any
    precision: str
    verbose: int
    model_: Any
    running_: Any
    trace_: dict[str, np.ndarray]
    n_features_in_: int
    _state: Any

    @property
    def learning_curve_(self) -> Any:
        """``trace_`` as a pandas DataFrame, a line for each epoch from the start on."""
        check_is_fitted(self, "model_")
        import pandas

        return pandas.DataFrame(self.trace_)

    def _check_learning(self) -> None:
        for name in ("batch_size", "epochs"):
            check_count(name, getattr(self, name))
        check_at_least("learning_rate", self.learning_rate, 0.0)
        if self.learning_rate == 0:
            raise ValueError("learning_rate=0 was given; a number above 0 is expected.")
        if not hasattr(self.optimizer, "update"):
            check_choice("optimizer", self.optimizer, OPTIMIZERS)
        fraction = self.validation_fraction
        if fraction is not None:
            check_at_least("validation_fraction", fraction, 0.0)
            if not 0 < fraction < 1:
                raise ValueError(f"validation_fraction={fraction!r} was given; a number between 0 and 1 is expected.")
        if self.patience is not None:
            check_count("patience", self.patience)
        if self.pixel_scale is not None:
            check_at_least("pixel_scale", self.pixel_scale, float(np.finfo(np.float32).tiny))
        dtype_of(self.precision)

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _weights_of(self, sample_weight: Any, rows: Any) -> np.ndarray:
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not weight.sum() > 0:
            raise ValueError(NO_WEIGHT)
        return weight

    def _optimizer(self) -> Any:
        return (
            named_optimizer(self.optimizer, float(self.learning_rate))
            if isinstance(self.optimizer, str)
            else self.optimizer
        )

    def _held_out(self, codes: np.ndarray, seed: int) -> np.ndarray:
        """Which rows ``validation_fraction`` holds out, as large a part of each class, (n,)."""
        held = np.zeros(len(codes), bool)
        if self.validation_fraction is None:
            return held
        generator = np.random.default_rng(seed)
        for code in np.unique(codes):
            own = generator.permutation(np.flatnonzero(codes == code))
            held[own[: round(self.validation_fraction * len(own))]] = True
        if held.all() or not held.any():
            raise ValueError(f"{len(held)} rows cannot be divided by validation_fraction={self.validation_fraction!r}.")
        return held

    def _learn(
        self, begin: Any, arrays: tuple[np.ndarray, ...], weight: np.ndarray, *, loss: Any, epochs: int,
        measure: Callable[[Any], dict[str, float]], told: Iterations, seed: int, checkpoint: Any,
        devices: tuple[Any, ...],
    ) -> Solution:  # fmt: skip
        """Descend from a state, measured after every epoch; sets what was learned."""
        kept = None if checkpoint is None else self._checkpoint(checkpoint, begin.model, arrays, weight)
        monitor = LearningMonitor(
            measure, self.patience, lambda done, state: told.step(done, lambda: self._probe(state)), kept
        )
        self._check_begin(begin, arrays)
        with scope(self.precision):
            begin = monitor.begin(begin)
        solution = descend(
            begin.model, arrays, loss=loss, weight=weight, optimizer=self._optimizer(), batch_size=int(self.batch_size),
            epochs=epochs, random_state=seed, precision=self.precision, state=begin, progress=bool(self.verbose),
            devices=devices, on_epoch=monitor,
        )  # fmt: skip
        self._keep(monitor, solution)
        told.end(lambda: {name: value for name, value in vars(self).items() if name.endswith("_")})
        return solution

    def _begin(self, net: Any, seed: int, running: Any = None) -> Any:
        """The state before the first epoch."""
        with scope(self.precision):
            state = first_state(cast(net, self.precision), self._optimizer(), seed)
        return state if running is None else state._replace(running=with_arrays(state.running, arrays_of(running)))

    def _going_on(self, seed: int) -> Any:
        """What the last call left; after loading from a file the optimiser begins anew."""
        state = getattr(self, "_state", None)
        fresh = self._begin(self.model_, seed, self.running_)
        return fresh if state is None else state._replace(key=fresh.key)

    def _one_pass(self, begin: Any, begun: bool, descend: Callable[[int], Solution]) -> None:
        """One more epoch from a state; figures go on from those of earlier calls."""
        before, done = (self.trace_, self.n_iter_) if begun else ({}, 0)
        solution = descend(int(begin.epoch) + 1)
        self.n_iter_ = self.best_epoch_ = done + int(solution.details["state"].epoch) - int(begin.epoch)
        self.trace_ = continued_curve(before, self.trace_, done)
        if solution.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt

    def _check_begin(self, begin: Any, arrays: tuple[np.ndarray, ...]) -> None:
        """Refuse a network that does not fit the rows."""

    def _probe(self, state: Any) -> dict[str, Any]:
        fitted = {name: value for name, value in vars(self).items() if name.endswith("_")}
        return fitted | {"model_": state.model, "running_": state.running, "n_iter_": int(state.epoch)}

    def _checkpoint(self, path: str | os.PathLike[str], net: Any, arrays: Any, weight: np.ndarray) -> Checkpoint:
        options = {
            "optimizer": str(self.optimizer) if isinstance(self.optimizer, str) else "own",
            "learning_rate": float(self.learning_rate), "batch_size": int(self.batch_size), "precision": self.precision,
            "rows": digest_of(*arrays, weight),
        }  # fmt: skip
        return Checkpoint(Path(path), settings_of(net, **options))

    def _keep(self, monitor: LearningMonitor, solution: Solution) -> None:
        self._state = monitor.last
        self.model_, self.running_ = monitor.best.model, monitor.best.running
        self.trace_ = monitor.curve
        self.n_iter_ = int(monitor.last.epoch)
        self.best_epoch_ = int(monitor.best.epoch)
        self.outcome_ = self._words(solution.outcome)
        if solution.outcome is Outcome.DIVERGED:
            rate = "" if not isinstance(self.optimizer, str) else f" than {float(self.learning_rate):g}"
            warnings.warn(
                f"{solution.outcome.value} This was after {self.n_iter_} epochs; use a smaller learning_rate{rate}, or rows of "
                "smaller numbers.", UserWarning, stacklevel=4,
            )  # fmt: skip

    def _words(self, outcome: Outcome) -> str:
        kept = f"the weights of epoch {self.best_epoch_} are kept"
        if outcome is Outcome.STOPPED_EARLY:
            return f"Stopped early: rows held out were fitted no better for {self.patience} epochs; {kept}."
        if outcome is not Outcome.STOPPED_AT_LIMIT:
            return outcome.value
        return DONE if self.best_epoch_ == self.n_iter_ else f"{DONE[:-1]}; {kept}, which fit rows held out best."


@cache
def named_optimizer(name: str, learning_rate: float) -> Any:
    """An Optax transformation, the same object for the same arguments so that programs compile once."""
    import optax

    return {"adam": optax.adam, "sgd": optax.sgd}[name](learning_rate)
