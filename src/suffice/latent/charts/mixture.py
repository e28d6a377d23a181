"""The charts of mixtures, and of families side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import block_diag

from suffice.latent.charts.chart import of_squares
from suffice.latent.expectation import MixtureStatistics
from suffice.latent.forms.natural import Moments
from suffice.model import NO_CHART, Chart
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced

if TYPE_CHECKING:
    from suffice.latent.families.mixed import Mixed
    from suffice.latent.mixture import Mixture


class MixtureChart(Chart):
    """Square roots of the weights, a point on the unit sphere, and the coordinates of the components."""

    def exists(self, model: Mixture) -> bool:
        """Where the components have coordinates."""
        return model.components.chart.exists(model.components)

    def position(self, model: Mixture) -> Array:
        """Weights first."""
        if not self.exists(model):
            return NO_CHART.position(model)
        return jnp.concatenate([jnp.exp(model.log_weights / 2), model.components.chart.position(model.components)], -1)

    def at(self, model: Mixture, position: Array) -> Mixture:
        """Squares made to sum to 1, and the components there."""
        if not self.exists(model):
            return model
        count = model.log_weights.shape[-1]
        squares = jnp.square(position[..., :count])
        log_weights = jnp.log(squares / squares.sum(-1, keepdims=True))
        components = model.components.chart.at(model.components, position[..., count:])
        return replaced(model, log_weights=log_weights, components=components)

    def slope(self, model: Mixture, statistics: MixtureStatistics) -> Array:
        """2 (N_k / u_k - N u_k) of the components' weights N_k, the prior's among them, N in all."""
        if not self.exists(model):
            return NO_CHART.slope(model, statistics)
        counts = statistics.moments.total[-1] + (model.prior.concentration - 1)
        rise = counts - counts.sum(-1, keepdims=True) * jnp.exp(model.log_weights)
        own = of_squares(rise, jnp.exp(model.log_weights / 2))
        return jnp.concatenate([own, model.components.chart.slope(model.components, statistics.moments)], -1)

    def limited(self, model: Mixture) -> np.ndarray:
        """The weights', and those of the components."""
        if not self.exists(model):
            return NO_CHART.limited(model)
        weights = np.ones(model.log_weights.shape[-1], bool)
        return np.concatenate([weights, model.components.chart.limited(model.components)])

    def units(self, model: Mixture) -> np.ndarray:
        """Those of the weights, and those of the components."""
        own = np.exp(np.asarray(model.log_weights) / 2)
        return np.concatenate([own, model.components.chart.units(model.components)])

    def redundant(self, model: Mixture) -> np.ndarray:
        """Weights that are all larger."""
        own = np.exp(np.asarray(model.log_weights) / 2)[:, None]
        return np.asarray(block_diag(own, model.components.chart.redundant(model.components)))


class MixedChart(Chart):
    """The coordinates of the parts."""

    def exists(self, model: Mixed) -> bool:
        """Where all parts have them."""
        return all(part.chart.exists(part) for part in model.parts)

    def position(self, model: Mixed) -> Array:
        """One part after another."""
        return jnp.concatenate([part.chart.position(part) for part in model.parts], -1)

    def at(self, model: Mixed, position: Array) -> Mixed:
        """Each part at its own."""
        ends = np.cumsum([0, *(len(part.chart.limited(part)) for part in model.parts)])
        spans = zip(model.parts, ends[:-1], ends[1:], strict=True)
        return type(model)([part.chart.at(part, position[..., start:end]) for part, start, end in spans], model.columns)

    def slope(self, model: Mixed, statistics: Moments) -> Array:
        """Each part's by its own moments."""
        pairs = zip(model.parts, statistics.common, strict=True)
        return jnp.concatenate([part.chart.slope(part, own) for part, own in pairs], -1)

    def limited(self, model: Mixed) -> np.ndarray:
        """Those of the parts."""
        return np.concatenate([part.chart.limited(part) for part in model.parts])

    def units(self, model: Mixed) -> np.ndarray:
        """Those of the parts."""
        return np.concatenate([part.chart.units(part) for part in model.parts])

    def redundant(self, model: Mixed) -> np.ndarray:
        """Those of the parts."""
        return np.asarray(block_diag(*(part.chart.redundant(part) for part in model.parts)))
