"""Components brought to the nearest ones of their form, so that slopes along the form are seen alone."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from suffice.latent import Categorical, LowRankGaussian, PrincipalGaussian


def of_principal_form(components: PrincipalGaussian) -> PrincipalGaussian:
    """The components with covariances of one direction and noise alike in the others; those of this form stay."""
    matrices = components.covariances
    first = jax.lax.stop_gradient(jnp.linalg.eigh(matrices)[1][..., -1])
    moved = jnp.einsum("kde,ke->kd", matrices, first)
    axis = moved / jnp.linalg.norm(moved, axis=-1, keepdims=True)
    largest = jnp.einsum("kd,kde,ke->k", axis, matrices, axis)[:, None, None]
    noise = (jnp.trace(matrices, axis1=-2, axis2=-1)[:, None, None] - largest) / (matrices.shape[-1] - 1)
    of_form = noise * np.eye(matrices.shape[-1]) + (largest - noise) * axis[:, :, None] * axis[:, None, :]
    return eqx.tree_at(lambda c: c.covariances, components, of_form)


def of_rank_one(components: LowRankGaussian) -> LowRankGaussian:
    """The components with the covariance of one factor and a diagonal that has this diagonal and first row."""
    matrix = components.covariances
    first = jnp.sqrt(matrix[0, 1] * matrix[0, 2] / matrix[1, 2])
    loadings = jnp.concatenate([first[None], matrix[0, 1:] / first])
    nearest = jnp.where(np.eye(len(matrix), dtype=bool), matrix, loadings[:, None] * loadings)
    return eqx.tree_at(lambda c: c.covariances, components, nearest)


def summing_to_one(components: Categorical) -> Categorical:
    parts = jnp.split(components.probabilities, np.cumsum(components.sizes)[:-1], axis=-1)
    scaled = jnp.concatenate([part / part.sum(-1, keepdims=True) for part in parts], -1)
    return Categorical(scaled, components.sizes, components.prior)
