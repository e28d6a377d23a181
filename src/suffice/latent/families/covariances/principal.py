"""Covariance matrices that are low rank plus noise of one variance in all columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from suffice.choices import CovarianceType
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

    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """Component by component, with their smallest eigenvalues averaged."""
        valid = (weight > 0) & definite
        return valid, self.holding(averaged_spectrum(kept_where(valid, found.values, self.values), self.rank))

    def among(self, columns: Sequence[int]) -> FullCovariance:
        """Rows and columns of the matrices, which have another form."""
        return FullCovariance(np.asarray(self.values)[..., columns, :][..., columns])

    def of_matrices(self, matrices: np.ndarray) -> FullCovariance:
        """The matrices, which have another form."""
        return FullCovariance(matrices)

    def _numbers(self) -> int:
        """Axes and the variances along them, and a noise variance."""
        return self.values.shape[-1] * self.rank - self.rank * (self.rank - 1) // 2 + 1


def averaged_spectrum(matrices: Array, rank: int) -> Array:
    """Symmetric matrices (..., D, D) of which all eigenvalues but the ``rank`` largest are replaced by their mean."""

    def one(matrix: Array) -> Array:
        values, vectors = jnp.linalg.eigh(matrix)
        noise = values[: len(values) - rank].mean()
        largest = vectors[:, len(values) - rank :]
        extra = values[len(values) - rank :] - noise
        return (largest * extra) @ largest.T + noise * jnp.eye(len(values), dtype=matrix.dtype)

    return lax.map(one, matrices.reshape(-1, *matrices.shape[-2:])).reshape(matrices.shape)
