"""Batches of contrastive learning in the order of their rows, and windows of rows that are read from files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import Int

from suffice.fit.batched import seed_of_epoch, window_key
from suffice.fit.batches import few, lengthened
from suffice.fit.contrastive.epoch import Batches, ContrastState
from suffice.fit.contrastive.steps import Schedule
from suffice.fit.spanning import Shared, filled_up
from suffice.rows.stored import Stored
from suffice.rows.windows import windows
from suffice.runtime.precision import to_numpy
from suffice.runtime.types import DType

Run = Callable[[ContrastState, Any, Any, Batches], ContrastState]
"""What batches of rows and weights on the device do to a state."""


def batches_in_order(
    order: Int[np.ndarray, " n"], first: int, batch_size: int, schedule: Schedule, dtype: DType
) -> Batches:
    """Rows of these numbers cut into batches, of which so many came before; row 0, counted as absent, fills up the last one."""
    count, used = len(order), -(-len(order) // batch_size)
    index = np.zeros((few(used), batch_size), np.int32)
    index.ravel()[:count] = order
    true = np.arange(index.size).reshape(index.shape) < count
    number = np.arange(first, first + used, dtype=np.int32)
    rate = np.broadcast_to(np.asarray(schedule(number), dtype), number.shape)
    return Batches(lengthened(number, len(index)), index, true, lengthened(rate, len(index)), np.int32(used))


def after_shared(
    run: Run, state: ContrastState, rows: Shared, batch_size: int, schedule: Schedule, dtype: DType
) -> ContrastState:
    """The state after all rows of several processes."""
    count = len(rows.kept)
    order = rows.kept[np.random.default_rng(seed_of_epoch(state)).permutation(count)].astype(np.int32)
    batches = batches_in_order(order, int(state.epoch) * -(-count // batch_size), batch_size, schedule, dtype)
    index, true = (np.asarray(part) for part in filled_up(batches.index, batches.true, rows.sharding))
    return to_numpy(run(to_numpy(state), rows.arrays[0], rows.weight, batches._replace(index=index, true=true)))


def after_windows(
    run: Run, state: ContrastState, rows: Stored, weight: np.ndarray, batch_size: int, schedule: Schedule,
    dtype: DType,
) -> ContrastState:  # fmt: skip
    """The state after all rows in files, a window at a time."""
    seed = seed_of_epoch(state)
    first = int(state.epoch) * -(-int((weight > 0).sum()) // batch_size)
    for number, ((own,), own_weight) in enumerate(windows((rows,), weight, batch_size, seed)):
        order = np.random.default_rng(window_key(seed, number)).permutation(len(own))
        batches = batches_in_order(order, first, batch_size, schedule, dtype)
        own, own_weight = (jax.device_put(lengthened(part, batches.index.size)) for part in (own, own_weight))
        state = run(state, own, own_weight, batches)
        first += int(batches.used)
    return state
