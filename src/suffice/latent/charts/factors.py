"""The chart of linear Gaussian models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import block_diag

from suffice.latent.charts.chart import joined, parted
from suffice.latent.forms.triangles import bordered, unpacked
from suffice.model import Chart
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import replaced

if TYPE_CHECKING:
    from suffice.latent.factors.linear_gaussian import LinearGaussian
    from suffice.latent.factors.posterior import FactorStatistics
    from suffice.latent.families.factor_gaussian import FactorGaussian
    from suffice.latent.forms.natural import Moments


class FactorChart(Chart):
    """Mean and loadings as they are, and logarithms of the noise's standard deviations."""

    def exists(self, model: LinearGaussian) -> bool:
        """Always."""
        return True

    def position(self, model: LinearGaussian) -> Array:
        """Mean, loadings, noise."""
        return joined([model.mean, model.loadings, jnp.log(model.noise_variance) / 2], model.mean.ndim - 1)

    def at(self, model: LinearGaussian, position: Array) -> LinearGaussian:
        """Noise is kept above its floor."""
        shapes = [model.mean.shape[-1:], model.loadings.shape[-2:], model.noise_variance.shape[-1:]]
        mean, loadings, log_noise = parted(position, shapes)
        noise = jnp.maximum(jnp.exp(2 * log_noise), model.floor.least)
        return replaced(model, mean=mean, loadings=loadings, noise_variance=noise)

    def slope(self, model: LinearGaussian, statistics: FactorStatistics) -> Array:
        """What the latent variables leave unexplained, in units of the noise."""
        old = model.loadings, model.noise_variance
        if model.restarts:
            return lax.map(lambda pair: _slope(*pair), (old, statistics))
        return _slope(old, statistics)

    def limited(self, model: LinearGaussian) -> np.ndarray:
        """None."""
        features, size = model.loadings.shape[-2:]
        return np.zeros(features * (size + 1) + model.noise_variance.shape[-1], bool)

    def units(self, model: LinearGaussian) -> np.ndarray:
        """Standard deviations of the columns, and 1 for logarithms."""
        deviation = np.sqrt(model.variances())
        size, noises = model.loadings.shape[-1], model.noise_variance.shape[-1]
        return np.concatenate([deviation, np.repeat(deviation, size), np.ones(noises)])

    def redundant(self, model: LinearGaussian) -> np.ndarray:
        """Rotations of the loadings, in the plane of every two factors."""
        loadings = np.asarray(model.loadings)
        features, size = loadings.shape
        found = np.zeros((len(self.limited(model)), size * (size - 1) // 2))
        for place, (i, j) in enumerate(zip(*np.triu_indices(size, 1), strict=True)):
            turn = np.zeros_like(loadings)
            turn[:, i], turn[:, j] = -loadings[:, j], loadings[:, i]
            found[features : features * (size + 1), place] = turn.ravel()
        return found


class ComponentFactorsChart(Chart):
    """The coordinates of each component's mean, loadings and noise, one component after another."""

    def exists(self, model: FactorGaussian) -> bool:
        """Where every component has loadings of its own."""
        return model.loadings.shape[-3] == model.means.shape[-2]

    def position(self, model: FactorGaussian) -> Array:
        """(..., K P)."""
        return FactorChart().position(model.linear()).reshape(*model.means.shape[:-2], -1)

    def at(self, model: FactorGaussian, position: Array) -> FactorGaussian:
        """Every component at its own."""
        linear = model.linear()
        return model.of_linear(FactorChart().at(linear, position.reshape(len(linear.mean), -1)))

    def slope(self, model: FactorGaussian, statistics: Moments) -> Array:
        """Of the rows' sums, the prior's among them."""
        lead = model.means.ndim - 1
        sums = tree.map_leaves(lambda leaf: leaf.reshape(-1, *leaf.shape[lead:]), model.sums(statistics))
        return FactorChart().slope(model.linear(), sums).reshape(*model.means.shape[:-2], -1)

    def units(self, model: FactorGaussian) -> np.ndarray:
        """Those of each component."""
        return np.concatenate([FactorChart().units(each) for each in _one_by_one(model)])

    def redundant(self, model: FactorGaussian) -> np.ndarray:
        """Rotations of each component's loadings."""
        return np.asarray(block_diag(*(FactorChart().redundant(each) for each in _one_by_one(model))))

    def limited(self, model: FactorGaussian) -> np.ndarray:
        """None."""
        return np.zeros(model.means.shape[-2] * len(FactorChart().limited(model.linear())), bool)


def _one_by_one(model: FactorGaussian) -> list[LinearGaussian]:
    """The components, each as a model of its own."""
    linear = model.linear()
    parts = zip(linear.mean, linear.loadings, linear.noise_variance, strict=True)
    return [replaced(linear, mean=mean, loadings=loadings, noise_variance=noise) for mean, loadings, noise in parts]


def _slope(old: tuple[Array, Array], statistics: FactorStatistics) -> Array:
    loadings, noise = old
    size = loadings.shape[-1]
    split = size * (size + 1) // 2
    gram = bordered(unpacked(statistics.gram[:split], size), statistics.gram[split:].T)
    whole = jnp.concatenate([loadings, jnp.zeros_like(loadings[:, :1])], -1)[:, None]
    explained, cross = (whole @ gram)[:, 0], statistics.cross.T
    rise = (cross - explained) / noise[:, None]
    left_over = statistics.square + ((explained - 2 * cross) * whole[:, 0]).sum(-1)
    in_noise = left_over / noise - jnp.broadcast_to(statistics.gram[-1], left_over.shape)
    in_noise = in_noise.sum(keepdims=True) if noise.shape[-1] == 1 else in_noise
    return joined([rise[:, size], rise[:, :size], in_noise], 0)
