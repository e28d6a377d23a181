"""Rows spread over the devices of several processes, each of which has read its own part (``jax.distributed``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding, PartitionSpec

from suffice.fit.batches import check_weight, lengthened, plan_of, relative
from suffice.runtime import tree
from suffice.runtime.either import is_jax
from suffice.runtime.precision import dtype_of, to_numpy

SHOWN = 2000
STATUS = (
    "UNKNOWN:",
    "INTERNAL:",
    "UNAVAILABLE:",
    "ABORTED:",
    "CANCELLED:",
    "DEADLINE_EXCEEDED:",
    "FAILED_PRECONDITION:",
)
"""How JAX's errors of a computation that others take part in begin."""


class ProcessLost(RuntimeError):
    """Another process of a fit that several share has ended or is out of reach."""


def spans_processes(data: Any) -> bool:
    """Whether rows are sharded over devices of which some belong to other processes."""
    return any(is_jax(leaf) and not leaf.is_fully_addressable for leaf in tree.leaves(data))


@contextmanager
def together(shared: bool) -> Iterator[None]:
    """Context in which an error of the processes' exchange is said to be the end of another one."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        if not shared or not str(error).startswith(STATUS):
            raise
        raise ProcessLost(
            f"Another process of this fit has ended or is out of reach ({str(error)[:150]}): this one, process "
            f"{jax.process_index()} of {jax.process_count()}, cannot go on alone. Start all of them again; with a checkpoint the "
            "fit goes on from where it was."
        ) from None


class Shared:
    """Arrays (n, ...) with one first axis, split along it over the devices of several processes, and row weights (n,)."""

    def __init__(self, arrays: tuple[Any, ...], weight: np.ndarray):
        self.arrays, self.weight = arrays, weight
        self.sharding, self.shape = _split_rows(arrays), arrays[0].shape
        self.kept = np.flatnonzero(weight)

    def shown(self, most: int = SHOWN) -> tuple[np.ndarray, ...]:
        """At most so many rows of positive weight at equal steps, the same on every process."""
        some = self.seen(most)
        return tuple(np.asarray(self._everywhere(lambda array: array[some])(array)) for array in self.arrays)

    def seen(self, most: int) -> np.ndarray:
        """Their numbers."""
        return self.kept[:: -(-len(self.kept) // most)]

    def reduced(self, fn: Callable[[Any], Any], array: Any) -> float:
        """A number of one of the arrays, which every process gets."""
        return float(self._everywhere(fn)(array))

    def _everywhere(self, fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return jax.jit(fn, out_shardings=NamedSharding(self.sharding.mesh, PartitionSpec()))


class OverProcesses(NamedTuple):
    """The rows (n,) that have weight, in order, and how rows lie over the devices of all processes."""

    kept: np.ndarray
    sharding: NamedSharding


class SharedBatches:
    """Rows of several processes for gradient descent: batches are those of one process that has all of them."""

    def __init__(self, rows: Shared, batch_size: int, alike: bool):
        self.rows, self.plan = rows, plan_of(len(rows.kept), batch_size, alike)
        self.kept = lengthened(rows.kept.astype(np.int32), self.plan.length)
        self.shown = rows.shown()
        self.count, self.smallest = len(self.shown[0]), int(self.plan.size[0])
        self.content = (*self.shown, rows.weight)

    def epoch(self, run: Callable[..., tuple[Any, Any]], state: Any) -> tuple[Any, Any]:
        """The state after all rows, and their mean loss."""
        rows = self.rows
        spread = OverProcesses(self.kept, rows.sharding)
        return to_numpy(run(to_numpy(state), rows.arrays, rows.weight, self.plan, spread))


def split(rows: Any, sharding: NamedSharding | None) -> Any:
    """Rows of a batch, or arrays of as many, that every device takes its part of; as they are without a sharding."""
    return rows if sharding is None else lax.with_sharding_constraint(rows, sharding)


def on_all(results: Any, sharding: NamedSharding | None) -> Any:
    """Results that every device has as a whole."""
    if sharding is None:
        return results
    whole = NamedSharding(sharding.mesh, PartitionSpec())
    return jax.tree.map(lambda leaf: lax.with_sharding_constraint(leaf, whole), results)


def filled_up(index: Any, true: Any, sharding: NamedSharding | None) -> tuple[Any, Any]:
    """Batches (batches, rows) lengthened by rows that do not count, so that every device has as many."""
    if sharding is None:
        return index, true
    devices = sharding.mesh.shape[sharding.spec[0]]
    padding = ((0, 0), (0, -index.shape[1] % devices))
    return jnp.pad(index, padding), jnp.pad(true, padding)


def shared_rows(data: Any, weight: Any, precision: str) -> Shared:
    """Rows of several processes, checked, in a precision; weights (n,) are over the mean of those that are not 0."""
    arrays = data if isinstance(data, tuple) else (data,)
    found = Shared(tuple(map(_typed(precision), arrays)), relative(check_weight(weights_of(weight), len(arrays[0]))))
    for place, array in enumerate(found.arrays):
        if not found.reduced(lambda values: jnp.isfinite(values).all(), array):
            raise ValueError(f"data[{place}] holds values that are NaN or infinite; fill in or drop these rows.")
    found.weight = found.weight.astype(dtype_of(precision))
    return found


def _typed(precision: str) -> Callable[[Any], Any]:
    dtype = dtype_of(precision)
    return jax.jit(lambda array: array.astype(dtype if jnp.issubdtype(array.dtype, jnp.floating) else np.int32))


def refuse_unseen(path: Path) -> None:
    """Refuse a file that some processes have and others have not."""
    from jax.experimental import multihost_utils

    there = np.asarray(multihost_utils.process_allgather(np.int32(path.exists()))).ravel()
    if there.min() != there.max():
        raise ValueError(
            f"{path} is there for processes {np.flatnonzero(there).tolist()[:10]} and not for "
            f"{np.flatnonzero(there == 0).tolist()[:10]}: put the checkpoint in a folder that all of them share."
        )


def weights_of(weight: Any) -> Any:
    """Row weights (n,) as a NumPy array, the same on every process."""
    if weight is None or not spans_processes(weight):
        return weight
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(weight, tiled=True))


def _split_rows(arrays: tuple[Any, ...]) -> NamedSharding:
    counts = sorted({array.shape[0] for array in arrays})
    shardings = [getattr(array, "sharding", None) for array in arrays]
    if len(counts) > 1:
        raise ValueError(f"data holds arrays of {counts} rows; all need the same number.")
    if not all(isinstance(one, NamedSharding) and one.spec and one.spec[0] is not None for one in shardings):
        raise ValueError(
            "Arrays that several processes share must all be split along their rows, as jax.make_array_from_process_local_data("
            "NamedSharding(mesh, P('rows')), own_rows) makes them."
        )
    first: Any = shardings[0]
    return NamedSharding(first.mesh, PartitionSpec(first.spec[0]))
