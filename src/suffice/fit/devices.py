"""Devices that share the rows of each batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "rows"


def mesh_of(devices: Sequence[Any]) -> Mesh | None:
    """A mesh of several devices along ``AXIS``; None for at most one."""
    return Mesh(np.array(devices), (AXIS,)) if len(devices) > 1 else None


def on_every(mesh: Mesh | None, tree: Any) -> Any:
    """Arrays copied to every device of a mesh; as they are where there is none."""
    return tree if mesh is None else jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def shared_out(index: Any, true: Any, mesh: Mesh) -> tuple[Any, Any]:
    """Batches (batches, rows) lengthened by rows that do not count, so that every device has as many."""
    padding = ((0, 0), (0, -index.shape[1] % mesh.size))
    return jnp.pad(index, padding), jnp.pad(true, padding)
