"""How far each batch moves the parameters: the learning rate, momentum and weight decay."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from suffice.validation import check_share

if TYPE_CHECKING:
    import optax

LEARNING_RATE = 0.1

Schedule = Callable[[Any], Any]


def optimizer_and_schedule(
    optimizer: Any, learning_rate: float | Schedule | None, momentum: float, weight_decay: float
) -> tuple[Any, Schedule]:
    """The transformation of gradients into steps, and the learning rate that it does not hold."""
    if optimizer is not None:
        if learning_rate is not None or momentum or weight_decay:
            raise ValueError(
                "Give either optimizer or learning_rate, momentum and weight_decay; an optimizer brings its own."
            )
        return optimizer, np.ones_like
    if not 0 <= float(weight_decay) < np.inf:
        raise ValueError(f"weight_decay={weight_decay}; it must be a number of at least 0.")
    check_share("momentum", momentum)
    descent = _descent(float(momentum), float(weight_decay))
    if learning_rate is not None and callable(learning_rate):
        return descent, learning_rate
    rate = LEARNING_RATE if learning_rate is None else float(learning_rate)
    if not 0 < rate < np.inf:
        raise ValueError(f"learning_rate={learning_rate}; it must be a number above 0.")
    return descent, lambda number: np.full(np.shape(number), rate)


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


def _only_weights(model: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf.ndim == 2, model)
