"""Covariance matrices that are low rank plus noise of one variance in all columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from suffice.choices import CovarianceType
from suffice.latent.charts.covariances import PrincipalChart
from suffice.latent.families.covariances.full import FullCovariance
from suffice.latent.families.covariances.matrices import OwnMatrices
from suffice.latent.families.family import kept_where
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import field


class PrincipalCovariance(OwnMatrices):
    r"""Covariances :math:`W_k W_k^\top + \sigma_k^2 I`, each W with ``rank`` columns.

    Estimation takes the covariance that would be without this constraint and keeps its largest eigenvalues; the others become
    their mean (Tipping and Bishop, "Mixtures of probabilistic principal component analysers", 1999). Those of some columns alone
    and those given other columns are full ones.

    Parameters
    ----------
    values
        ``(..., K, D, D)``.
    rank
        Columns of W, below D.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import PrincipalCovariance
    >>> PrincipalCovariance(np.stack([np.eye(5)] * 2), rank=1).parameter_count()
    12
    """

    rank: int = field(static=True)
    covariance_type: ClassVar[CovarianceType] = "full"
    chart: ClassVar[Any] = PrincipalChart()

    def bounded(self, floor: Array) -> Self:
        """The smallest eigenvalues averaged, and none below the columns' average floor."""
        least = jnp.broadcast_to(floor.mean(-1), self.values.shape[:-2])
        return self.holding(averaged_spectrum(self.values, self.rank, least))

    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """Component by component."""
        valid = (weight > 0) & definite
        return valid, self.holding(kept_where(valid, found.values, self.values))

    def among(self, columns: Sequence[int]) -> FullCovariance:
        """Rows and columns of the matrices, which have another form."""
        return FullCovariance(np.asarray(self.values)[..., columns, :][..., columns])

    def of_matrices(self, matrices: np.ndarray) -> FullCovariance:
        """The matrices, which have another form."""
        return FullCovariance(matrices)

    def _numbers(self) -> int:
        """Axes and the variances along them, and a noise variance."""
        return self.values.shape[-1] * self.rank - self.rank * (self.rank - 1) // 2 + 1


def averaged_spectrum(matrices: Array, rank: int, least: Array) -> Array:
    """Symmetric matrices (..., D, D) of which all eigenvalues but the ``rank`` largest are their mean, and none below (...).

    Small eigenvalues are Rayleigh quotients, which keep their digits where columns differ much in scale.
    """

    def one(part: tuple[Array, Array]) -> Array:
        matrix, least = part
        values, vectors = jnp.linalg.eigh(matrix)
        rest, largest = vectors[:, : len(values) - rank], vectors[:, len(values) - rank :]
        noise = jnp.maximum((rest * (matrix @ rest)).sum() / (len(values) - rank), least)
        extra = jnp.maximum(values[len(values) - rank :] - noise, 0)
        return (largest * extra) @ largest.T + noise * jnp.eye(len(values), dtype=matrix.dtype)

    parts = matrices.reshape(-1, *matrices.shape[-2:]), least.reshape(-1)
    return lax.map(one, parts).reshape(matrices.shape)
