"""Gibbs sampling with explicit state and keys: ``init``, ``step``, and ``run`` over a schedule in one compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from suffice.runtime.keys import as_key


class GibbsState(NamedTuple):
    """Where chains stand: ``variables`` (any pytree), the ``key`` they began with, and the ``sweeps`` taken."""

    variables: Any
    key: Any
    sweeps: Any


def init(variables: Any, key: Any) -> GibbsState:
    """The state before the first sweep."""
    return GibbsState(variables, as_key(key), jnp.uint32(0))


def step(state: GibbsState, sweep: Callable[[Any, Any, Any], Any], given: Any = None) -> GibbsState:
    """The state after one sweep, whose key is that of the chain folded with the number of sweeps taken."""
    variables = sweep(state.variables, jax.random.fold_in(state.key, state.sweeps), given)
    return GibbsState(variables, state.key, state.sweeps + jnp.uint32(1))


def run(
    state: GibbsState,
    sweep: Callable[[Any, Any, Any], Any],
    schedule: Any = None,
    *,
    sweeps: int | None = None,
    record: Callable[[Any], Any] | None = None,
) -> tuple[GibbsState, Any]:
    """The state after several sweeps, the same as after as many calls of ``step``, and what was recorded."""
    count = sweeps if schedule is None else len(jax.tree.leaves(schedule)[0])
    if count is None:
        raise ValueError("How many sweeps? Give a schedule with one entry for each, or sweeps=a whole number.")
    keys = jax.vmap(lambda n: jax.random.fold_in(state.key, n))(state.sweeps + jnp.arange(count, dtype=jnp.uint32))

    def advance(variables: Any, now: Any) -> tuple[Any, Any]:
        variables = sweep(variables, *now)
        return variables, None if record is None else record(variables)

    variables, records = lax.scan(advance, state.variables, (keys, schedule))
    return GibbsState(variables, state.key, state.sweeps + jnp.uint32(count)), records
