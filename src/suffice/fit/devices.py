"""Devices that share the rows of each batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "rows"


def devices_of(data: Any) -> tuple[Any, ...]:
    """Devices over which arrays are sharded, in their order; none for what lies on one device or on the host.

    Parameters
    ----------
    data
        Pytree of arrays; the first one sharded over several devices decides.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit.devices import devices_of
    >>> devices_of((np.zeros((3, 2)), np.zeros(3)))
    ()
    """
    for leaf in jax.tree.leaves(data):
        if isinstance(leaf, jax.Array) and len(leaf.sharding.device_set) > 1:
            return tuple(sorted(leaf.sharding.device_set, key=lambda device: device.id))
    return ()


def mesh_of(devices: Sequence[Any]) -> Mesh | None:
    """A mesh of several devices along ``AXIS``; None for at most one.

    Parameters
    ----------
    devices
        JAX devices.
    """
    return Mesh(np.array(devices), (AXIS,)) if len(devices) > 1 else None


def on_every(mesh: Mesh | None, tree: Any) -> Any:
    """Arrays copied to every device of a mesh; as they are where there is none.

    Parameters
    ----------
    mesh
        What ``mesh_of`` gave.
    tree
        Pytree of arrays.
    """
    return tree if mesh is None else jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def shared_out(index: Any, true: Any, mesh: Mesh) -> tuple[Any, Any]:
    """Batches (batches, rows) lengthened by rows that do not count, so that every device has as many.

    Parameters
    ----------
    index, true
        What ``shuffled_batches`` gave.
    mesh
        The devices.
    """
    padding = ((0, 0), (0, -index.shape[1] % mesh.size))
    return jnp.pad(index, padding), jnp.pad(true, padding)
