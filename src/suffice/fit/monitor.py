"""What is measured after each epoch of a network: the learning curve, the best weights, when to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.fit.checkpoint import Checkpoint, arrays_of, with_arrays
from suffice.outcome import Outcome
from suffice.runtime.precision import to_numpy

Curve = dict[str, np.ndarray]


class LearningMonitor:
    """Told of each epoch by ``descend``; ``best`` is the state of least loss of rows held out, or of the rows of the fit."""

    def __init__(
        self, measure: Callable[[Any], dict[str, float]], patience: int | None,
        tell: Callable[[int, Any], bool], checkpoint: Checkpoint | None,
    ):  # fmt: skip
        self.measure, self.patience, self.tell, self.checkpoint = measure, patience, tell, checkpoint
        self.records: list[dict[str, float]] = []
        self.best: Any = None
        self.last: Any = None

    def begin(self, state: Any) -> Any:
        """Where the fit begins: the state given, measured, or the one that the checkpoint holds."""
        before = None if self.checkpoint is None else self.checkpoint.load()
        if before is None:
            if not self._take(state):
                raise ValueError(
                    "The loss is not finite before the first epoch: scale the columns to numbers of about 0 to 1, and look "
                    "at the weights that it starts from."
                )
            return state
        names = list(before["curve"])
        self.records = [dict(zip(names, line, strict=True)) for line in zip(*before["curve"].values(), strict=True)]
        self.best, self.last = (with_arrays(state, before[name]) for name in ("best", "last"))
        return self.last

    def __call__(self, state: Any, record: dict[str, float]) -> Outcome | None:
        """Measure an epoch; gives the reason to stop after it, or None."""
        state = to_numpy(state)
        if not self._take(state):
            return Outcome.DIVERGED
        stop = Outcome.STOPPED_BY_CALLBACK if self.tell(int(state.epoch), state) else self._impatient()
        if self.checkpoint is not None:
            self.checkpoint.keep(self._record, last=stop is not None)
        return stop

    def end(self, outcome: Outcome) -> tuple[Any, Outcome]:
        """The state to keep, and how the fit ended: the best where rows were held out or the last is worthless, else the last."""
        start, now = self.records[0]["training_loss"], self.records[-1]["training_loss"]
        if now > start + max(abs(start), 1.0):
            outcome = Outcome.DIVERGED
        held_out = self._watched == "validation_loss"
        return (self.best if held_out or outcome is Outcome.DIVERGED or now > start else self.last), outcome

    @property
    def stopped(self) -> bool:
        """Whether the epochs so far are reason to do no more."""
        return self._impatient() is not None

    @property
    def curve(self) -> Curve:
        """An array for each figure, one entry an epoch from the start on."""
        return {name: np.array([record[name] for record in self.records]) for name in self.records[0]}

    def _take(self, state: Any) -> bool:
        figures = self.measure(state)
        if not np.isfinite(list(figures.values())).all():
            return False
        self.records.append({"epoch": int(state.epoch)} | figures)
        self.last = state
        if self._best_place() == len(self.records) - 1:
            self.best = state
        return True

    @property
    def _watched(self) -> str:
        return "validation_loss" if "validation_loss" in self.records[0] else "training_loss"

    def _best_place(self) -> int:
        return int(np.argmin([record[self._watched] for record in self.records]))

    def _impatient(self) -> Outcome | None:
        if self.patience is None or self._watched == "training_loss":
            return None
        if len(self.records) - 1 - self._best_place() < self.patience:
            return None
        return Outcome.STOPPED_EARLY

    def _record(self) -> dict[str, Any]:
        return {"best": arrays_of(self.best), "last": arrays_of(self.last), "curve": self.curve}


def continued_curve(before: Curve, now: Curve, done: int) -> Curve:
    """The curve of several calls of ``partial_fit``, each on rows of its own."""
    if not before:
        return now
    later = {name: values[1:] for name, values in now.items()} | {"epoch": done + np.arange(1, len(now["epoch"]))}
    return {name: np.concatenate([before[name], later[name]]) for name in later if name in before}
