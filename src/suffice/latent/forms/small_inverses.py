"""Many small matrices at once, side by side along the last axis, so that every step is one vector instruction for all."""

from __future__ import annotations

from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax


def inverted(matrices: Array) -> tuple[Array, Array]:
    """Inverses (k, k, n) of positive definite matrices (k, k, n), and half the logarithms of their determinants (n,)."""
    size = len(matrices)
    diagonal = jnp.diagonal(matrices)
    scale = lax.optimization_barrier(1 / jnp.sqrt(diagonal.T))
    itself = jnp.eye(size, dtype=matrices.dtype)

    def sweep(j: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        parts, half_log = carry
        row = lax.dynamic_index_in_dim(parts, j, keepdims=False)
        row = lax.optimization_barrier(lax.dynamic_update_index_in_dim(row, row[j] + 1, j, 0))
        pivot = row[j] + 1
        scaled = lax.optimization_barrier(row * lax.optimization_barrier(1 / pivot))
        return parts - row[:, None] * scaled, half_log + jnp.log(pivot) / 2

    start = matrices * scale[:, None] * scale - 2 * itself[..., None]
    swept, half_log = lax.fori_loop(0, size, sweep, (start, jnp.log(diagonal).sum(-1) / 2))
    return -swept * scale[:, None] * scale, half_log
