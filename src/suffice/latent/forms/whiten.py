"""Factors of covariance matrices, one matrix at a time.

jaxlib hands a stack of matrices to LAPACK in parallel and blocks a thread of XLA's pool until it is done; two stacks at once on
a pool of two threads then wait for each other for ever (seen with jaxlib 0.10). Matrix by matrix nothing waits.
"""

from __future__ import annotations

from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.either import inverse_of_lower, jnp, lax


def whitening(matrices: Float[Array, "... D D"]) -> tuple[Float[Array, "... D D"], Float[Array, ...]]:
    """W with inverse W W' for each symmetric matrix (..., D, D), and half the logarithm of the inverse's determinant (...)."""

    def one(matrix: Array) -> tuple[Array, Array]:
        root = jnp.linalg.cholesky(matrix)
        inverse = inverse_of_lower(root)
        return inverse.T, jnp.log(jnp.diagonal(inverse)).sum()

    factors, halves = lax.map(one, matrices.reshape(-1, *matrices.shape[-2:]))
    return factors.reshape(matrices.shape), halves.reshape(matrices.shape[:-2])


def positive_definite(matrices: Array) -> Array:
    """Whether each symmetric matrix (..., D, D) is positive definite, (...)."""

    def one(matrix: Array) -> Array:
        return jnp.isfinite(jnp.linalg.cholesky(matrix)).all()

    return lax.map(one, matrices.reshape(-1, *matrices.shape[-2:])).reshape(matrices.shape[:-2])


def gram(factors: Float[Array, "... D D"]) -> Float[Array, "... D D"]:
    """W W' for each factor (..., D, D)."""
    return factors @ jnp.swapaxes(factors, -1, -2)
