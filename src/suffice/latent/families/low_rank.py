"""Gaussian components that share one covariance matrix of low rank plus a diagonal."""

from __future__ import annotations

from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from suffice.latent.families.constrained_gaussian import TiedGaussian
from suffice.latent.families.gaussian import GaussianPrior
from suffice.latent.forms.natural import Moments
from suffice.runtime.arrays import Array

STEPS = 2000
SMALLEST_NOISE = 1e-8
"""As a share of a column's variance: where the likelihood rises without bound as a column's noise vanishes (Heywood)."""


class LowRankPrior(GaussianPrior):
    """What maximisation adds to the data, as ``GaussianPrior`` has it, and the ``rank`` of the covariance beside its diagonal."""

    rank: int = eqx.field(static=True)


class LowRankGaussian(TiedGaussian):
    r"""K Gaussians with one covariance :math:`W W^\top + \Psi`, W (D, R) and a diagonal Psi: factor analysis within classes.

    Maximisation takes the covariance within components and fits W and Psi to it: in turn the best W given Psi, by eigenvectors
    (Jöreskog, 1967), and a step of expectation-maximisation for Psi (Rubin and Thayer, 1982). The likelihood never falls.

    Parameters
    ----------
    means
        ``(..., K, D)``.
    covariances
        ``(..., D, D)``.
    prior
        A ``LowRankPrior``, which has the rank; without it the covariance is a full one.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import LowRankGaussian, LowRankPrior
    >>> prior = LowRankPrior(None, np.zeros(5), np.zeros((5, 5)), np.zeros(5), rank=1)
    >>> LowRankGaussian(np.zeros((3, 5)), np.eye(5), prior).parameter_count()
    25
    """

    def _covariances(self, moments: Moments, second: Array, shift: Array, counts: Array) -> Array:
        within = super()._covariances(moments, second, shift, counts)
        rank = self._rank()
        if rank is None:
            return within
        flat = within.reshape(-1, *within.shape[-2:])
        return lax.map(lambda matrix: low_rank(matrix, rank), flat).reshape(within.shape)

    def _rank(self) -> int | None:
        return getattr(self.prior, "rank", None)

    def translated(self, shift: Array) -> Self:
        """Means and the prior's mean moved by ``shift`` (D,)."""
        moved = self.means + shift, self.prior.mean + shift
        return eqx.tree_at(lambda family: (family.means, family.prior.mean), self, moved)

    def parameter_count(self) -> int:
        """Means, and loadings up to a rotation with the diagonal, or the whole covariance if that has fewer."""
        features, rank = self.means.shape[-1], self._rank()
        whole = features * (features + 1) // 2
        free = whole if rank is None else features * (rank + 1) - rank * (rank - 1) // 2
        return int(np.prod(self.means.shape)) + min(free, whole)


def low_rank(matrix: Any, rank: int, tol: float = 1e-10) -> Array:
    """The covariance :math:`W W^\top + \\Psi` of highest Gaussian likelihood for rows of this covariance."""
    deviation = jnp.sqrt(jnp.diagonal(matrix))
    safe = jnp.where(deviation > 0, deviation, 1)
    correlation = matrix / safe[:, None] / safe

    def loadings(noise: Array) -> tuple[Array, Array]:
        root = jnp.sqrt(noise)
        values, vectors = jnp.linalg.eigh(correlation / root[:, None] / root)
        values, vectors = values[::-1][:rank], vectors[:, ::-1][:, :rank]
        found = root[:, None] * vectors * jnp.sqrt(jnp.maximum(values - 1, 0))
        above = jnp.maximum(values, 1)
        fit = (jnp.log(above) - values + values / above).sum() + (jnp.diagonal(correlation) / noise).sum()
        return found, -(jnp.log(noise).sum() + fit) / 2

    def step(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        noise, before, _, count = state
        found, value = loadings(noise)
        noise = jnp.maximum(1 - jnp.square(found).sum(1), SMALLEST_NOISE)
        return noise, value, value - before, count + 1

    start = jnp.full(len(matrix), 0.5, correlation.dtype), -jnp.inf, jnp.inf, 0
    start = jax.tree.map(lambda leaf: jnp.asarray(leaf, correlation.dtype), start)
    noise, *_ = lax.while_loop(lambda state: (state[2] > tol) & (state[3] < STEPS), step, start)
    found, _ = loadings(noise)
    fitted = found @ found.T + jnp.diag(jnp.maximum(1 - jnp.square(found).sum(1), SMALLEST_NOISE))
    return fitted * safe[:, None] * safe
