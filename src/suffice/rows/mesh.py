"""Rows spread over the devices of a mesh."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Float

from suffice.rows.base import Place
from suffice.rows.block import Block, row_count, row_weight
from suffice.rows.programs import block_each, block_total
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit
from suffice.runtime.forked import refuse_forked


class Mesh(Place):
    """Rows spread over devices: every one sums its own, then the sums are added."""

    def __init__(
        self, arrays: Any, weight: Any, sharding: NamedSharding, tile: int, origin: Float[Array, " D"] | None = None
    ):
        self.arrays, self.weight, self.sharding, self.tile, self.origin = arrays, weight, sharding, tile, origin

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows of all devices."""
        return self._on_devices(_total, fn)

    def each(self, fn: Any) -> Any:
        """``fn(rows, weight)`` of every device's tiles, put end to end."""
        rows = np.asarray(self.weight) > 0
        return jax.tree.map(lambda leaf: np.asarray(leaf)[rows], self._on_devices(_each, fn))

    def _on_devices(self, program: Callable[..., Any], fn: Any) -> Any:
        return program(fn, self.arrays, self.weight, self.sharding.mesh, self.sharding.spec[0], self.tile)


def spread(arrays: Any, weight: Any, origin: Float[Array, " D"] | None, dtype: Any, tile: int) -> Mesh:
    """Sharded arrays where they lie, their real numbers measured from ``origin`` and in ``dtype``."""
    refuse_forked()
    sharding = jax.tree.leaves(arrays)[0].sharding
    if not isinstance(sharding, NamedSharding) or not sharding.spec or sharding.spec[0] is None:
        raise ValueError("A sharded array must be split along its rows, with a NamedSharding such as P('rows').")
    row_sharding = NamedSharding(sharding.mesh, PartitionSpec(sharding.spec[0]))
    weight = row_weight(row_count(arrays), weight, dtype)
    if origin is not None:
        arrays = jax.tree.map(lambda a: a - jnp.asarray(origin, a.dtype), arrays)
    arrays = jax.tree.map(lambda a: a.astype(dtype) if jnp.issubdtype(a.dtype, jnp.floating) else a, arrays)
    return Mesh(arrays, jax.device_put(weight, row_sharding), row_sharding, tile, origin)


@filter_jit
def _total(fn: Any, arrays: Any, weight: Any, mesh: Any, axis: Any, tile: int) -> Any:
    dynamic, static = eqx.partition(fn, eqx.is_array)

    @partial(_mapped, mesh, axis, PartitionSpec())
    def local_total(dynamic: Any, arrays: Any, weight: Any) -> Any:
        sums = block_total(eqx.combine(dynamic, static), _tiled(arrays, weight, tile))
        return jax.tree.map(lambda leaf: lax.psum(leaf, axis), sums)

    return local_total(dynamic, arrays, weight)


@filter_jit
def _each(fn: Any, arrays: Any, weight: Any, mesh: Any, axis: Any, tile: int) -> Any:
    dynamic, static = eqx.partition(fn, eqx.is_array)

    @partial(_mapped, mesh, axis, PartitionSpec(axis))
    def local_each(dynamic: Any, arrays: Any, weight: Any) -> Any:
        results = block_each(eqx.combine(dynamic, static), _tiled(arrays, weight, tile))
        return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[: len(weight)], results)

    return local_each(dynamic, arrays, weight)


def _mapped(mesh: Any, axis: Any, out_specs: PartitionSpec, program: Callable[..., Any]) -> Callable[..., Any]:
    """A program of a function's arrays, which every device has, and of the rows and weights of one device."""
    split = PartitionSpec(axis)
    return jax.shard_map(
        program, mesh=mesh, in_specs=(PartitionSpec(), split, split), out_specs=out_specs, check_vma=False
    )


def _tiled(arrays: Any, weight: Any, tile: int) -> Block:
    count = weight.shape[0]
    tiles = -(-count // tile)

    def cut(array: Any) -> Any:
        padding = [(0, tiles * tile - count)] + [(0, 0)] * (array.ndim - 1)
        return jnp.pad(array, padding).reshape(tiles, tile, *array.shape[1:])

    return Block(jax.tree.map(cut, arrays), cut(weight), tiles)
