"""One covariance matrix of all components, without constraint."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from suffice.choices import CovarianceType
from suffice.latent.charts.covariances import TriangularChart
from suffice.latent.families.covariances.matrices import SharedMatrix, common, triangle
from suffice.latent.forms.whiten import at_least
from suffice.latent.ties import Labels
from suffice.runtime.arrays import Array


class TiedCovariance(SharedMatrix):
    r"""One covariance matrix :math:`\Sigma` of all components.

    Parameters
    ----------
    values
        ``(..., D, D)``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import TiedCovariance
    >>> TiedCovariance(np.eye(2)).parameter_count()
    3
    """

    covariance_type: ClassVar[CovarianceType] = "tied"
    chart: ClassVar[Any] = TriangularChart()

    def bounded(self, floor: Array) -> Self:
        """In no direction less than the floor."""
        return self.holding(at_least(self.values, common(floor)))

    def parameter_count(self, labels: Labels | None = None) -> int:
        """Each symmetric entry once."""
        return int(np.prod(self.values.shape[:-2])) * triangle(self.values.shape[-1])
