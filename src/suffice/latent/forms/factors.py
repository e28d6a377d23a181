"""Log-density and moments of components that are few latent variables, mixed linearly, and noise."""

from __future__ import annotations

from typing import Any, ClassVar

from jaxtyping import Float

from suffice.latent.factors.posterior import FactorStatistics, LatentPosterior, sums_of
from suffice.latent.forms.natural import Moments
from suffice.rows.missing import MaskedRows
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import Module, field


class Told(Module):
    """Rows, and of every component means (C, k, n) and covariances (C, k, k, n or 1) of latent variables, and log-densities."""

    rows: Any
    mean: Array
    covariance: Array
    log_density: Array


class FactorForm(Module):
    """The posterior of each component's latent variables, arrays that lead with (..., K), and log-weights (..., K).

    Moments have ``FactorStatistics`` as ``common``, that lead with (..., K) too; nothing is of columns by columns.
    """

    posterior: LatentPosterior
    log_weights: Array
    centred: bool = field(static=True)
    accurate: ClassVar[bool] = True

    def weighted(self, log_weights: Float[Array, "... K"]) -> FactorForm:
        """The form with log-weights (..., K) added to the log-densities."""
        return FactorForm(self.posterior, self.log_weights + log_weights, self.centred)

    def features(self, rows: Array | MaskedRows) -> Told:
        """What rows say of the latent variables of every component."""

        def one(own: LatentPosterior) -> tuple[Array, Array, Array]:
            found = own.inferred(rows)
            return found.mean, found.covariance, found.log_density

        return Told(rows, *lax.map(one, self._components()))

    def log_density(self, told: Told) -> Float[Array, "... K n"]:
        """Log-density of the observed cells of each row under each component, (..., K, n)."""
        return told.log_density.reshape(*self.log_weights.shape, -1) + self.log_weights[..., None]

    def moments(self, told: Told, responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n), about the means or, not ``centred``, about zero."""

        def one(part: tuple[LatentPosterior, Array, Array, Array]) -> FactorStatistics:
            own, mean, covariance, share = part
            deviation, observed = own.deviations(told.rows)
            return sums_of(mean, covariance, deviation, observed, share, jnp.zeros((), share.dtype))

        share = responsibility.reshape(-1, responsibility.shape[-1])
        sums = lax.map(one, (self._components(), told.mean, told.covariance, share))
        leading = responsibility.shape[:-1]
        common = tree.map_leaves(lambda leaf: leaf.reshape(*leading, *leaf.shape[1:]), sums)
        if not self.centred:
            common = about(common, self.posterior.mean)
        return Moments(responsibility.sum(-1)[None], common, "means" if self.centred else "zero")

    def completed(self, told: Told) -> tuple[Array, Array]:
        """Expected value of every cell and its standard deviation under each component, (C, n, D) each."""

        def one(part: tuple[LatentPosterior, Array, Array]) -> tuple[Array, Array]:
            own, mean, covariance = part
            return own.completed(mean, covariance)

        return lax.map(one, (self._components(), told.mean, told.covariance))

    def _components(self) -> LatentPosterior:
        """All components of all restarts along one axis."""
        lead = self.log_weights.ndim
        return tree.map_leaves(lambda leaf: leaf.reshape(-1, *leaf.shape[lead:]), self.posterior)


def about(sums: FactorStatistics, shift: Float[Array, "... K D"]) -> FactorStatistics:
    """The same sums of rows moved by ``shift`` (..., K, D)."""
    size = sums.cross.shape[-2]
    told, shift = sums.gram[..., -size:, :], shift[..., None, :]
    square = sums.square + (shift * (2 * sums.cross[..., -1:, :] + told[..., -1:, :] * shift))[..., 0, :]
    return FactorStatistics(sums.gram, sums.latent, sums.cross + told * shift, square, sums.log_likelihood, sums.weight)
