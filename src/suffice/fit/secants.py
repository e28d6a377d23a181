"""Steps and what the slope did along them, from which a direction is made: L-BFGS whose first matrix is the EM step."""

from __future__ import annotations

import numpy as np

from suffice.fit.restarts import restarts_chosen
from suffice.runtime.arrays import Array
from suffice.runtime.either import inner_product, jnp, solved_triangle
from suffice.runtime.module import Module, replaced

LARGEST_SCALE = 4.0
LEAST_BEND = 1e-12
"""Least cosine between a step and the fall of the slope."""


class Secants(Module):
    """The last m steps (..., m, P), newest first: how far, how much the slope fell, how much the EM step grew."""

    steps: Array
    falls: Array
    growths: Array
    used: Array
    """Which of the m are there, (..., m)."""

    def pushed(self, step: Array, fall: Array, growth: Array, good: Array) -> Secants:
        """With one more put before them, where it is ``good`` (...)."""

        def put(old: Array, new: Array) -> Array:
            return jnp.concatenate([new[..., None, :], old[..., :-1, :]], -2)

        def longer() -> Secants:
            used = jnp.concatenate([jnp.ones_like(self.used[..., :1]), self.used[..., :-1]], -1)
            return Secants(put(self.steps, step), put(self.falls, fall), put(self.growths, growth), used)

        return restarts_chosen(good, longer, lambda: self)

    def dropped(self, where: Array) -> Secants:
        """None of them, where it says so."""
        return replaced(self, used=self.used & ~where[..., None])

    def restricted(self, free: Array) -> Secants:
        """As if only the coordinates that are ``free`` (..., P) had moved; without the steps along which their slope rose."""
        free = free[..., None, :]
        steps, falls = self.steps * free, self.falls * free
        bend, lengths = inner_product(steps, falls), inner_product(steps, steps) * inner_product(falls, falls)
        return Secants(steps, falls, self.growths * free, self.used & (bend > LEAST_BEND * jnp.sqrt(lengths)))

    def direction(self, slope: Array, ahead: Array) -> Array:
        r"""Where to go, given the slope and the EM step (..., P): the two loops of L-BFGS (Nocedal, 1980), as matrices.

        The first matrix takes each fall of the slope to minus the growth of the EM step, as EM itself does.
        """
        weight = self.used.astype(slope.dtype)
        inner = (self.steps @ jnp.swapaxes(self.falls, -1, -2)) * weight[..., :, None] * weight[..., None, :]
        inner = inner + (1 - weight)[..., None] * np.eye(inner.shape[-1], dtype=slope.dtype)
        along = jnp.diagonal(inner, axis1=-2, axis2=-1)
        first = solved_triangle(inner, weight * _times(self.steps, slope), upper=False)
        moved = (ahead + _times(jnp.swapaxes(self.growths, -1, -2), first)) * self._scale(along)[..., None]
        left = weight * (along * first - _times(self.falls, moved))
        second = solved_triangle(jnp.swapaxes(inner, -1, -2), left, upper=True)
        return moved + _times(jnp.swapaxes(self.steps, -1, -2), second)

    def _scale(self, along: Array) -> Array:
        """How much farther than the EM step the newest pair went, within bounds."""
        newest = -inner_product(self.falls[..., 0, :], self.growths[..., 0, :])
        ratio = jnp.where(newest > 0, along[..., 0] / jnp.where(newest > 0, newest, 1.0), 1.0)
        return jnp.minimum(jnp.maximum(jnp.sqrt(ratio), 1.0), LARGEST_SCALE)


def no_secants(count: int, like: Array) -> Secants:
    """Room for so many steps of arrays (..., P) such as this one."""
    room = jnp.zeros((*like.shape[:-1], count, like.shape[-1]), like.dtype)
    return Secants(room, room, room, jnp.zeros(room.shape[:-1], bool))


def _times(matrix: Array, vector: Array) -> Array:
    return (matrix @ vector[..., None])[..., 0]
