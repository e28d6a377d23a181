"""The chart of Gaussian components: their means, and what their covariance has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from suffice.latent.charts.chart import joined
from suffice.latent.families.covariances.sums import sums_of
from suffice.latent.forms.natural import Moments
from suffice.latent.forms.origin import moved
from suffice.model import Chart
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced

if TYPE_CHECKING:
    from suffice.latent.families.gaussian import Gaussian


class AboutMeans(NamedTuple):
    """First moments (..., K, D) about the means, second ones as the covariance has them, and cells (..., K, 1 or D)."""

    first: Array
    second: Array
    cells: Array


class GaussianChart(Chart):
    """Means as they are, and the coordinates of the covariance."""

    def exists(self, model: Gaussian) -> bool:
        """Where the covariance has coordinates."""
        return model.covariance.chart is not None

    def position(self, model: Gaussian) -> Array:
        """Means first."""
        own = model.covariance.chart.position(model.covariance)
        return jnp.concatenate([joined([model.means], model.means.ndim - 2), own], -1)

    def at(self, model: Gaussian, position: Array) -> Gaussian:
        """Means and covariance, which keeps its floor; one that is held below it stays as it is."""
        count, old = int(np.prod(model.means.shape[-2:])), model.covariance
        means = position[..., :count].reshape(model.means.shape)
        floor = jnp.minimum(model.prior.floor, jnp.broadcast_to(old.by_column(), means.shape))
        return replaced(model, means=means, covariance=old.chart.at(old, position[..., count:]).bounded(floor))

    def slope(self, model: Gaussian, statistics: Moments) -> Array:
        """Precisions times the first moments about the means, and the covariance's."""
        whitening, _ = model.covariance.whitening(model.means.shape)
        sums = _about_means(model, statistics)
        if whitening.ndim > sums.first.ndim:
            pulled = whitening @ (jnp.swapaxes(whitening, -1, -2) @ sums.first[..., None])
            in_means = pulled[..., 0]
        else:
            in_means = jnp.square(whitening) * sums.first
        own = model.covariance.chart.slope(model.covariance, whitening, sums.second, sums.cells)
        return jnp.concatenate([joined([in_means], in_means.ndim - 2), own], -1)

    def limited(self, model: Gaussian) -> np.ndarray:
        """None."""
        return np.zeros(self.position(model).shape[-1], bool)

    def units(self, model: Gaussian) -> np.ndarray:
        """Standard deviations, and what the covariance has."""
        return np.concatenate([np.sqrt(model.variances()).ravel(), model.covariance.chart.units(model.covariance)])


def _about_means(model: Gaussian, moments: Moments) -> AboutMeans:
    """Moments about the present means, the prior's rows among them."""
    kind, means = model.covariance.covariance_type, model.means
    about = moments if moments.about == "means" else moved(moments, -means, kind, "means")
    sums = sums_of(about, means, model.covariance, model.prior)
    parts = {
        "full": lambda: sums.second + sums.prior,
        "tied": lambda: sums.common + sums.prior.sum(-3),
        "diag": lambda: sums.second + sums.prior,
        "spherical": lambda: sums.second + sums.prior.sum(-1, keepdims=True),
    }
    return AboutMeans(sums.shift * jnp.where(sums.counts > 0, sums.counts, 1), parts[kind](), sums.counts)
