"""How far each batch moves the parameters: the learning rate, momentum and weight decay."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

if TYPE_CHECKING:
    import optax

LEARNING_RATE = 0.1

Schedule = Callable[[Any], Any]


def check_share(name: str, value: float) -> float:
    """A number from 0 to below 1, refused by name otherwise."""
    if not 0 <= float(value) < 1:
        raise ValueError(f"{name}={value}; it must be at least 0 and below 1.")
    return float(value)


def chosen(
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
    descent = _descent(check_share("momentum", momentum), float(weight_decay))
    if learning_rate is not None and callable(learning_rate):
        return descent, learning_rate
    rate = LEARNING_RATE if learning_rate is None else float(learning_rate)
    if not 0 < rate < np.inf:
        raise ValueError(f"learning_rate={learning_rate}; it must be a number above 0.")
    return descent, lambda number: np.full(np.shape(number), rate)


@cache
def _descent(momentum: float, weight_decay: float) -> optax.GradientTransformation:
    """Steps of size 1; the learning rate is applied to them from outside, so that it does not take a new program."""
    import optax

    decay = optax.add_decayed_weights(weight_decay, mask=_only_weights) if weight_decay else optax.identity()
    return optax.chain(decay, optax.trace(momentum) if momentum else optax.identity(), optax.scale(-1.0))


def _only_weights(model: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf.ndim == 2, model)
