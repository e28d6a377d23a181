"""Gaussian components of many columns: few latent variables each, mixed linearly, and noise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.factors.posterior import FactorStatistics
from suffice.latent.families.columns import Columns
from suffice.latent.families.covariances.factors import FactorCovariance
from suffice.latent.families.factor_components import FactorComponents
from suffice.latent.families.family import averaged, kept_where
from suffice.latent.families.gaussian_prior import GaussianPrior, no_prior
from suffice.latent.families.prior_factors import prior_log_density, prior_sums
from suffice.latent.forms.factors import FactorForm, Told, about
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


class FactorGaussian(FactorComponents):
    r"""K Gaussians whose covariances are low rank plus noise, kept as loadings: time and memory grow with the columns alone.

    .. math:: z \sim N(0, I_q), \quad x \mid z, k \sim N(\mu_k + W_k z, \Psi_k)

    Sums over rows are those of z, z z', x z' and x squared; nothing is of columns by columns.

    Parameters
    ----------
    means
        ``(..., K, D)``.
    loadings
        W, ``(..., K, D, q)``, or ``(..., 1, D, q)`` for one that all components share.
    noise_variance
        Diagonal of :math:`\Psi`: ``(..., K, 1)`` where columns share one, or ``(..., K, D)``; 1 in place of K as above.
    prior
        What maximisation adds to the data; nothing by default. Its average floor bounds the noise.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import FactorGaussian
    >>> family = FactorGaussian(np.zeros((1, 2)), np.ones((1, 2, 1)), np.array([[0.5]]))
    >>> print(family.log_density(np.zeros((1, 2))).round(2).ravel())
    [-1.95]
    """

    def __init__(self, means: Array, loadings: Array, noise_variance: Array, prior: GaussianPrior | None = None):
        self.means = means
        self.covariance = FactorCovariance(loadings, noise_variance)
        self.prior = no_prior(means.shape[-1]) if prior is None else prior

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: GaussianPrior) -> Self:
        """The columns' means and average variance, and no latent variables."""
        features = len(columns.variance)
        variance = np.full((*shape, 1), columns.variance.mean())
        return cls(np.broadcast_to(columns.mean, (*shape, features)), np.zeros((*shape, features, 1)), variance, prior)

    def form(self, centred: bool) -> FactorForm:
        """Posteriors of the latent variables."""
        return FactorForm(self.posterior(), jnp.zeros_like(self.means[..., 0]), centred)

    def missing_form(self, centred: bool) -> FactorForm:
        """The same: each row has a posterior of its own."""
        return self.form(centred)

    def completed(
        self, form: Any, features: Told, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """Conditional means of the missing cells given the observed ones, and standard deviations."""
        mean, deviation = form.completed(features)
        return averaged(share, mean, jnp.square(deviation))

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Regressions of the columns on the latent variables, the prior's rows included, and noise not below the floor."""
        return self._maximized(moments, ())

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """Means given loadings and noise, or these given means."""
        if set(frozen) >= {"means", "covariances"}:
            return self, jnp.ones(self.means.shape[:-1], bool)
        if "covariances" not in frozen:
            return self._maximized(moments, ["mean"] if "means" in frozen else [])
        sums = self.sums(moments)
        told = sums.gram[..., -self.rank - 1 :, :]
        left_over = sums.cross[..., -1, :] - (jnp.moveaxis(self.loadings, -1, -2) * told[..., :-1, :]).sum(-2)
        count = told[..., -1, :]
        means = self.means + jnp.where(count > 0, left_over / jnp.where(count > 0, count, 1), 0.0)
        return replaced(self, means=means), moments.total[-1] > 0

    def _maximized(self, moments: Moments, frozen: Collection[str]) -> tuple[Self, Array]:
        lead, sums = self.means.shape[:-1], self.sums(moments)
        flat = tree.map_leaves(lambda leaf: leaf.reshape(-1, *leaf.shape[len(lead) :]), sums)
        found = self.of_linear(self.linear(frozen).maximize(flat))
        weight = moments.total[-1] + self.prior.rows
        valid = (weight > 0) & (found.noise_variance > 0).all(-1) & jnp.isfinite(found.loadings).all((-1, -2))
        parts = (
            (found.means, self.means),
            (found.loadings, self.loadings),
            (found.noise_variance, self.noise_variance),
        )
        means, loadings, noise = (kept_where(valid, new, old) for new, old in parts)
        return replaced(self, means=means, covariance=FactorCovariance(loadings, noise)), valid

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """As they are: nothing is shared."""
        return self

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels]) -> int:
        """Means and covariances, where they do not stay."""
        counts = {"means": int(np.prod(self.means.shape)), "covariances": self.covariance.parameter_count()}
        return sum(count for name, count in counts.items() if name not in frozen)

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density of rows and latent variables, summed over rows and components (...)."""
        sums = moments.common if moments.about == "means" else about(moments.common, -self.means)
        return self.linear().expected_log_density(sums, self.means.shape[:-1]).sum(-1)

    def about_zero(self, moments: Moments) -> Moments:
        """The same sums measured from the origin."""
        if moments.about == "zero":
            return moments
        return Moments(moments.total, about(moments.common, self.means), "zero")

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Sums of rows like the components, less the prior's rows, measured from the origin."""
        size = self.rank
        i, j = np.triu_indices(size)
        told = np.concatenate([(i == j).astype(float), np.zeros(size), np.ones(1)])
        gram = counts[..., None, None] * np.broadcast_to(told[:, None], (len(told), self.features))
        cross = jnp.concatenate([jnp.moveaxis(self.loadings, -1, -2), jnp.zeros_like(self.means[..., None, :])], -2)
        square = jnp.broadcast_to(self.covariance.by_column(), self.means.shape)
        rows = counts[..., None]
        sums = FactorStatistics(
            gram, rows * told, rows[..., None] * cross, rows * square, jnp.zeros_like(counts), counts
        )
        if self.prior.strength is not None:
            sums = tree.map_leaves(jnp.subtract, sums, prior_sums(self, gram.shape))
        return self.about_zero(Moments(counts[None], sums, "means"))

    def log_prior(self) -> Float[Array, ...] | float:
        """Expected log-density of the prior's rows."""
        if self.prior.strength is None:
            return 0.0
        return self.prior.strength * prior_log_density(self).sum(-1)

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        """The other columns given the latent variables that these suggest, and the log-density (..., K) of the values."""
        own, rest = self.marginal(columns), self.marginal(self.other_columns(columns))
        given = np.asarray(values, float)[None]
        told = own.form(False).features(given)
        lead = self.means.shape[:-1]
        mean, covariance = told.mean[..., 0].reshape(*lead, -1), told.covariance[..., 0]
        root = np.linalg.cholesky(covariance).reshape(*lead, *covariance.shape[1:])
        loadings = np.broadcast_to(rest.loadings, (*rest.means.shape, self.rank))
        means = rest.means + (loadings @ mean[..., None])[..., 0]
        noise = np.broadcast_to(rest.noise_variance, (*lead, rest.noise_variance.shape[-1]))
        found = replaced(rest, means=means, covariance=FactorCovariance(loadings @ root, noise)).without_prior()
        return found, np.asarray(told.log_density).reshape(lead)
