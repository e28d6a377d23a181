"""Gaussian components, whatever covariance they have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import prod
from typing import Any, Self

import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.families.columns import Columns
from suffice.latent.families.covariances.covariance import Covariance
from suffice.latent.families.covariances.matrices import Matrices
from suffice.latent.families.covariances.sums import prior_second, sums_of
from suffice.latent.families.family import (
    averaged,
    averaged_parameters,
    conditional_of_independent,
    inner_of_form,
    kept_where,
)
from suffice.latent.families.gaussian_columns import GaussianColumns
from suffice.latent.families.gaussian_prior import GaussianPrior, no_prior
from suffice.latent.forms.conditional import LOG_TWO_PI, Conditional
from suffice.latent.forms.natural import Centred, Linear, Moments, Natural, many_components
from suffice.latent.forms.origin import joined, moved
from suffice.latent.ties import Labels, distinct
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, traced
from suffice.runtime.module import Module, replaced


class Gaussian(GaussianColumns):
    r"""K multivariate Gaussians, each with its own covariance matrix.

    .. math:: \log p(x \mid k) = -\tfrac12 (x - \mu_k)^\top \Sigma_k^{-1} (x - \mu_k) - \tfrac12 \log |2 \pi \Sigma_k|

    A covariance of another kind may be given in place of the matrices; ``TiedGaussian``, ``DiagonalGaussian``,
    ``TiedDiagonalGaussian`` and ``SphericalGaussian`` make it of values of the shapes given below.

    Parameters
    ----------
    means
        ``(..., K, D)``.
    covariances
        ``(..., K, D, D)``; tied ``(..., D, D)``, diagonal ``(..., K, D)``, spherical ``(..., K)``. Or a covariance, such as a
        ``DiagonalCovariance``.
    prior
        What maximisation adds to the data; nothing by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import DiagonalCovariance, Gaussian
    >>> family = Gaussian(np.zeros((1, 2)), np.eye(2)[None])
    >>> print(family.log_density(np.zeros((1, 2))).round(4).ravel())
    [-1.8379]
    >>> Gaussian(np.zeros((1, 2)), DiagonalCovariance(np.ones((1, 2)))).parameter_count()
    4
    """

    def __init__(self, means: Array, covariances: Array | Covariance, prior: GaussianPrior | None = None):
        self.means = means
        self.covariance = covariances if isinstance(covariances, Covariance) else self.structure(covariances)
        self.prior = no_prior(means.shape[-1]) if prior is None else prior

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: GaussianPrior) -> Self:
        """The columns' means and variances."""
        means = np.broadcast_to(columns.mean, (*shape, len(columns.variance)))
        return cls(means, cls.structure.like(columns.variance, shape), prior)

    def form(self, centred: bool) -> Natural | Linear | Centred:
        """Products with sufficient statistics, or deviations from each mean."""
        whitening, half_log_determinant = self.covariance.whitening(self.means.shape)
        log_scale = half_log_determinant - self.means.shape[-1] / 2 * LOG_TWO_PI
        if not centred:
            return self.covariance.products(self.means, whitening, log_scale)
        leading = self.means.shape[:-1]
        whitening = jnp.broadcast_to(whitening, leading + whitening.shape[len(leading) :])
        return Centred(self.means, whitening, jnp.broadcast_to(log_scale, leading), self.covariance.covariance_type)

    def missing_form(self, centred: bool) -> Any:
        """Regressions of missing cells on observed ones, or the observed cells alone where columns are independent."""
        return self.covariance.missing_form(self.means, centred)

    def completed(
        self, form: Module, features: Any, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """Conditional means of the missing cells given the observed ones, and standard deviations."""
        if isinstance(form, Conditional):
            return averaged(share, *form.conditional(features))
        mean, variance = self.cell_moments()
        return averaged(share, mean[:, None], variance[:, None])

    def needs_centring(self) -> bool:
        """Unless products are quicker and safe; deviations suit any parameters."""
        quick = self.covariance.covariance_type != "full" or _many(self.means)
        unknown = any(map(traced, (self.means, self.covariances)))
        return unknown or not quick or not self.covariance.accurate(self.means)

    def numbers_per_row(self) -> int:
        """Pairs of [x, 1] for products with full covariances, else about [x, 1] twice."""
        width = self.means.shape[-1] + 1
        return (
            width * (width + 1) // 2 if self.covariance.covariance_type == "full" and _many(self.means) else 2 * width
        )

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Weighted mean and covariance of the rows, the prior's rows included, and not below the floor."""
        sums = sums_of(moments, self.means, self.covariance, self.prior)
        covariance = self.covariance.estimate(sums)
        floor = self.prior.floor
        if moments.about == "zero":
            floor = jnp.maximum(floor, 16 * jnp.finfo(sums.shift.dtype).eps * jnp.square(sums.shift))
        covariance = covariance.bounded(floor)
        valid, covariance = self.covariance.accepted(covariance, covariance.definite(), sums.weight)
        return _replaced(self, kept_where(valid, sums.means, self.means), covariance), valid

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """Means, and then covariances about them, each given the other where one is shared (Meng and Rubin, 1993)."""
        if not tied and ("means" in frozen) == ("covariances" in frozen):
            return (self, jnp.ones(moments.total.shape[1:], bool)) if "means" in frozen else self.maximize(moments)
        sums = sums_of(moments, self.means, self.covariance, self.prior)
        means = self.means if "means" in frozen else sums.means
        if "means" in tied and "means" not in frozen:
            means = self.covariance.common_means(means, sums.counts, tied["means"])
        placed = _replaced(self, means, self.covariance)
        if "covariances" in frozen:
            return placed, sums.weight > 0
        about_means = moved(moments, sums.origin - means, self.covariance.covariance_type, "means")
        return _with_covariances(placed, about_means, tied.get("covariances"))

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """Averages of means, and of the covariance's values."""
        return averaged_parameters(self, tied)

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels]) -> int:
        """Means and covariances, where they do not stay, each once that is shared."""
        counts = {"means": int(np.prod(self.means.shape)), "covariances": self.covariance.parameter_count()}
        if "means" in tied:
            counts["means"] = int(distinct(tied["means"], self.features).sum())
        if "covariances" in tied:
            counts["covariances"] = self.covariance.parameter_count(tied["covariances"])
        return sum(count for name, count in counts.items() if name not in frozen)

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """By the form that counts cells where the moments do."""
        return inner_of_form(self, moments)

    def about_zero(self, moments: Moments) -> Moments:
        """The same sums measured from the origin."""
        return (
            moments if moments.about == "zero" else moved(moments, self.means, self.covariance.covariance_type, "zero")
        )

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Sums about the means, less the prior's rows, then measured from the origin."""
        rows, prior = (counts + self.prior.rows)[..., None], prior_second(self.covariance, self.prior, self.means)
        second = self.covariance.second_at(rows, prior)
        first = -self.prior.rows * self.prior.mean_from(self.means)
        cells = self.covariance.cells(counts, self.means.shape[-1])
        return self.about_zero(joined(second, first, cells, self.covariance.covariance_type, "means"))

    def log_prior(self) -> Float[Array, ...] | float:
        """Expected log-density of the prior's rows."""
        if self.prior.strength is None:
            return 0.0
        offset = self.means - self.prior.mean
        return self.prior.strength * self.covariance.expected_log_density(offset, self.prior).sum(-1)

    def marginal(self, columns: Sequence[int]) -> Any:
        """Means and covariances of these columns, and the prior's."""
        kept = list(columns)
        return _replaced(self, np.asarray(self.means)[..., kept], self.covariance.among(kept), self.prior.among(kept))

    def among(self, components: np.ndarray) -> Self:
        """Their means and covariances; a shared covariance is all components'."""
        values = self.covariances if self.covariance.shared else np.asarray(self.covariances)[:, components]
        covariance = replaced(self.covariance, values=values)
        return replaced(self, means=np.asarray(self.means)[:, components], covariance=covariance)

    def without_prior(self) -> Self:
        """The same means and covariances without prior or floor."""
        return _replaced(self, self.means, self.covariance, no_prior(self.means.shape[-1]))

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Any, np.ndarray]:
        r"""Gaussians of the other columns, and the log-density (..., K) of the values (Bishop, 2006, section 2.3.1).

        .. math:: \mu_b + \Sigma_{ba} \Sigma_{aa}^{-1} (x_a - \mu_a), \quad
            \Sigma_{bb} - \Sigma_{ba} \Sigma_{aa}^{-1} \Sigma_{ab}
        """
        covariance = self.covariance
        if not isinstance(covariance, Matrices):
            return conditional_of_independent(self, columns, values)
        order = list(columns) + self.other_columns(columns)
        means, matrices = np.asarray(self.means)[..., order], np.asarray(covariance.matrices())
        means, within, log_density = conditioned(means, matrices[..., order, :][..., order], np.asarray(values, float))
        return _replaced(self, means, covariance.of_matrices(within), no_prior(means.shape[-1])), log_density

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows (n, D)."""
        noise = generator.standard_normal((len(component), self.means.shape[-1]))
        return np.asarray(self.means)[component] + self.covariance.coloured(noise, component, self.means.shape[-2])


def _with_covariances(family: Gaussian, moments: Moments, labels: Labels | None) -> tuple[Any, Array]:
    """With covariances of moments about its means, pooled over components of one label, and which could be set."""
    old, prior = family.covariance, family.prior
    sums = sums_of(moments, family.means, old, prior)
    sums = sums._replace(shift=jnp.zeros_like(sums.shift))
    covariance, weight = old.estimate(sums), sums.weight
    if labels is not None:
        covariance, weight = old.pooled(covariance, sums, labels)
    covariance = covariance.bounded(prior.floor)
    valid, covariance = old.accepted(covariance, covariance.definite(), weight)
    return _replaced(family, family.means, covariance), valid


def _replaced(family: Gaussian, means: Array, covariance: Covariance, prior: GaussianPrior | None = None) -> Any:
    """The same with other parameters; a plain Gaussian where the covariance is of another kind."""
    parts = means, covariance, family.prior if prior is None else prior
    if type(covariance) is not type(family.covariance):
        return Gaussian(*parts)
    return replaced(family, **dict(zip(("means", "covariance", "prior"), parts, strict=True)))


def _many(means: Array) -> bool:
    return many_components(prod(means.shape[:-1]), means.shape[-1])


def conditioned(means: np.ndarray, matrices: np.ndarray, values: np.ndarray) -> tuple[Any, Any, Any]:
    """Means and covariances of the last columns where the first have these values (A,), and the values' log-density.

    Both from one Cholesky factor of the covariance, so that the result is positive definite.
    """
    count = len(values)
    root = np.linalg.cholesky(matrices)
    standard = _solved(root[..., :count, :count], values - means[..., :count])
    shifted = means[..., count:] + np.einsum("...ba,...a->...b", root[..., count:, :count], standard)
    within = root[..., count:, count:] @ np.swapaxes(root[..., count:, count:], -1, -2)
    scale = np.log(np.diagonal(root, axis1=-2, axis2=-1)[..., :count]).sum(-1)
    with np.errstate(over="ignore"):
        log_density = -np.square(standard).sum(-1) / 2 - scale - count / 2 * LOG_TWO_PI
    return shifted, (within + np.swapaxes(within, -1, -2)) / 2, log_density


def _solved(roots: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solution of L z = r for lower triangular L (..., A, A) and r (..., A), by forward substitution."""
    solution = np.zeros_like(right)
    for row in range(right.shape[-1]):
        known = np.einsum("...a,...a->...", roots[..., row, :row], solution[..., :row])
        solution[..., row] = (right[..., row] - known) / roots[..., row, row]
    return solution
