"""A covariance matrix for each component, without constraint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from suffice.choices import CovarianceType
from suffice.latent.charts.covariances import TriangularChart
from suffice.latent.families.covariances.matrices import OwnMatrices, triangle
from suffice.latent.families.family import kept_where
from suffice.latent.forms.whiten import at_least
from suffice.runtime.arrays import Array


class FullCovariance(OwnMatrices):
    r"""A covariance matrix :math:`\Sigma_k` for each component.

    Parameters
    ----------
    values
        ``(..., K, D, D)``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import FullCovariance
    >>> FullCovariance(np.stack([np.eye(2)] * 3)).parameter_count()
    9
    """

    covariance_type: ClassVar[CovarianceType] = "full"
    chart: ClassVar[Any] = TriangularChart()

    def bounded(self, floor: Array) -> Self:
        """In no direction less than the floor."""
        return self.holding(at_least(self.values, floor))

    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """Component by component."""
        valid = (weight > 0) & definite
        return valid, self.holding(kept_where(valid, found.values, self.values))

    def among(self, columns: Sequence[int]) -> FullCovariance:
        """Rows and columns of the matrices."""
        return FullCovariance(np.asarray(self.values)[..., columns, :][..., columns])

    def of_matrices(self, matrices: np.ndarray) -> FullCovariance:
        """The matrices."""
        return FullCovariance(matrices)

    def _numbers(self) -> int:
        """Each symmetric entry once."""
        return triangle(self.values.shape[-1])
