"""The chart of components beside noise: that of the components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from suffice.latent.forms.natural import Moments
from suffice.model import Chart
from suffice.runtime.arrays import Array
from suffice.runtime.module import replaced

if TYPE_CHECKING:
    from suffice.latent.families.gaussian_with_noise import GaussianWithNoise


class NoiseChart(Chart):
    """The coordinates of the components; the noise has none."""

    def exists(self, model: GaussianWithNoise) -> bool:
        """Where the components have coordinates."""
        return model.gaussian.chart.exists(model.gaussian)

    def position(self, model: GaussianWithNoise) -> Array:
        """The components'."""
        return model.gaussian.chart.position(model.gaussian)

    def at(self, model: GaussianWithNoise, position: Array) -> GaussianWithNoise:
        """The components there."""
        return replaced(model, gaussian=model.gaussian.chart.at(model.gaussian, position))

    def slope(self, model: GaussianWithNoise, statistics: Moments) -> Array:
        """The components', by their own moments."""
        return model.gaussian.chart.slope(model.gaussian, statistics.common)

    def limited(self, model: GaussianWithNoise) -> np.ndarray:
        """Those of the components."""
        return model.gaussian.chart.limited(model.gaussian)

    def units(self, model: GaussianWithNoise) -> np.ndarray:
        """Those of the components."""
        return model.gaussian.chart.units(model.gaussian)

    def redundant(self, model: GaussianWithNoise) -> np.ndarray:
        """Those of the components."""
        return model.gaussian.chart.redundant(model.gaussian)
