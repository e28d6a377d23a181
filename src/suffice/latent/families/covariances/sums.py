"""Gaussian moments in their parts, with the rows of the prior."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.latent.forms.natural import Moments, split
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

if TYPE_CHECKING:
    from suffice.latent.families.covariances.covariance import Covariance


class Sums(NamedTuple):
    """Weighted ``means`` (..., K, D), which lie by ``shift`` from the ``origin`` of the moments, and what ``split`` has besides.

    ``prior``, (..., K, D, D) or the squares (..., K, D), is the prior's part of the second moments, which ``second`` and
    ``common`` are without.
    """

    means: Array
    origin: Array
    shift: Array
    second: Array
    common: Any
    prior: Array
    counts: Array
    weight: Array


def prior_second(covariance: Covariance, prior: GaussianPrior, origin: Array) -> Array:
    """Second moments of the prior's rows from an origin (..., K, D): (..., K, D, D), or squares of independent columns."""
    return prior.squares_from(origin) if covariance.missing == "mask" else prior.second_from(origin)


def sums_of(moments: Moments, means: Array, covariance: Covariance, prior: GaussianPrior) -> Sums:
    """Moments and the prior's rows; ``means`` are those that components had, which stay in columns that no row has."""
    second, first, counts, weight = split(moments.total, means.shape[-1], covariance.covariance_type)
    origin = means if moments.about == "means" else jnp.zeros_like(means)
    counts, weight = counts + prior.rows, weight + prior.rows
    first = first + prior.rows * prior.mean_from(origin)
    shift = first / jnp.where(counts > 0, counts, 1)
    found = shift + (means if moments.about == "means" else 0.0)
    return Sums(jnp.where(counts > 0, found, means), origin, shift, second, moments.common,
                prior_second(covariance, prior, origin), counts, weight)  # fmt: skip
