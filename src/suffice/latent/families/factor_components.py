"""Components of few latent variables each, as models of their own and put together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from suffice.latent.charts.factors import ComponentFactorsChart
from suffice.latent.factors.linear_gaussian import LinearGaussian, NoiseFloor
from suffice.latent.factors.posterior import FactorStatistics, LatentPosterior
from suffice.latent.families.covariances.factors import FactorCovariance
from suffice.latent.families.gaussian_columns import GaussianColumns
from suffice.latent.families.gaussian_prior import no_prior
from suffice.latent.families.prior_factors import prior_sums
from suffice.latent.forms.factors import about
from suffice.latent.forms.natural import Moments
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


class FactorComponents(GaussianColumns):
    """Means (..., K, D), loadings, noise and a prior; ``FactorGaussian`` has the mathematics."""

    covariance: Any
    chart: ClassVar[Any] = ComponentFactorsChart()
    dependent_cells: ClassVar[bool] = True

    @property
    def loadings(self) -> Array:
        """W, (..., K or 1, D, q)."""
        return self.covariance.loadings

    @property
    def noise_variance(self) -> Array:
        """Noise of the columns, (..., K or 1, 1 or D)."""
        return self.covariance.noise_variance

    @property
    def rank(self) -> int:
        """Number of latent variables q of a component."""
        return self.loadings.shape[-1]

    def posterior(self) -> LatentPosterior:
        """The E-step of each component, (..., K)."""
        shape = self.means.shape
        loadings = jnp.broadcast_to(self.loadings, (*shape, self.rank))
        return LatentPosterior(self.means, loadings, jnp.broadcast_to(self.noise_variance, shape))

    def linear(self, frozen: Collection[str] = ()) -> LinearGaussian:
        """The components as models along one axis, which maximise with what is ``frozen``."""
        lead = self.means.ndim - 1
        parts = (self.means, self.loadings, self.noise_variance)
        mean, loadings, noise = (part.reshape(-1, *part.shape[lead:]) for part in parts)
        floor = NoiseFloor(self.prior.floor.mean(-1) if noise.shape[-1] == 1 else self.prior.floor)
        return LinearGaussian(mean, loadings, noise, frozen=frozen, expanded=True, floor=floor)

    def of_linear(self, found: LinearGaussian) -> Self:
        """Components whose parameters are those of models along one axis."""
        lead = self.means.shape[:-1]
        parts = (found.mean, found.loadings, found.noise_variance)
        means, loadings, noise = (part.reshape(*lead, *part.shape[1:]) for part in parts)
        return replaced(self, means=means, covariance=FactorCovariance(loadings, noise))

    def sums(self, moments: Moments) -> FactorStatistics:
        """Sums of the rows about the present means, the prior's rows among them."""
        sums = moments.common if moments.about == "means" else about(moments.common, -self.means)
        return (
            sums if self.prior.strength is None else tree.map_leaves(jnp.add, sums, prior_sums(self, sums.gram.shape))
        )

    def numbers_per_row(self) -> int:
        """Products of the cells with latent variables."""
        return 2 * self.features * (self.rank + 1)

    def needs_centring(self) -> bool:
        """Sums are measured from the means, which loses no digits."""
        return True

    def marginal(self, columns: Sequence[int]) -> Self:
        """Means, loadings and noise of these columns, and the prior's."""
        kept = list(columns)
        means, covariance = np.take(np.asarray(self.means), kept, -1), self.covariance.among(kept)
        return replaced(self, means=means, covariance=covariance, prior=self.prior.among(kept))

    def among(self, components: np.ndarray) -> Self:
        """Their means, loadings and noise; those that all share are all components'."""
        own = [np.asarray(part) for part in (self.loadings, self.noise_variance)]
        loadings, noise = (part if part.shape[1] == 1 else part[:, components] for part in own)
        return replaced(self, means=np.asarray(self.means)[:, components], covariance=FactorCovariance(loadings, noise))

    def without_prior(self) -> Self:
        """The same distributions without prior or floor."""
        return replaced(self, prior=no_prior(self.features))

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows (n, D)."""
        noise = generator.standard_normal((len(component), self.features))
        return np.asarray(self.means)[component] + self.covariance.coloured(noise, component, generator)
