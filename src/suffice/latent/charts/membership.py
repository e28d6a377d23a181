"""The chart of mixtures whose weights depend on covariates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import block_diag

from suffice.latent.charts.chart import joined, parted
from suffice.model import Chart
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced

if TYPE_CHECKING:
    from suffice.latent.membership import MembershipMixture, MembershipStatistics

LARGEST = 30.0
"""Most that a coefficient is away from 0, of a covariate in units of its standard deviation: where it tells a class surely."""


class MembershipChart(Chart):
    """Coefficients of all classes but the first, and the coordinates of the components."""

    def exists(self, model: MembershipMixture) -> bool:
        """Where the components have coordinates."""
        return model.components.chart.exists(model.components)

    def position(self, model: MembershipMixture) -> Array:
        """Coefficients first."""
        own = joined([model.coefficients[..., 1:, :]], model.coefficients.ndim - 2)
        return jnp.concatenate([own, model.components.chart.position(model.components)], -1)

    def at(self, model: MembershipMixture, position: Array) -> MembershipMixture:
        """Coefficients, within bounds, and the components there."""
        classes, covariates = model.coefficients.shape[-2:]
        count = (classes - 1) * covariates
        (own,) = parted(position[..., :count], [(classes - 1, covariates)])
        found = jnp.concatenate([model.coefficients[..., :1, :], jnp.clip(own, -LARGEST, LARGEST)], -2)
        components = model.components.chart.at(model.components, position[..., count:])
        return replaced(model, coefficients=found, components=components)

    def slope(self, model: MembershipMixture, statistics: MembershipStatistics) -> Array:
        """That of the logits, and the components'."""
        own = joined([statistics.rise[..., 1:, :]], model.coefficients.ndim - 2)
        return jnp.concatenate([own, model.components.chart.slope(model.components, statistics.moments)], -1)

    def limited(self, model: MembershipMixture) -> np.ndarray:
        """Those of the components."""
        free = np.zeros(int(np.prod(model.coefficients[..., 1:, :].shape[-2:])), bool)
        return np.concatenate([free, model.components.chart.limited(model.components)])

    def units(self, model: MembershipMixture) -> np.ndarray:
        """1, and those of the components."""
        own = np.ones(np.size(model.coefficients[..., 1:, :]))
        return np.concatenate([own, model.components.chart.units(model.components)])

    def redundant(self, model: MembershipMixture) -> np.ndarray:
        """Those of the components."""
        none = np.zeros((np.size(model.coefficients[..., 1:, :]), 0))
        return np.asarray(block_diag(none, model.components.chart.redundant(model.components)))
