"""Iterations of expectation-maximisation in programs of JAX's, as many in one as the place of the rows allows."""

from __future__ import annotations

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from suffice.fit.checkpoint import arrays_of, with_arrays
from suffice.fit.iterations import STRETCH, Step
from suffice.model import EStep, PreparedEStep
from suffice.rows.base import Place
from suffice.rows.programs import block_total, prepared
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit


def compiled_iterations(rows: Place, step: Step) -> Stretches | Passes:
    """What takes a state some iterations further."""
    return Passes(rows, step) if rows.block is None else Stretches(rows.block, step)


class Stretches:
    """Many iterations at a time over rows in one block."""

    def __init__(self, block: Any, step: Step):
        self.block, self.step = block, step

    def __call__(self, state: Any, tol: np.ndarray, limit: int) -> tuple[Any, np.ndarray]:
        centred = state.model.needs_centring()
        state, trace, steps = _stretch(self.step, state, self.block, centred, tol, np.int32(limit))
        return state, np.asarray(trace)[: int(steps)]

    def prepared(self, state: Any) -> dict[str, Any]:
        """Nothing is kept between two stretches."""
        return {}

    def resume(self, state: Any, prepared: dict[str, Any]) -> None:
        """Nothing has to be put back."""


class Passes:
    """One iteration at a time over rows in many places; the E-step of the next is prepared together with the M-step."""

    def __init__(self, rows: Place, step: Step):
        self.rows, self.step = rows, step
        self.state, self.centred, self.expectation, self.count = None, False, None, 0

    def __call__(self, state: Any, tol: np.ndarray, limit: int) -> tuple[Any, np.ndarray]:
        self.count += 1
        if self.expectation is None or state is not self.state or self.count.bit_count() == 1:
            self.centred = state.model.needs_centring()
            self.expectation = prepared(EStep(state.model, self.centred))
        statistics = self.rows.total(self.expectation)
        state, objective, expectation, accurate = _turn(self.step, state, statistics, tol, self.centred)
        again = isinstance(self.expectation, EStep) or not accurate
        self.state, self.expectation = state, None if again else expectation
        return state, np.asarray(objective)[None]

    def prepared(self, state: Any) -> dict[str, Any]:
        """Which iteration this is, and the E-step of the next: prepared again by itself, it may differ in the last bit."""
        at_hand = self.expectation is not None and state is self.state
        arrays = arrays_of(self.expectation) if at_hand else None
        return {"count": self.count, "centred": self.centred, "arrays": arrays}

    def resume(self, state: Any, prepared_then: dict[str, Any]) -> None:
        """Go on after the iteration that was ``prepared``."""
        self.count, self.centred, arrays = (prepared_then[name] for name in ("count", "centred", "arrays"))
        made = None if arrays is None else prepared(EStep(state.model, self.centred))
        self.state, self.expectation = state, None if arrays is None else with_arrays(made, arrays)


@filter_jit
def _turn(step: Step, state: Any, statistics: Any, tol: Any, centred: bool) -> tuple[Any, Array, Any, Array | bool]:
    state, objective = step(state, statistics, tol)
    expectation = state.model.expectation(centred)
    return state, objective, expectation, _accurate(expectation)


@filter_jit
def _stretch(step: Step, state: Any, block: Any, centred: bool, tol: Any, limit: Any) -> tuple[Any, Array, Array]:
    """Up to ``limit`` iterations in one program; it stops early when all rest, or where rounding errors grow."""
    _, static = eqx.partition(state, eqx.is_array)

    def worthwhile(carry: Any) -> Array:
        dynamic, _, count, accurate = carry
        return (count < limit) & eqx.combine(dynamic, static).active.any() & accurate

    def iterate(carry: Any) -> Any:
        dynamic, trace, count, _ = carry
        now = eqx.combine(dynamic, static)
        expectation = now.model.expectation(centred)
        accurate = (count == 0) | _accurate(expectation)
        statistics = block_total(expectation, block._replace(used=jnp.where(accurate, block.used, 0)))
        new, objective = step(now, statistics, tol)
        new = jax.tree.map(partial(jnp.where, accurate), eqx.filter(new, eqx.is_array), dynamic)
        return new, trace.at[count].set(jnp.where(accurate, objective, jnp.nan)), count + accurate, accurate

    trace = jnp.full((STRETCH, *state.previous.shape), jnp.nan, state.previous.dtype)
    start = (eqx.filter(state, eqx.is_array), trace, jnp.zeros((), jnp.int32), jnp.ones((), bool))
    dynamic, trace, count, _ = lax.while_loop(worthwhile, iterate, start)
    return eqx.combine(dynamic, static), trace, count


def _accurate(expectation: Any) -> Array | bool:
    return expectation.accurate if isinstance(expectation, PreparedEStep) else True
