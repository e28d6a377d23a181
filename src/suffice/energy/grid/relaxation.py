"""Sweeps repeated until nothing moves, image by image, in one compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Bool, Float, Int, Num, PyTree

from suffice.energy.grid.reductions import row_maxima
from suffice.runtime.arrays import Array

State = TypeVar("State")


class Relaxed(NamedTuple, Generic[State]):
    """``state`` at the end, ``trace`` (max_iter + 1, B, M) of which ``iterations`` (B,) sweeps count, and ``still`` (B,)."""

    state: State
    trace: Num[Array, "sweeps B M"]
    iterations: Int[Array, " B"]
    still: Bool[Array, " B"]


def relax(
    state: State,
    sweep: Callable[[State], State],
    measure: Callable[[State], Num[Array, "B M"]],
    *,
    max_iter: int,
    tol: float,
    watched: Callable[[State], PyTree[Array]] = lambda state: state,
) -> Relaxed[State]:
    """Sweep until no value of an image changes by more than ``tol``; that image then stays as it is."""
    first = measure(state)
    count = first.shape[0]
    trace = jnp.zeros((max_iter + 1, *first.shape), first.dtype).at[0].set(first)
    start = Relaxed(state, trace, jnp.zeros(count, jnp.int32), jnp.zeros(count, bool))

    def moving(now: Relaxed[State]) -> Bool[Array, ""]:
        return ~now.still.all() & (now.iterations.max() < max_iter)

    def advance(now: Relaxed[State]) -> Relaxed[State]:
        after = jax.tree.map(lambda new, old: jnp.where(_spread(now.still, new), old, new), sweep(now.state), now.state)
        pair = watched(after), watched(now.state)
        changes = [_largest_change(new, old) for new, old in zip(*map(jax.tree.leaves, pair), strict=True)]
        iterations = now.iterations + ~now.still
        place = iterations.max()
        still = now.still | (jnp.stack(changes).max(0) <= tol)
        return Relaxed(after, jnp.asarray(now.trace).at[place].set(measure(after)), iterations, still)

    return lax.while_loop(moving, advance, start)


def _spread(flag: Bool[Array, " B"], like: Num[Array, "B ..."]) -> Bool[Array, "B ..."]:
    return flag.reshape(flag.shape + (1,) * (like.ndim - 1))


def _largest_change(new: Num[Array, "B ..."], old: Num[Array, "B ..."]) -> Float[Array, " B"]:
    return row_maxima(jnp.abs(new - old).reshape(len(new), -1)).astype(jnp.float64)
