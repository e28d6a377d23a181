"""Sweeps repeated until nothing moves, image by image, in one compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from suffice.energy.grid.reductions import row_maxima


class Relaxed(NamedTuple):
    """``state`` at the end, ``trace`` (max_iter + 1, B, M) of which ``iterations`` (B,) sweeps count, and ``still`` (B,)."""

    state: Any
    trace: Any
    iterations: Any
    still: Any


def relax(
    state: Any,
    sweep: Callable[[Any], Any],
    measure: Callable[[Any], Any],
    *,
    max_iter: int,
    tol: float,
    watched: Callable[[Any], Any] = lambda state: state,
) -> Relaxed:
    """Sweep until no value of an image changes by more than ``tol``; that image then stays as it is."""
    first = measure(state)
    count = first.shape[0]
    trace = jnp.zeros((max_iter + 1, *first.shape), first.dtype).at[0].set(first)
    start = Relaxed(state, trace, jnp.zeros(count, jnp.int32), jnp.zeros(count, bool))

    def moving(now: Relaxed) -> Any:
        return ~now.still.all() & (now.iterations.max() < max_iter)

    def advance(now: Relaxed) -> Relaxed:
        after = jax.tree.map(lambda new, old: jnp.where(_spread(now.still, new), old, new), sweep(now.state), now.state)
        pair = watched(after), watched(now.state)
        changes = [_largest_change(new, old) for new, old in zip(*map(jax.tree.leaves, pair), strict=True)]
        iterations = now.iterations + ~now.still
        place = iterations.max()
        still = now.still | (jnp.stack(changes).max(0) <= tol)
        return Relaxed(after, now.trace.at[place].set(measure(after)), iterations, still)

    return lax.while_loop(moving, advance, start)


def _spread(flag: Any, like: Any) -> Any:
    return flag.reshape(flag.shape + (1,) * (like.ndim - 1))


def _largest_change(new: Any, old: Any) -> Any:
    return row_maxima(jnp.abs(new - old).reshape(len(new), -1)).astype(jnp.float64)
