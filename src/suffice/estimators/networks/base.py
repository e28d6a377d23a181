"""What the estimators of neural networks share: parameters, their checks, and the fit epoch by epoch."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from suffice.choices import Optimizer
from suffice.estimators.networks.image_rows import flattened, image_shape_of
from suffice.estimators.networks.learned import (
    Idle,
    Rows,
    check_same_network,
    figures_of,
    held_out,
    learned_attributes,
    named_optimizer,
)
from suffice.estimators.shared.callbacks import CallbackSupportMixin, Iterations
from suffice.estimators.shared.out_of_core import FileRows, comes_from_files, one_a_row, one_weight
from suffice.estimators.shared.passes import Passes
from suffice.estimators.shared.rows import validate
from suffice.estimators.shared.shown import notebook_bundle
from suffice.fit.checkpoint import Checkpoint, arrays_of, digest_of, settings_of, with_arrays
from suffice.fit.epochs import Watch
from suffice.fit.gradient_descent import DescendState, descend, first_key, first_state
from suffice.fit.monitor import LearningMonitor, continued_curve
from suffice.nets.batch_network import Network, NetworkState
from suffice.outcome import Outcome
from suffice.rows.stored import any_stored, check_held_out
from suffice.rows.streams import devices_of, on_host
from suffice.runtime.precision import cast, dtype_of, scope
from suffice.runtime.types import ArrayLike, PathLike, TableLike
from suffice.validation import check_at_least, check_choice, check_count, check_fraction, check_positive

if TYPE_CHECKING:
    from suffice.fit.row_losses import Loss


OPTIMIZERS = get_args(Optimizer)
NO_LABELS = "no_validation"
NO_MISSING = "a network takes complete rows; fill them in or drop them."
BY_DEFAULT = Passes(steps=2000, epochs=(20, 400), share=8, rows=(16, 128))
Given: TypeAlias = tuple[TableLike, ArrayLike | None, ArrayLike | None]
"""Rows, labels and row weights as ``fit`` was given them."""


@dataclass(eq=False, repr=False)
class NeuralEstimator(CallbackSupportMixin, BaseEstimator):
    """Base of the estimators of neural networks."""

    _repr_mimebundle_ = notebook_bundle

    _: KW_ONLY
    image_shape: tuple[int, ...] | None = None
    pixel_scale: float | None = None
    optimizer: Any = "adam"
    learning_rate: float = 1e-3
    batch_size: int | None = None
    epochs: int | None = None
    validation_fraction: float | None = None
    patience: int | None = None
    init: Any = None
    warm_start: bool = False
    random_state: Any = None
    precision: str = "float32"
    verbose: int = 0
    model_: Any = field(init=False)
    running_: Any = field(init=False)
    trace_: dict[str, np.ndarray] = field(init=False)
    n_iter_: int = field(init=False)
    n_features_in_: int = field(init=False)
    image_shape_: tuple[int, ...] | None = field(init=False)

    @abstractmethod
    def _network(self, seed: int) -> Network:
        """The network to start from."""

    @abstractmethod
    def _loss(self) -> Loss:
        """What ``descend`` makes small."""

    @abstractmethod
    def _figures(self, model: Network, running: NetworkState, rows: Rows) -> dict[str, float]:
        """What the learning curve says of rows, by name."""

    @abstractmethod
    def _idle(self, rows: Rows) -> Idle:
        """What a network that has learned nothing of the columns would reach."""

    @abstractmethod
    def _check_training(self, rows: Rows) -> None:
        """Refuse what is left after some rows were held out."""

    @property
    def learning_curve_(self) -> Any:
        """``trace_`` as a pandas DataFrame, a line for each epoch from the start on."""
        check_is_fitted(self, "model_")
        import pandas

        return pandas.DataFrame(self.trace_)

    def _check_learning(self) -> None:
        for name in ("batch_size", "epochs"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        check_positive("learning_rate", self.learning_rate)
        if not hasattr(self.optimizer, "update"):
            check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check_fraction("validation_fraction", self.validation_fraction)
        if self.patience is not None:
            check_count("patience", self.patience)
        if self.pixel_scale is not None:
            check_at_least("pixel_scale", self.pixel_scale, float(np.finfo(np.float32).tiny))
        dtype_of(self.precision)

    def _table(self, X: TableLike, reset: bool, y: ArrayLike | None = NO_LABELS) -> Any:
        """Checked rows (n, D), images made flat, with their labels where there are some."""
        if reset:
            self.image_shape_ = image_shape_of(X, self.image_shape)
        flat = flattened(X if comes_from_files(X) else on_host(X), self.image_shape_)
        if not comes_from_files(flat):
            return validate(self, flat, y, reset=reset, dtype=dtype_of(self.precision))
        rows, self._brought = FileRows(self, (dtype_of(self.precision),), missing=NO_MISSING).read(flat, reset)
        return rows if isinstance(y, str) and y == NO_LABELS else (rows, one_a_row(y, len(rows), "y"))

    def _weights(self, X: TableLike, sample_weight: ArrayLike | None) -> ArrayLike | None:
        """Row weights as given, or as the stream that was just read brought them."""
        return one_weight(sample_weight, self.__dict__.pop("_brought", None)) if comes_from_files(X) else sample_weight

    def _optimizer(self) -> Any:
        named = isinstance(self.optimizer, str)
        return named_optimizer(self.optimizer, float(self.learning_rate)) if named else self.optimizer

    def _begin(self, net: Network, seed: int, running: NetworkState = None) -> DescendState:
        """The state before the first epoch."""
        with scope(self.precision):
            state = first_state(cast(net, self.precision), self._optimizer(), seed)
        return state if running is None else state._replace(running=with_arrays(state.running, arrays_of(running)))

    def _begin_fit(self, again: bool, seed: int) -> DescendState:
        if not again:
            return self._begin(self._network(seed), seed)
        self._check_network(seed)
        return self._begin(self.model_, seed, self.running_)

    def _check_network(self, seed: int) -> None:
        if self.warm_start:
            check_same_network(self.model_, self._network(seed))

    def _begin_pass(self, again: bool, seed: int) -> DescendState:
        """What the last call left; after loading from a file the optimiser begins anew."""
        state = getattr(self, "_state", None) if again else None
        if state is None:
            return self._begin_fit(again, seed)
        self._check_network(seed)
        with scope(self.precision):
            return state._replace(key=first_key(seed))

    def _fit(
        self, begin: DescendState, rows: Rows, strata: np.ndarray, validation: Rows | None, seed: int, given: Given,
        checkpoint: PathLike | None,
    ) -> None:  # fmt: skip
        """Learn from rows, some of each stratum held out where ``validation`` gives none; ``given`` are X, y and weights."""
        held = np.zeros(len(strata), bool)
        if validation is None and self.validation_fraction is not None:
            held = held_out(strata, rows.weight > 0, self.validation_fraction, seed)
            if any_stored(rows.arrays):
                check_held_out(sum(array.nbytes for array in rows.arrays), self.validation_fraction)
            validation = rows.some(held)
        if self.patience is not None and validation is None:
            raise ValueError("patience needs rows held out: give fit validation rows, or set validation_fraction.")
        training = rows.without(held)
        self._check_training(training)
        self.validation_rows_ = np.flatnonzero(held)
        count = int((training.weight > 0).sum())
        epochs = BY_DEFAULT.epochs_of(self.epochs, count, self._batch_rows(training))
        outcome = self._learn(begin, training, validation, epochs, seed, given, checkpoint)
        if outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt

    def _fit_pass(self, begin: DescendState, rows: Rows, again: bool, seed: int, given: Given) -> None:
        """One more epoch from a state; figures go on from those of earlier calls."""
        before, done, first = (self.trace_ if again else {}), (self.n_iter_ if again else 0), int(begin.epoch)
        outcome = self._learn(begin, rows, None, first + 1, seed, given)
        self.n_iter_ = self.best_epoch_ = done + self.n_iter_ - first
        self.trace_ = continued_curve(before, self.trace_, done)
        if outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt

    def _learn(
        self, begin: DescendState, training: Rows, validation: Rows | None, epochs: int, seed: int, given: Given,
        checkpoint: PathLike | None = None,
    ) -> Outcome:  # fmt: skip
        """Descend from a state, measured after every epoch, and keep what was learned."""
        shown = training.shown()
        parts = {"training": shown} if validation is None else {"training": shown, "validation": validation}

        def tell(done: int, state: DescendState) -> bool:
            return told.step(done, lambda: {"model_": state.model, "running_": state.running, "n_iter_": done})

        X, y, sample_weight = given
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        told = Iterations(self, X, metadata, y, most=epochs - int(begin.epoch))
        read = [training, *([] if validation is None else [validation])]
        kept = None if checkpoint is None else self._checkpoint(checkpoint, begin.model, read)
        monitor = LearningMonitor(partial(figures_of, self._figures, parts), self.patience, tell, kept)
        with scope(self.precision):
            begin = monitor.begin(begin)
        if monitor.stopped:
            epochs = int(begin.epoch)
        outcome = descend(
            begin, training.arrays, loss=self._loss(), weight=training.weight, optimizer=self._optimizer(),
            batch_size=self._batch_rows(training), epochs=epochs, random_state=seed, precision=self.precision,
            devices=devices_of(X), watch=Watch(bool(self.verbose), monitor),
        ).outcome  # fmt: skip
        self._keep(monitor, Outcome.STOPPED_EARLY if monitor.stopped else outcome, shown)
        told.end(dict)
        return outcome

    def _batch_rows(self, rows: Rows) -> int:
        return BY_DEFAULT.batch_size(self.batch_size, int((rows.weight > 0).sum()))

    def _checkpoint(self, path: PathLike, net: Network, parts: list[Rows]) -> Checkpoint:
        options = {
            "optimizer": str(self.optimizer) if isinstance(self.optimizer, str) else "own",
            "learning_rate": float(self.learning_rate), "batch_size": self._batch_rows(parts[0]), "precision": self.precision,
            "rows": digest_of(*(array for rows in parts for array in (*rows.arrays, rows.weight))),
        }  # fmt: skip
        return Checkpoint(Path(path), settings_of(net, **options))

    def _keep(self, monitor: LearningMonitor, outcome: Outcome, training: Rows) -> None:
        kept, outcome = monitor.end(outcome)
        self._state = kept if outcome is Outcome.DIVERGED else monitor.last
        for name, value in learned_attributes(monitor, kept, outcome, self._idle(training)).items():
            setattr(self, name, value)
        if outcome is Outcome.DIVERGED:
            rate = "" if not isinstance(self.optimizer, str) else f" than {float(self.learning_rate):g}"
            warnings.warn(
                f"{outcome.value} These are those of epoch {self.n_iter_}; use a smaller learning_rate{rate}, or rows of smaller "
                "numbers.", UserWarning, stacklevel=6,
            )  # fmt: skip
