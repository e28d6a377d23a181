"""One covariance matrix of all components that is low rank plus a diagonal."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from suffice.choices import CovarianceType
from suffice.latent.families.covariances.matrices import SharedMatrix, common, triangle
from suffice.latent.forms.whiten import at_least
from suffice.latent.ties import Labels
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import field

STEPS = 2000
SMALLEST_NOISE = 1e-8
"""As a share of a column's variance: where the likelihood rises without bound as a column's noise vanishes (Heywood)."""


class LowRankCovariance(SharedMatrix):
    r"""One covariance :math:`W W^\top + \Psi` of all components, W with ``rank`` columns and a diagonal Psi.

    Estimation takes the covariance within components and fits W and Psi to it: in turn the best W given Psi, by eigenvectors
    (Jöreskog, 1967), and a step of expectation-maximisation for Psi (Rubin and Thayer, 1982). The likelihood never falls.
    W and Psi are not kept, and have no closed form given their sum: there is no chart, and fits take plain steps, of which they
    need about as many as those of a tied covariance need accelerated ones (``benchmarks/low_rank.py``).

    Parameters
    ----------
    values
        ``(..., D, D)``.
    rank
        Columns of W; None is no constraint.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import LowRankCovariance
    >>> LowRankCovariance(np.eye(5), rank=1).parameter_count()
    10
    """

    rank: int | None = field(static=True)
    covariance_type: ClassVar[CovarianceType] = "tied"

    def bounded(self, floor: Array) -> Self:
        """The likeliest of this form, no noise below the floor; without a rank, in no direction less."""
        rank, own = self.rank, jnp.broadcast_to(common(floor), self.values.shape[:-1])
        if rank is None:
            return self.holding(at_least(self.values, own))
        parts = self.values.reshape(-1, *self.values.shape[-2:]), own.reshape(-1, own.shape[-1])
        found = lax.map(lambda part: low_rank(part[0], rank, part[1]), parts)
        return self.holding(found.reshape(self.values.shape))

    def parameter_count(self, labels: Labels | None = None) -> int:
        """Loadings up to a rotation and the diagonal, or the whole matrix if that has fewer."""
        features = self.values.shape[-1]
        rank = features if self.rank is None else self.rank
        free = features * (rank + 1) - rank * (rank - 1) // 2
        return int(np.prod(self.values.shape[:-2])) * min(free, triangle(features))


def low_rank(matrix: Array, rank: int, floor: Array | float = 0.0, tol: float = 1e-10) -> Array:
    """The covariance :math:`W W^\top + \\Psi`, Psi at least ``floor`` (D,), likeliest for rows of this covariance."""
    variance = jnp.diagonal(matrix)
    missing = jnp.maximum(floor - variance, 0)
    deviation = jnp.sqrt(variance + missing)
    safe = jnp.where(deviation > 0, deviation, 1)
    correlation = (matrix + jnp.diag(missing)) / safe[:, None] / safe
    least = jnp.maximum(SMALLEST_NOISE, floor / jnp.square(safe))

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
        noise = jnp.maximum(1 - jnp.square(found).sum(1), least)
        return noise, value, value - before, count + 1

    start = jnp.full(len(matrix), 0.5, correlation.dtype), -jnp.inf, jnp.inf, 0
    start = tree.map_leaves(lambda leaf: jnp.asarray(leaf, correlation.dtype), start)
    noise, *_ = lax.while_loop(lambda state: (state[2] > tol) & (state[3] < STEPS), step, start)
    found, _ = loadings(noise)
    fitted = found @ found.T + jnp.diag(jnp.maximum(1 - jnp.square(found).sum(1), least))
    return fitted * safe[:, None] * safe
