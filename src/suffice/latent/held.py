"""Parameters that a fit holds: of all components, by name, or of some, as pairs of a name and their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from suffice.model import Hyperparameters
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

if TYPE_CHECKING:
    from suffice.latent.families.family import Family
    from suffice.latent.forms.natural import Moments
    from suffice.latent.ties import Labels

Frozen: TypeAlias = tuple[str | tuple[str, tuple[int, ...]], ...]
Components = TypeVar("Components", bound="Family")


def of_all(frozen: Frozen) -> tuple[str, ...]:
    """Names of the parameters that all components hold."""
    return tuple(name for name in frozen if isinstance(name, str))


def of_some(frozen: Frozen) -> dict[str, tuple[int, ...]]:
    """The components that hold a parameter which others do not, by its name."""
    return {pair[0]: pair[1] for pair in frozen if not isinstance(pair, str)}


def of_these(frozen: Frozen, components: Sequence[int]) -> Frozen:
    """What is held by these components, which are numbered anew."""
    places = {int(component): place for place, component in enumerate(components)}
    some = ((name, tuple(places[k] for k in held if k in places)) for name, held in of_some(frozen).items())
    return (*of_all(frozen), *((name, held) for name, held in some if held))


def maximized(
    components: Components, moments: Moments, frozen: Frozen, tied: Mapping[str, Labels], axis: int
) -> Components:
    """Components, along this axis of their parameters, after a maximisation in which each holds what is its to hold."""
    names = of_all(frozen)
    found = components.maximize_restricted(moments, names, tied)[0]
    held: dict[int, tuple[str, ...]] = {}
    for name, numbers in of_some(frozen).items():
        held |= {k: (*held.get(k, ()), name) for k in numbers if name != "weights"}
    for own in dict.fromkeys(held.values()):
        stays = components.maximize_restricted(moments, (*names, *own), tied)[0]
        found = with_components(found, stays, [k for k in held if held[k] == own], axis)
    return found


def with_components(components: Components, others: Components, numbers: Sequence[int], axis: int) -> Components:
    """Components of which those of these numbers come from ``others``."""

    def pick(own: Array, other: Array) -> Array:
        if isinstance(own, Hyperparameters):
            return own
        chosen = np.isin(np.arange(own.shape[axis]), numbers)
        return jnp.where(chosen.reshape((-1, *[1] * (own.ndim - axis - 1))), other, own)

    return tree.map_leaves(pick, components, others, is_leaf=lambda part: isinstance(part, Hyperparameters))


def weights_beside(weights: Array, before: Array, frozen: Frozen) -> Array:
    """Weights (..., K) of which some stay as they were ``before``, and the others share what these leave over."""
    numbers = of_some(frozen).get("weights")
    if numbers is None:
        return weights
    held = np.isin(np.arange(weights.shape[-1]), numbers)
    free = jnp.where(held, 0.0, weights)
    left = 1 - jnp.where(held, before, 0.0).sum(-1, keepdims=True)
    total = free.sum(-1, keepdims=True)
    return jnp.where(held | (total <= 0), before, free / jnp.where(total > 0, total, 1.0) * left)


def free_parameters(components: Family, frozen: Frozen, tied: Mapping[str, Labels], count: int) -> int:
    """Free parameters of so many components, without those that they hold."""
    names = of_all(frozen)
    free = components.free_parameter_count(names, tied)
    own = {name: numbers for name, numbers in of_some(frozen).items() if name != "weights"}
    without = {name: components.free_parameter_count((*names, name), tied) for name in own}
    return free - sum((free - without[name]) * len(numbers) // count for name, numbers in own.items())
