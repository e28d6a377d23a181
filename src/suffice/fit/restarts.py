"""Restarts side by side: a model whose arrays have a leading axis of restarts, of which the converged ones leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.model import Hyperparameters
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import is_jax, jnp


class Restarts:
    """What every restart has ``reached``, and which of them the smaller batch that still runs holds."""

    def __init__(self, reached: Any, shape: tuple[int, ...]):
        self.reached = reached
        self.count = int(np.prod(shape))
        self.places = np.arange(self.count)
        self.single = not shape

    def update(self, running: Any) -> None:
        """Take over what the restarts that run have reached."""
        whole = len(self.places) == self.count
        self.reached = running if whole else restarts_put(self.reached, self.places, running)

    def resume(self, reached: Any, places: np.ndarray, first: Any) -> Any:
        """Take over what all restarts have reached; of the ``first`` state, the part of those at ``places``, which still run."""
        self.reached, self.places = reached, places
        return first if len(places) == self.count else restarts_at(first, places)

    def spread(self, trace: np.ndarray) -> np.ndarray:
        """Objectives of the running restarts, (steps, running), at their places among all, NaN for those at rest."""
        if self.single:
            return trace
        wide = np.full((len(trace), self.count), np.nan)
        wide[:, self.places] = trace
        return wide

    def converged(self, active: Array) -> np.ndarray:
        """Which of all restarts have come to rest."""
        rest = np.ones(self.count, bool)
        rest[self.places] = ~np.asarray(active).reshape(-1)
        return rest[0] if self.single else rest

    def without_resting(self, state: Any) -> Any:
        """The state of the restarts that still run, once at most half of the batch does."""
        active = np.asarray(state.active).reshape(-1)
        if self.single or not active.any() or 2 * active.sum() > len(active):
            return state
        self.places = self.places[active]
        keep = np.flatnonzero(active)
        return restarts_at(state, keep)


def restarts_where(chosen: Array, new: Any, old: Any) -> Any:
    """A model whose restarts come from ``new`` where ``chosen`` (R,), else from ``old``; what is held is held."""

    def pick(a: Any, b: Any) -> Any:
        return (
            b
            if isinstance(b, Hyperparameters)
            else jnp.where(chosen.reshape(chosen.shape + (1,) * (a.ndim - chosen.ndim)), a, b)
        )

    return _map_restarts(pick, new, old)


def restarts_chosen(chosen: Array, new: Callable[[], Any], old: Callable[[], Any]) -> Any:
    """The same of what is worked out only where it is needed: for some restarts, or while JAX traces."""
    if not is_jax(chosen):
        if chosen.all():
            return new()
        if not chosen.any():
            return old()
    return restarts_where(chosen, new(), old())


def restarts_at(model: Any, index: Any) -> Any:
    """The restarts of a model at an index or indices along its first axis."""
    return _map_restarts(lambda leaf: leaf if isinstance(leaf, Hyperparameters) else np.asarray(leaf)[index], model)


def one_restart(model: Any) -> Any:
    """A model with an axis of restarts of length 1 put before its own axes."""
    return _map_restarts(lambda leaf: leaf if isinstance(leaf, Hyperparameters) else np.asarray(leaf)[None], model)


def restarts_joined(models: list[Any]) -> Any:
    """The restarts of models one after another along one axis; what is held is the first one's."""

    def join(*leaves: Any) -> Any:
        held = isinstance(leaves[0], Hyperparameters)
        return leaves[0] if held else np.concatenate([np.asarray(leaf) for leaf in leaves])

    return _map_restarts(join, *models)


def restarts_put(model: Any, index: Any, part: Any) -> Any:
    """A model whose restarts at ``index`` are those of ``part``."""

    def put(whole: Any, piece: Any) -> Any:
        if isinstance(whole, Hyperparameters):
            return whole
        whole = np.array(whole)
        whole[index] = np.asarray(piece)
        return whole

    return _map_restarts(put, model, part)


def _map_restarts(fn: Any, *models: Any) -> Any:
    return tree.map_leaves(fn, *models, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))
