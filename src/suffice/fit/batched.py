"""Rows of a gradient descent, on the device or in files, an epoch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from suffice.fit.batches import Plan, check_rows, check_weight, lengthened, plan_of, relative, typed
from suffice.fit.devices import mesh_of, on_every
from suffice.fit.spanning import SharedBatches, shared_rows, spans_processes
from suffice.rows.stored import any_stored
from suffice.rows.streams import devices_of
from suffice.rows.windows import windows
from suffice.runtime.precision import dtype_of

SHOWN = 2000
"""Stored rows of which the losses are looked at before the first step."""

Run = Callable[[Any, Any, Any, Plan, Any], tuple[Any, Any]]
"""What is done to a state by rows and weights on devices, in batches of this plan; it gives the mean loss too."""


class Resident:
    """Rows that are on the device as a whole."""

    def __init__(
        self, arrays: tuple[np.ndarray, ...], weight: np.ndarray, batch_size: int, alike: bool, mesh: Mesh | None
    ):
        self.plan, self.mesh = plan_of(len(weight), batch_size, alike), mesh
        self.shown = tuple(lengthened(array, self.plan.length) for array in arrays)
        self.count, self.smallest = int(self.plan.count), int(self.plan.size[0])
        self.content = (*arrays, weight)
        self.weight, self.placed = lengthened(weight, self.plan.length), None

    def epoch(self, run: Run, state: Any) -> tuple[Any, Any]:
        """The state after all rows, and their mean loss."""
        if self.placed is None:
            self.placed = on_every(self.mesh, jax.device_put((self.shown, self.weight)))
        arrays, weight = self.placed
        return run(state, arrays, weight, self.plan, self.mesh)


class FromFiles:
    """Rows of which a window at a time is on the device."""

    def __init__(self, arrays: tuple[Any, ...], weight: np.ndarray, batch_size: int, alike: bool, mesh: Mesh | None):
        self.arrays, self.weight, self.batch_size, self.alike, self.mesh = arrays, weight, batch_size, alike, mesh
        there = np.flatnonzero(weight)
        self.shown = tuple(array[there[:: -(-len(there) // SHOWN)]] for array in arrays)
        self.count, self.smallest = len(self.shown[0]), min(batch_size, len(there))
        self.content = (*arrays, weight)

    def epoch(self, run: Run, state: Any) -> tuple[Any, Any]:
        """The state after all rows, and their mean loss."""
        seed, losses, masses = seed_of_epoch(state), [], []
        for number, (arrays, weight) in enumerate(windows(self.arrays, self.weight, self.batch_size, seed)):
            plan = plan_of(len(weight), self.batch_size, self.alike)
            longer = tuple(lengthened(array, plan.length) for array in arrays), lengthened(weight, plan.length)
            begin, placed = state._replace(key=window_key(seed, number)), on_every(self.mesh, jax.device_put(longer))
            after, mean = run(begin, placed[0], placed[1], plan, self.mesh)
            state = after._replace(key=state.key, epoch=state.epoch)
            losses.append(float(mean))
            masses.append(float(weight.sum()))
        return state._replace(epoch=np.int32(int(state.epoch) + 1)), np.average(losses, weights=masses)


def batched(
    data: Any, weight: Any, batch_size: int, *, alike: bool, precision: str, devices: Sequence[Any] | None
) -> Resident | FromFiles | SharedBatches:
    """Rows and their weights (n,) for descent, where they are: on devices, in files, or on devices of several processes.

    ``shown`` are rows to look at, of which the first ``count`` are there, and ``content`` is what tells them from others.
    """
    if spans_processes(data):
        return SharedBatches(shared_rows(data, weight, precision), batch_size, alike)
    mesh, arrays = mesh_of(devices_of(data) if devices is None else devices), check_rows(data)
    arrays, weight = typed(arrays, relative(check_weight(weight, len(arrays[0]))), dtype_of(precision))
    return (FromFiles if any_stored(arrays) else Resident)(arrays, weight, batch_size, alike, mesh)


def seed_of_epoch(state: Any) -> list[int]:
    """What draws the order of an epoch's blocks."""
    return [*np.asarray(state.key).tolist(), int(state.epoch)]


def window_key(seed: list[int], number: int) -> np.ndarray:
    """Words of a random key of a window's own."""
    return np.random.default_rng([*seed, number]).integers(2**32, size=2, dtype=np.uint32)
