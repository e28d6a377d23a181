"""One batch of contrastive learning and all that is said of it, in one program: a call of ``partial_fit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from suffice.fit.batched import seed_of_epoch
from suffice.fit.batches import check_weight, lengthened, relative
from suffice.fit.contrastive.epoch import Batches, ContrastState, Options, run_batches
from suffice.fit.contrastive.rows import check_visible
from suffice.fit.contrastive.steps import Ascent
from suffice.fit.contrastive.trace import verdict
from suffice.fit.contrastive.windowed import batches_in_order
from suffice.fit.epochs import all_finite
from suffice.outcome import Outcome, Solution
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.forked import refuse_forked
from suffice.runtime.precision import dtype_of, scope

if TYPE_CHECKING:
    import optax


class Seen(NamedTuple):
    """Of each row the reconstruction cross-entropy before and after a step; of each hidden unit its range over the rows."""

    before: Float[Array, " rows"]
    after: Float[Array, " rows"]
    least: Float[Array, " P"]
    most: Float[Array, " P"]


def one_batch(
    state: ContrastState, data: np.ndarray, weight: np.ndarray, steps: int, ascent: Ascent, *, size: int, precision: str
) -> Solution:
    """What ``contrast`` gives after one more epoch of complete rows that are one batch, filled up to ``size``.

    ``details["range"]`` is the range of each hidden unit's probability over the rows, two arrays (P,).
    """
    refuse_forked()
    dtype = dtype_of(precision)
    rows, weight = check_visible(data, state.model, "data", dtype), check_weight(weight, len(data))
    rows, weight = (rows, weight) if weight.all() else (rows[weight > 0], weight[weight > 0])
    optimizer, schedule = ascent.optimizer_and_schedule()
    order = np.random.default_rng(seed_of_epoch(state)).permutation(len(rows))
    batches = batches_in_order(order, int(state.epoch), size, schedule, dtype)
    filled = lengthened(rows, size), lengthened(relative(weight).astype(dtype), size)
    with scope(precision):
        options = steps, float(ascent.averaging), bool(ascent.centred)
        after, seen = jax.tree.map(
            np.asarray, _stepped(state, *filled, np.int32(len(rows)), batches, optimizer, options)
        )
    return _ended(state, after._replace(epoch=np.int32(state.epoch + 1)), seen, weight)


@compiled
def _stepped(
    state: ContrastState,
    rows: Float[Array, "n D"],
    weight: Float[Array, " n"],
    count: np.int32,
    batches: Batches,
    optimizer: optax.GradientTransformation,
    options: Options,
) -> tuple[ContrastState, Seen]:
    after = run_batches(state, rows, weight, None, batches, optimizer, options)
    hidden, true = after.best.hidden_probability(rows), (jnp.arange(len(rows)) < count)[:, None]
    least, most = jnp.where(true, hidden, 1).min(0), jnp.where(true, hidden, 0).max(0)
    before, now = (model.reconstruction_cross_entropy(rows) for model in (state.best, after.best))
    return after, Seen(before, now, least, most)


def _ended(begin: ContrastState, after: ContrastState, seen: Seen, weight: np.ndarray) -> Solution:
    before, now = (float(weight @ values[: len(weight)] / weight.sum()) for values in seen[:2])
    stop = verdict(before, None)({"reconstruction": now})
    good = stop is None and np.isfinite(now) and all_finite(after.model)
    record: dict[str, Any] = {"epoch": float(after.epoch), "reconstruction": now}
    last, outcome = (after, Outcome.STOPPED_AT_LIMIT) if good else (begin, Outcome.DIVERGED)
    trace = {name: np.array([value] if good else []) for name, value in record.items()}
    return Solution(last.best, trace, outcome, {"state": last, "start": begin, "range": seen[2:]})
