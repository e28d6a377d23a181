r"""Expectation-maximisation that reaches its maximum: each E-step gives a quasi-Newton step, and how much is still to come.

An E-step gives the likelihood, the EM step and, by Fisher's identity, the slope of the likelihood. With :math:`f` the EM step,
:math:`g` the slope and :math:`d` the direction of L-BFGS whose first matrix is the EM step (Jamshidian and Jennrich,
"Acceleration of the EM algorithm by using quasi-Newton methods", 1997), half of :math:`g \cdot d` is what is still to be gained,
in nats of all rows. A trial that lowers the likelihood is taken back along :math:`d`; where that does not help, the EM step is
taken, which never lowers it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from suffice.fit.gains import PLAIN_NATS, by_rate
from suffice.fit.restarts import restarts_chosen
from suffice.fit.secants import LEAST_BEND, Secants, no_secants
from suffice.runtime.arrays import Array
from suffice.runtime.either import inner_product, jnp
from suffice.runtime.module import Module, replaced

NATS = 1e-6
"""A fit ends where less than this is to be gained, over all rows; "converged" means so."""
PLAIN = 5
"""EM steps before the first of another kind: they find the maximum that EM would."""
PAIRS = 10
NUMBERS = 2**26
"""Most numbers kept of the steps before, in all restarts; models too large for two steps are left to plain EM."""
LEAST_SCALE, MOST_BACK, MOST_DROPS = 0.03, 3, 3
KEPT = 0.25
"""A coordinate that is at least 0 keeps at least this share of itself."""
GROWTH, SMALL, LEAP = 0.01, 0.01, 3.0
"""One below the second that the EM step raises by more than the first, as a share, leaves 0: its maximum is far, and it leaps."""


class Course(Module):
    """Where a restart is by the last step that was accepted, and where it tries to go; all are (...) or (..., P)."""

    position: Array
    value: Array
    slope: Array
    ahead: Array
    """The EM step."""
    direction: Array
    rise: Array
    """The slope along the direction."""
    scale: Array
    secants: Secants
    plain: Array
    """Whether the trial is an EM step, which is accepted as it is."""
    back: Array
    uphill: Array
    """Accepted steps in a row along which the slope did not fall."""
    ticks: Array
    drops: Array
    """How often the steps before led nowhere and were forgotten."""
    gain: Array
    left: Array
    """What is still to be gained, in nats of all rows; infinite where that is not known."""
    calm: Array
    """Accepted steps in a row that promise hardly any more."""


class Accelerated(NamedTuple):
    """The model to try next, the objective before and which restarts are active; the best EM step so far, and the course."""

    model: Any
    previous: Array
    active: Array
    result: Any
    course: Course

    @property
    def reached(self) -> tuple[Any, Array, Array]:
        """The best model so far, what is still to be gained, and whether that is told by the rate of plain steps."""
        return self.result, self.course.left, self.course.drops >= MOST_DROPS


class Seen(NamedTuple):
    """What an E-step tells at a trial."""

    position: Array
    value: Array
    slope: Array
    ahead: Array
    noise: Array
    """Rounding errors of the value."""


def started(model: Any, dtype: Any, previous: float = -np.inf) -> Accelerated:
    """Before the first E-step, which is compared with the ``previous`` objective where a fit goes on."""
    shape, chart = model.restarts, model.chart
    nothing = np.zeros(np.shape(chart.position(model)), dtype)
    pairs = min(PAIRS, NUMBERS // max(1, 3 * nothing.size))
    count, none = np.zeros(shape, np.int32), np.zeros(shape, dtype)
    drops = count if chart.exists(model) and pairs >= 2 else count + np.int32(MOST_DROPS)
    course = Course(
        nothing, none - np.inf, nothing, nothing, nothing, none, none + 1, no_secants(max(pairs, 1), nothing),
        np.ones(shape, bool), count, count, count, drops, none + np.inf, none + np.inf,
        count + np.int32(2 if np.isfinite(previous) else 0),
    )  # fmt: skip
    return Accelerated(model, none + dtype(previous), np.ones(shape, bool), model, course)


def tick(state: Accelerated, statistics: Any, tol: Any) -> tuple[Accelerated, Array]:
    """One E-step at the trial: it is accepted and the next one set, or it is taken back; a restart rests once it is there.

    The objective is NaN of restarts at rest, and minus infinity where the trial was taken back.
    """
    chart, before = state.model.chart, state.course
    before = replaced(before, value=jnp.where(before.ticks == 0, state.previous * statistics.weight, before.value))
    model = state.model.maximize(statistics)
    seen = _seen(state.model, model, statistics)
    sound = jnp.isfinite(seen.value) & jnp.isfinite(seen.ahead).all(-1) & (seen.value >= before.value - seen.noise)
    accepted, limited = before.plain | sound, chart.limited(model)
    course = restarts_chosen(accepted, lambda: _forward(before, seen, limited), lambda: _backward(before, seen))
    result = restarts_chosen(accepted, lambda: model, lambda: state.result)
    trial = restarts_chosen(course.plain, lambda: result, lambda: chart.at(model, _within(course, limited)))
    objective = seen.value / statistics.weight
    moved = Accelerated(trial, jnp.where(accepted, objective, state.previous), ~(accepted & _there(course, seen.noise, tol)),
                        result, course)  # fmt: skip
    new = restarts_chosen(state.active, lambda: moved, lambda: state)
    told = jnp.where(accepted, objective, -jnp.inf)
    return new._replace(active=new.active & state.active), jnp.where(state.active, told, jnp.nan)


def _seen(model: Any, maximized: Any, statistics: Any) -> Seen:
    position = model.chart.position(model)
    slope = model.chart.slope(model, statistics)
    value = statistics.log_likelihood + model.log_prior()
    noise = 4 * jnp.finfo(value.dtype).eps * jnp.abs(value)
    ahead = model.chart.position(maximized) - position
    return Seen(position, value, jnp.where(jnp.isfinite(slope), slope, 0.0), ahead, noise)


def _forward(before: Course, seen: Seen, limited: np.ndarray) -> Course:
    """The trial is accepted: a direction from there."""
    step, fall = seen.position - before.position, before.slope - seen.slope
    bend = inner_product(step, fall)
    begun, ticks = before.ticks > 0, before.ticks + 1
    falls = begun & (bend > LEAST_BEND * jnp.sqrt(inner_product(step, step) * inner_product(fall, fall)))
    uphill = jnp.where(begun & ~falls, before.uphill + 1, 0)
    alive, gain = before.drops < MOST_DROPS, seen.value - before.value
    growing = _growing(seen, limited)
    settling = ~growing.any(-1)
    secants = before.secants.pushed(step, fall, seen.ahead - before.ahead, falls)
    sought = alive & (ticks > PLAIN) & secants.used.any(-1)
    direction, found = _sought(sought, secants, seen, limited)
    known = alive & begun & (ticks > 3) & (bend > 0) & settling
    left = restarts_chosen(alive, lambda: _by_slope(seen, direction, known), lambda: by_rate(gain, before.gain))
    free = alive & (ticks > PLAIN)
    direction, turned = _turned(seen, direction, step, uphill, growing, free)
    direction = _kept(seen.position, seen.position + direction, limited) - seen.position
    rise, lost = inner_product(seen.slope, direction), sought & ~found
    plain = ~((found | turned) & (rise > 0))
    direction = jnp.where(plain[..., None], seen.ahead, direction)
    rise = jnp.where(plain, inner_product(seen.slope, seen.ahead), rise)
    near = settling & jnp.where(alive, gain <= seen.noise, (gain < PLAIN_NATS) & (left < PLAIN_NATS))
    return Course(
        seen.position, seen.value, seen.slope, seen.ahead, direction, rise, jnp.ones_like(gain), secants.dropped(lost), plain,
        jnp.zeros_like(before.back), uphill, ticks, before.drops + lost, gain, left, jnp.where(near, before.calm + 1, 0),
    )  # fmt: skip


def _sought(sought: Array, secants: Secants, seen: Seen, limited: np.ndarray) -> tuple[Array, Array]:
    """The direction of the steps before where it is ``sought`` and rises, else the EM step, and whether it is the former."""
    direction = restarts_chosen(sought, lambda: secants.direction(seen.slope, seen.ahead), lambda: seen.ahead)
    held = limited & sought[..., None] & (seen.position + direction < KEPT * seen.position)
    direction = restarts_chosen(held.any(-1), lambda: _beside(held, secants, seen), lambda: direction)
    found = sought & (inner_product(seen.slope, direction) > 0) & jnp.isfinite(direction).all(-1)
    return jnp.where(found[..., None], direction, seen.ahead), found


def _by_slope(seen: Seen, direction: Array, known: Array) -> Array:
    """What is still to be gained, by the slope along the direction; infinite where that is not known."""
    rise = jnp.maximum(inner_product(seen.slope, direction), inner_product(seen.slope, seen.ahead))
    return jnp.where(known, rise / 2, jnp.inf)


def _turned(
    seen: Seen, direction: Array, step: Array, uphill: Array, growing: Array, free: Array
) -> tuple[Array, Array]:
    """The direction, but farther along the last step from a saddle, and away from 0 in one leap; and where it is so."""

    def away() -> Array:
        farther = jnp.exp2(jnp.minimum(uphill, 6).astype(step.dtype))[..., None] * step
        leaving = inner_product(seen.slope, farther) > inner_product(seen.slope, direction)
        return jnp.where(leaving[..., None], direction + farther, direction)

    def leap() -> Array:
        return jnp.where(growing, LEAP * seen.position, farther)

    farther = restarts_chosen(free & (uphill > 0), away, lambda: direction)
    leaping = free & growing.any(-1)
    turned = leaping | (farther != direction).any(-1)
    return restarts_chosen(leaping, leap, lambda: farther), turned


def _beside(held: Array, secants: Secants, seen: Seen) -> Array:
    """The direction of the others while coordinates that are ``held`` go to 0, or with the EM step where the slope rises."""
    free = ~held
    others = secants.restricted(free).direction(seen.slope * free, seen.ahead * free)
    own = jnp.where(seen.slope < 0, -seen.position, seen.ahead)
    return jnp.where(held, own, others)


def _growing(seen: Seen, limited: np.ndarray) -> Array:
    """Coordinates that are small and leave 0."""
    tiny = jnp.sqrt(jnp.finfo(seen.ahead.dtype).eps)
    leaves = (seen.ahead > GROWTH * seen.position) & (seen.position + seen.ahead > tiny)
    return limited & (seen.position < SMALL) & leaves


def _backward(before: Course, seen: Seen) -> Course:
    """The trial is taken back: to the highest point of the cubic through both ends, or to the EM step."""
    near, far = -before.rise * before.scale, -inner_product(seen.slope, before.direction) * before.scale
    middle = near + far + 3 * (seen.value - before.value)
    root = jnp.sqrt(jnp.maximum(middle * middle - near * far, 0.0))
    share = 1 - (far + root - middle) / (far - near + 2 * root)
    share = jnp.where(jnp.isfinite(share), jnp.clip(share, 0.1, 0.6), 0.2)
    scale, back = before.scale * share, before.back + 1
    lost = (scale < LEAST_SCALE) | (back > MOST_BACK)
    return replaced(
        before, scale=jnp.where(lost, 1.0, scale), back=back, plain=lost, secants=before.secants.dropped(lost),
        ticks=before.ticks + 1, drops=before.drops + lost, direction=jnp.where(lost[..., None], before.ahead, before.direction),
    )  # fmt: skip


def _there(course: Course, noise: Array, tol: Any) -> Array:
    alive = course.drops < MOST_DROPS
    by_slope = alive & (course.left < tol) & (course.gain < jnp.maximum(tol, noise))
    return by_slope | (course.calm >= jnp.where(alive, 3, 2))


def _within(course: Course, limited: np.ndarray) -> Array:
    return _kept(course.position, course.position + course.scale[..., None] * course.direction, limited)


def _kept(position: Array, trial: Array, limited: np.ndarray) -> Array:
    """A trial whose limited coordinates keep a share of what they were."""
    return jnp.where(limited, jnp.maximum(trial, KEPT * position), trial)
