"""Factors of covariance matrices, one matrix at a time.

jaxlib hands a stack of matrices to LAPACK in parallel and blocks a thread of XLA's pool until it is done; two stacks at once on
a pool of two threads then wait for each other for ever (seen with jaxlib 0.10). Matrix by matrix nothing waits.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.either import inverse_of_lower, is_jax, jnp, lax


def whitening(matrices: Float[Array, "... D D"]) -> tuple[Float[Array, "... D D"], Float[Array, ...]]:
    """W with inverse W W' for each symmetric matrix (..., D, D), and half the logarithm of the inverse's determinant (...)."""

    if not is_jax(matrices):
        roots = cholesky(matrices).reshape(-1, *matrices.shape[-2:])
        inverses = np.stack([inverse_of_lower(root) for root in roots]).reshape(matrices.shape)
        halves = np.log(inverses.diagonal(axis1=-2, axis2=-1)).sum(-1)
        return np.swapaxes(inverses, -1, -2), halves

    def one(matrix: Array) -> tuple[Array, Array]:
        root = jnp.linalg.cholesky(matrix)
        inverse = inverse_of_lower(root)
        return inverse.T, jnp.log(jnp.diagonal(inverse)).sum()

    factors, halves = lax.map(one, matrices.reshape(-1, *matrices.shape[-2:]))
    return factors.reshape(matrices.shape), halves.reshape(matrices.shape[:-2])


def cholesky(matrices: Float[Array, "... D D"]) -> Float[Array, "... D D"]:
    """Lower triangular factors of symmetric matrices (..., D, D)."""
    if not is_jax(matrices):
        return jnp.linalg.cholesky(matrices)
    return lax.map(jnp.linalg.cholesky, matrices.reshape(-1, *matrices.shape[-2:])).reshape(matrices.shape)


def positive_definite(matrices: Array) -> Array:
    """Whether each symmetric matrix (..., D, D) is positive definite, (...)."""
    return jnp.isfinite(cholesky(matrices)).all((-2, -1))


def at_least(matrices: Array, floor: Array) -> Array:
    r"""Symmetric matrices (..., D, D), in no direction less than ``floor`` (D,) or (..., D), or than rounding leaves of them.

    Of all :math:`\Sigma \succeq \mathrm{diag}(floor)` it is the one that maximises
    :math:`-\log |\Sigma| - \mathrm{tr}(\Sigma^{-1} S)`: in units of the floor, no eigenvalue of S is below 1. A floor of 0
    bounds nothing.
    """
    features = matrices.shape[-1]
    itself = jnp.eye(features, dtype=matrices.dtype)
    numerical = 4 * features * float(jnp.finfo(matrices.dtype).eps)
    least = jnp.maximum(floor, numerical * jnp.diagonal(matrices, axis1=-2, axis2=-1))
    fine = positive_definite(matrices - least[..., None] * itself) | ~(floor > 0).all(-1)
    if not is_jax(fine) and fine.all():
        return matrices

    def raised(part: tuple[Array, Array]) -> Array:
        matrix, scale = part
        values, vectors = jnp.linalg.eigh(matrix / scale[:, None] / scale)
        within = vectors * jnp.maximum(values - 1, 0) @ vectors.T + itself
        return within * scale[:, None] * scale

    def one(part: tuple[Array, Array, Array]) -> Array:
        fine, matrix, scale = part
        return lax.cond(fine, lambda same: same[0], raised, (matrix, scale))

    parts = fine.reshape(-1), matrices.reshape(-1, features, features), jnp.sqrt(least).reshape(-1, features)
    return lax.map(one, parts).reshape(matrices.shape)


def gram(factors: Float[Array, "... D D"]) -> Float[Array, "... D D"]:
    """W W' for each factor (..., D, D)."""
    return factors @ jnp.swapaxes(factors, -1, -2)
