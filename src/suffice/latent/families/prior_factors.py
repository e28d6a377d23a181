"""Rows of a Gaussian prior as components of few latent variables see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jaxtyping import Float

from suffice.latent.factors.posterior import FactorStatistics, LatentPosterior
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.latent.forms.small_inverses import inverted
from suffice.latent.forms.triangles import packed
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax

if TYPE_CHECKING:
    from suffice.latent.families.factor_components import FactorComponents


def prior_sums(family: FactorComponents, gram_shape: tuple[int, ...]) -> FactorStatistics:
    """Expected sums of the prior's rows about the means of each component, (..., K), whose gram has this shape."""
    found = _each(family, lambda own: _sums(own, family.prior, gram_shape[-1]))
    return tree.map_leaves(lambda leaf: family.prior.rows * leaf, found)


def prior_log_density(family: FactorComponents) -> Float[Array, "... K"]:
    """Log-density under each component expected of one of the prior's rows, without its constant."""
    return _each(family, lambda own: _log_density(own, family.prior))


def _each(family: FactorComponents, fn: Callable[[LatentPosterior], Any]) -> Any:
    lead = family.means.shape[:-1]
    flat = tree.map_leaves(lambda leaf: leaf.reshape(-1, *leaf.shape[len(lead) :]), family.posterior())
    return tree.map_leaves(lambda leaf: leaf.reshape(*lead, *leaf.shape[1:]), lax.map(fn, flat))


def _regressed(own: LatentPosterior) -> tuple[Array, Array, Array]:
    """Posterior covariance (k, k) of latent variables, half the logarithm of its inverse's determinant, and slopes (k, D)."""
    scaled = (own.loadings / own.noise[:, None]).T
    inner = scaled @ own.loadings + jnp.eye(len(scaled))
    covariance, half_log = inverted(inner[..., None])
    covariance = covariance[..., 0]
    return covariance, half_log[0], covariance @ scaled


def _spread(prior: GaussianPrior, right: Array) -> Array:
    """The prior's covariance times (D, k)."""
    return prior.covariance[:, None] * right if prior.covariance.ndim == 1 else prior.covariance @ right


def _sums(own: LatentPosterior, prior: GaussianPrior, columns: int) -> FactorStatistics:
    covariance, _, slope = _regressed(own)
    offset = prior.mean - own.mean
    mean = slope @ offset
    beside = _spread(prior, slope.T).T + mean[:, None] * offset
    pairs = packed(covariance + beside @ slope.T)
    one = jnp.ones(1, pairs.dtype)
    latent = jnp.concatenate([pairs, mean, one])
    cross = jnp.concatenate([beside, offset[None]])
    gram = jnp.broadcast_to(latent[:, None], (len(latent), columns))
    square = prior.variances + jnp.square(offset)
    return FactorStatistics(gram, latent, cross, square, jnp.zeros((), pairs.dtype), one[0])


def _log_density(own: LatentPosterior, prior: GaussianPrior) -> Array:
    _, half_log, slope = _regressed(own)
    offset, precision = prior.mean - own.mean, 1 / own.noise
    scaled = own.loadings * precision[:, None]
    far = (jnp.square(offset) * precision).sum() - (slope @ offset) @ (scaled.T @ offset)
    spread = (prior.variances * precision).sum() - (slope.T * _spread(prior, scaled)).sum()
    return -half_log - jnp.log(own.noise).sum() / 2 - (far + spread) / 2
