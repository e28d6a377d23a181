"""What goes into the fit of a network, rows and an optimiser, and what comes out, fitted attributes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import equinox as eqx
import jax
import numpy as np

from suffice.estimators.shared.passes import FALLING, still_falling
from suffice.fit.monitor import LearningMonitor
from suffice.nets.batch_network import Network
from suffice.outcome import Outcome
from suffice.rows.stored import any_stored, at_equal_steps

if TYPE_CHECKING:
    import optax

    from suffice.fit.gradient_descent import DescendState


DONE = "All epochs were done."
SHOWN = 20_000


class Rows(NamedTuple):
    """What the loss takes of each row, arrays of n rows, and the rows' weights (n,)."""

    arrays: tuple[Any, ...]
    weight: np.ndarray

    def some(self, which: np.ndarray) -> Self:
        """Those rows for which ``which`` (n,) holds, in memory."""
        return self._replace(arrays=tuple(array[which] for array in self.arrays), weight=self.weight[which])

    def without(self, which: np.ndarray) -> Self:
        """All others; of stored rows these lose their weight."""
        return self._replace(weight=np.where(which, 0.0, self.weight)) if any_stored(self.arrays) else self.some(~which)

    def shown(self) -> Self:
        """What figures are measured on: all rows, of stored ones at most 20,000 of positive weight at equal steps."""
        if not any_stored(self.arrays):
            return self
        return self.some(at_equal_steps(self.weight, SHOWN))


class Idle(NamedTuple):
    """What a network that has learned nothing of the columns reaches in a figure of the curve, and words for it."""

    figure: str
    value: float
    words: str


def check_same_network(before: Network, now: Network) -> None:
    """Refuse to go on from a network that the parameters do not make any more."""
    shapes = [[leaf.shape for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_array))] for net in (before, now)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"The network of the last fit has arrays of shapes {shapes[0]}, and these parameters {shapes[1]}: set them back, "
            "or set warm_start=False and fit anew."
        )


def figures_of(
    figures: Callable[..., dict[str, float]], parts: dict[str, Rows], state: DescendState
) -> dict[str, float]:
    """What is said of each part of the rows after an epoch, by the names of the part and of the figure."""
    of_parts = {part: figures(state.model, state.running, rows) for part, rows in parts.items()}
    return {f"{part}_{name}": value for part, found in of_parts.items() for name, value in found.items()}


def held_out(strata: np.ndarray, there: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Which rows are held out, (n,): as large a part of each stratum, of the rows that are there."""
    held, generator = np.zeros(len(strata), bool), np.random.default_rng(seed)
    for stratum in np.unique(strata):
        own = generator.permutation(np.flatnonzero((strata == stratum) & there))
        held[own[: round(fraction * len(own))]] = True
    if held.sum() == there.sum() or not held.any():
        which = "all" if held.any() else "none"
        raise ValueError(
            f"{there.sum()} rows cannot be divided by validation_fraction={fraction!r}: {which} would be held out"
            f"{_of_classes(strata[there])}."
        )
    return held


def _of_classes(strata: np.ndarray) -> str:
    """What is to be known of the classes of rows, where there are several."""
    sizes = np.unique(strata, return_counts=True)[1]
    return f", since none of {len(sizes)} classes has more rows than {sizes.max()}" if len(sizes) > 1 else ""


def learned_attributes(monitor: LearningMonitor, kept: DescendState, outcome: Outcome, idle: Idle) -> dict[str, Any]:
    """Fitted attributes by name: the network that is kept and what is said of the way to it."""
    best = int(kept.epoch)
    last, curve = int(monitor.last.epoch), monitor.curve
    if outcome is Outcome.DIVERGED:
        last, curve = best, {name: values[curve["epoch"] <= best] for name, values in curve.items()}
    return {
        "model_": kept.model,
        "running_": kept.running,
        "trace_": curve,
        "n_iter_": last,
        "best_epoch_": best,
        "outcome_": _words(outcome, monitor, last, best) + _doubts(outcome, curve, best, idle),
    }


@cache
def named_optimizer(name: str, learning_rate: float) -> optax.GradientTransformation:
    """An Optax transformation, the same object for the same arguments so that programs compile once."""
    import optax

    return {"adam": optax.adam, "sgd": optax.sgd}[name](learning_rate)


def _words(outcome: Outcome, monitor: LearningMonitor, last: int, best: int) -> str:
    kept = f"the weights of epoch {best} are kept"
    if outcome is Outcome.STOPPED_EARLY:
        return f"Stopped early: rows held out were fitted no better for {monitor.patience} epochs; {kept}."
    if outcome is not Outcome.STOPPED_AT_LIMIT:
        return outcome.value
    if best == last:
        return DONE
    if "validation_loss" in monitor.curve:
        return f"{DONE[:-1]}; {kept}, which fit rows held out best."
    return f"{DONE[:-1]}, to a loss above the first one; {kept}, which had the least. Use a smaller learning_rate."


def _doubts(outcome: Outcome, curve: dict[str, np.ndarray], best: int, idle: Idle) -> str:
    """That the network is worth nothing, or that its loss was still falling."""
    reached = curve[f"training_{idle.figure}"][np.flatnonzero(curve["epoch"] == best)[-1]]
    if reached >= idle.value * (1 - 1e-3):
        return f" {idle.words}"
    falling = still_falling(curve["training_loss"])
    if outcome is not Outcome.STOPPED_AT_LIMIT or falling <= FALLING:
        return ""
    return f" The loss was still falling: the last tenth of the epochs brought {falling:.0%} of its fall, so more may bring more."
