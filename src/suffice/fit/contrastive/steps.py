"""How far each batch moves the parameters: the learning rate, momentum and weight decay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.validation import check_share

if TYPE_CHECKING:
    import optax

LEARNING_RATE = 0.1

Schedule = Callable[[Any], Any]


@dataclass(frozen=True)
class Ascent:
    r"""How ``contrast`` moves parameters along the gradient.

    .. math:: v \leftarrow m v + g - \lambda W, \qquad \theta \leftarrow \theta + \rho v

    Parameters
    ----------
    learning_rate
        Step size, or an Optax schedule: a function of the number of batches done; None is 0.1. Not together with ``optimizer``.
    momentum
        Share of the last step that is taken again, from 0 to below 1.
    weight_decay
        Strength of the pull of the weights, not the biases, to 0: half this times their squares is subtracted from the mean
        log-likelihood of a row.
    averaging
        Share of the old in the running mean of the parameters, from 0 to below 1, such as 0.999; 0 is no mean. The model
        returned and read has the mean parameters.
    centred
        Whether to follow the centred gradient, measured from running means of the units.
    optimizer
        An Optax transformation to use instead, such as ``optax.sgd(0.1, momentum=0.5)``. One object serves many calls
        with one compilation.

    Raises
    ------
    ValueError
        When it is used: for numbers out of their ranges, or an optimiser given together with them.

    Examples
    --------
    >>> from suffice.fit import Ascent
    >>> Ascent(0.05, momentum=0.5).momentum
    0.5
    """

    learning_rate: float | Schedule | None = None
    momentum: float = 0.0
    weight_decay: float = 0.0
    averaging: float = 0.0
    centred: bool = False
    optimizer: optax.GradientTransformation | None = None

    def optimizer_and_schedule(self) -> tuple[optax.GradientTransformation, Schedule]:
        """The transformation of gradients into steps, and the learning rate that it does not hold."""
        if self.optimizer is not None:
            if self.learning_rate is not None or self.momentum or self.weight_decay:
                raise ValueError(
                    "Give either optimizer or learning_rate, momentum and weight_decay; an optimizer brings its own."
                )
            return self.optimizer, np.ones_like
        if not 0 <= float(self.weight_decay) < np.inf:
            raise ValueError(f"weight_decay={self.weight_decay}; it must be a number of at least 0.")
        check_share("momentum", self.momentum)
        descent = _descent(float(self.momentum), float(self.weight_decay))
        if self.learning_rate is not None and callable(self.learning_rate):
            return descent, self.learning_rate
        rate = LEARNING_RATE if self.learning_rate is None else float(self.learning_rate)
        if not 0 < rate < np.inf:
            raise ValueError(f"learning_rate={self.learning_rate}; it must be a number above 0.")
        return descent, lambda number: np.full(np.shape(number), rate)


PLAIN = Ascent()


def scheduled_rate(schedule: str, rate: float, steps: int) -> float | Schedule:
    """Learning rate at each batch: ``"linear"`` falls to 0 over the second half of the steps, ``"cosine"`` all the way."""
    if schedule == "constant":
        return rate
    if schedule == "cosine":
        return lambda number: rate * (1 + np.cos(np.pi * number / steps)) / 2
    return lambda number: rate * np.minimum(1.0, (steps - number) / (steps - steps // 2))


@cache
def _descent(momentum: float, weight_decay: float) -> optax.GradientTransformation:
    """Steps of size 1; the learning rate is applied to them from outside, so that it does not take a new program."""
    import optax

    decay = optax.add_decayed_weights(weight_decay, mask=_only_weights) if weight_decay else optax.identity()
    return optax.chain(decay, optax.trace(momentum) if momentum else optax.identity(), optax.scale(-1.0))


def _only_weights(model: BoltzmannMachine) -> BoltzmannMachine:
    return jax.tree.map(lambda leaf: leaf.ndim == 2, model)
