"""Gaussian components: full, tied, diagonal and spherical covariances."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from scipy.special import ndtr

from suffice.latent.collapsed import collapsed
from suffice.latent.families.columns import Columns, over_all_classes
from suffice.latent.families.family import Family, averaged, kept_where
from suffice.latent.families.kind import in_columns
from suffice.latent.forms.conditional import LOG_TWO_PI, Conditional
from suffice.latent.forms.natural import (
    STATISTICS,
    Centred,
    Covariance,
    Linear,
    Moments,
    Natural,
    bordered,
    many_components,
    safe_limit,
    split,
)
from suffice.latent.forms.origin import joined, moved
from suffice.latent.forms.whiten import gram, positive_definite, whitening
from suffice.latent.ties import Labels, distinct, group_means
from suffice.model import Hyperparameters
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array


class GaussianPrior(Hyperparameters):
    """Conjugate prior as ``strength`` rows seen beforehand in each component, with ``mean`` (D,) and ``covariance`` (D, D).

    Without them, ``strength`` is None. ``floor`` (D,) is added to the diagonal of every covariance.
    """

    strength: Array | float | None
    mean: Array
    covariance: Array
    floor: Array


class Gaussian(Family):
    r"""K multivariate Gaussians, each with its own covariance matrix.

    .. math:: \log p(x \mid k) = -\tfrac12 (x - \mu_k)^\top \Sigma_k^{-1} (x - \mu_k) - \tfrac12 \log |2 \pi \Sigma_k|

    ``TiedGaussian``, ``DiagonalGaussian`` and ``SphericalGaussian`` take the covariances of the shapes given below.

    Parameters
    ----------
    means
        ``(..., K, D)``.
    covariances
        ``(..., K, D, D)``; tied ``(..., D, D)``, diagonal ``(..., K, D)``, spherical ``(..., K)``.
    prior
        What maximisation adds to the data; nothing by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Gaussian
    >>> family = Gaussian(np.zeros((1, 2)), np.eye(2)[None])
    >>> print(family.log_density(np.zeros((1, 2))).round(4).ravel())
    [-1.8379]
    """

    means: Array
    covariances: Array
    prior: GaussianPrior

    kind: ClassVar[str] = "gaussian"
    title: ClassVar[str] = "Gaussian"
    column_names: ClassVar[dict[str, str]] = {"mean": "means", "variance": "covariances"}
    discrete: ClassVar[bool] = False
    floored: ClassVar[bool] = True
    movable: ClassVar[bool] = True
    missing: ClassVar[MissingLayout] = "patterns"
    covariance_type: ClassVar[Covariance] = "full"

    def __init__(self, means: Any, covariances: Any, prior: GaussianPrior | None = None):
        self.means, self.covariances = means, covariances
        nothing = np.zeros(means.shape[-1])
        self.prior = GaussianPrior(None, nothing, np.diag(nothing), nothing) if prior is None else prior

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> GaussianPrior:
        """So many rows of the columns' means and variances, and a floor relative to these."""
        return GaussianPrior(strength, columns.mean, np.diag(columns.variance), floor * columns.variance)

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: GaussianPrior) -> Self:
        """The columns' means and variances."""
        means = np.broadcast_to(columns.mean, (*shape, len(columns.variance)))
        return cls(means, cls._spread_like(columns.variance, shape), prior)

    @classmethod
    def _spread_like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Covariances of independent columns with these variances (D,)."""
        return np.broadcast_to(np.diag(variance), (*shape, len(variance), len(variance)))

    def pooled(self, moments: Moments, centres: np.ndarray) -> Columns:
        """Means and variances of the columns over the rows of all classes."""
        mean, variance = over_all_classes(moments, centres, self.covariance_type)
        constant = variance <= np.square(8 * np.finfo(float).eps * np.abs(mean))
        return Columns(mean, np.where(constant, 1.0, variance), constant)

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """Variances that are not above 0."""
        if name == "covariances" and (values <= 0).any():
            return "holds numbers that are not above 0; variances are"
        return None

    def with_columns(self, given: Sequence[Mapping[str, Any]], origin: np.ndarray) -> Self:
        """The same with the means and variances given; correlations stay as they are."""
        placed = [{"mean": own["mean"] - at} if "mean" in own else {} for own, at in zip(given, origin, strict=True)]
        covariances = self.covariances
        if any("variance" in own for own in given):
            covariances = self._with_variances(in_columns(self.variances(), given, "variance"))
        return eqx.tree_at(
            lambda family: (family.means, family.covariances),
            self,
            (in_columns(self.means, placed, "mean"), covariances),
        )

    def _with_variances(self, variances: np.ndarray) -> np.ndarray:
        """Covariances of the same correlations, with variances (..., K, D)."""
        covariances = np.asarray(self.covariances)
        scale = np.sqrt(variances / np.diagonal(covariances, axis1=-2, axis2=-1))
        return covariances * scale[..., :, None] * scale[..., None, :]

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Mean and variance of each column."""
        means, variances = (np.moveaxis(np.asarray(values), -1, 0) for values in (self.means, self.variances()))
        return [{"mean": mean, "variance": variance} for mean, variance in zip(means, variances, strict=True)]

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances."""
        return np.asarray(self.means), self.variances()

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Normal distribution functions."""
        mean, variance = self.feature_moments()
        return ndtr((values - mean) / np.maximum(np.sqrt(variance), 1e-300))

    def collapsed(self, columns: Columns, floor: float) -> np.ndarray:
        """Components of which a variance has shrunk to the floor."""
        flat = collapsed(np.asarray(self.covariances), self.covariance_type, columns.variance, columns.constant, floor)
        return np.broadcast_to(flat, self.means.shape[-2])

    @classmethod
    def column_parameters(cls) -> tuple[str, ...]:
        """None: columns depend on one another."""
        return ()

    def form(self, centred: bool) -> Natural | Linear | Centred:
        """Products with sufficient statistics, or deviations from each mean."""
        whitening, log_scale = self._whitening_and_scale()
        if centred:
            return self._deviations(whitening, log_scale)
        return self._products(whitening, log_scale)

    def missing_form(self, centred: bool) -> Any:
        """Regressions of missing cells on observed ones."""
        whitening, log_scale = self._whitening_and_scale()
        log_scale = jnp.broadcast_to(log_scale, self.means.shape[:-1])
        about, tied = "means" if centred else "zero", self.covariance_type == "tied"
        return Conditional(self.means, whitening, log_scale, tied, about)

    def completed(self, form: Any, features: Any, share: Array) -> tuple[Array, Array]:
        """Conditional means of the missing cells given the observed ones, and standard deviations."""
        return averaged(share, *form.conditional(features))

    def variances(self) -> np.ndarray:
        """Variance of every column in every component, (..., K, D)."""
        diagonal = np.diagonal(np.asarray(self._matrices()), axis1=-2, axis2=-1)
        return np.broadcast_to(diagonal, self.means.shape)

    def centre(self) -> np.ndarray:
        """The mean of the means."""
        return np.asarray(self.means).mean(-2)

    def _whitening_and_scale(self) -> tuple[Array, Array]:
        whitening, half_log_determinant = self._whitening()
        return whitening, half_log_determinant - self.means.shape[-1] / 2 * LOG_TWO_PI

    def _matrices(self) -> Array:
        return self.covariances

    def _whitening(self) -> tuple[Array, Array]:
        """W with precision W W', (..., K or 1, D, D), and half the logarithm of the precision's determinant."""
        return whitening(self._matrices())

    def _deviations(self, whitening: Array, log_scale: Array) -> Centred:
        leading = self.means.shape[:-1]
        whitening = jnp.broadcast_to(whitening, leading + whitening.shape[len(leading) :])
        return Centred(self.means, whitening, jnp.broadcast_to(log_scale, leading), self.covariance_type)

    def _products(self, whitening: Array, log_scale: Array) -> Natural | Linear:
        precision = gram(whitening)
        linear = jnp.einsum("...de,...e->...d", precision, self.means)
        constant = log_scale - jnp.square(jnp.einsum("...de,...d->...e", whitening, self.means)).sum(-1) / 2
        whole = bordered(-precision / 2, jnp.concatenate([linear / 2, constant[..., None]], -1))
        i, j = np.triu_indices(whole.shape[-1])
        natural = whole[..., i, j] * np.where(i == j, 1.0, 2.0)
        return Natural(natural, STATISTICS["full"], self._small(self._terms(jnp, precision)))

    def needs_centring(self) -> bool:
        """Products where they are quicker and safe, else deviations, which suit any parameters."""
        quick = self.covariance_type != "full" or self._many()
        traced = any(isinstance(leaf, Tracer) for leaf in (self.means, self.covariances))
        if traced or not quick:
            return True
        return not bool(self._small(self._terms(np, self._precision())))

    def _precision(self) -> np.ndarray:
        return np.linalg.inv(np.asarray(self._matrices()))

    def numbers_per_row(self) -> int:
        """Pairs of [x, 1] for products with full covariances, else about [x, 1] twice."""
        width = self.means.shape[-1] + 1
        return width * (width + 1) // 2 if self.covariance_type == "full" and self._many() else 2 * width

    def _many(self) -> bool:
        return many_components(int(np.prod(self.means.shape[:-1])), self.means.shape[-1])

    def _small(self, terms: Any) -> Any:
        """Whether products keep the digits that matter, where these are the terms that cancel."""
        return (terms < safe_limit(terms.dtype) * self.means.shape[-1]).all()

    def _terms(self, numpy: Any, precision: Any) -> Any:
        r"""The sum of terms :math:`|P_{ij}| s_i s_j` of each component, s the root mean square about the origin."""
        matrices, means = numpy.asarray(self._matrices()), numpy.asarray(self.means)
        size = numpy.sqrt(numpy.square(means) + numpy.diagonal(matrices, axis1=-2, axis2=-1))
        return ((numpy.abs(precision) @ size[..., None])[..., 0] * size).sum(-1)

    def maximize(self, moments: Moments) -> tuple[Self, Array]:
        """Weighted mean and covariance of the rows, the prior's rows and the floor included."""
        shift, second, counts, weight = self._means_about(moments)
        covariances = self._covariances(moments, second, shift, counts)
        means = jnp.where(counts > 0, shift + (self.means if moments.about == "means" else 0.0), self.means)
        definite = self._positive_definite(covariances)
        if moments.about == "zero":
            rounding = 16 * jnp.finfo(shift.dtype).eps * jnp.square(shift)
            covariances, definite = self._rescued(covariances, definite, rounding)
        valid, covariances = self._accepted(covariances, definite, weight)
        return type(self)(kept_where(valid, means, self.means), covariances, self.prior), valid

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """Means, and then covariances about them, each given the other where one is shared (Meng and Rubin, 1993)."""
        if not tied and ("means" in frozen) == ("covariances" in frozen):
            return super().maximize_restricted(moments, frozen, tied)
        means, counts, weight = self._free_means(moments)
        if "means" in frozen:
            means = self.means
        elif "means" in tied:
            means = self._shared_means(means, counts, tied["means"])
        placed = type(self)(means, self.covariances, self.prior)
        if "covariances" in frozen:
            return placed, weight > 0
        origin = self.means if moments.about == "means" else jnp.zeros_like(self.means)
        return placed._about_these_means(
            moved(moments, origin - means, self.covariance_type, "means"), tied.get("covariances")
        )

    def _about_these_means(self, moments: Moments, labels: Labels | None = None) -> tuple[Self, Array]:
        """Covariances of moments about the means, pooled over components of one label, and which could be set."""
        shift, second, counts, weight = self._means_about(moments)
        covariances = self._covariances(moments, second, jnp.zeros_like(shift), counts)
        if labels is not None:
            covariances, weight = self._pooled(covariances, counts, labels)
        valid, covariances = self._accepted(covariances, self._positive_definite(covariances), weight)
        return type(self)(self.means, covariances, self.prior), valid

    def _free_means(self, moments: Moments) -> tuple[Array, Array, Array]:
        """Weighted means, and weights of cells and rows."""
        shift, _, counts, weight = self._means_about(moments)
        means = shift + (self.means if moments.about == "means" else 0.0)
        return jnp.where(counts > 0, means, self.means), counts, weight

    def _shared_means(self, means: Array, counts: Array, labels: Labels) -> Array:
        """Averages of means (..., K, D) over components of one label, weighted with cells and the precision matrices."""
        reference = group_means(means, labels)
        weighted = counts[..., None] * gram(self._whitening()[0])
        pull = group_means((weighted @ (means - reference)[..., None])[..., 0], labels)
        flat = group_means(weighted.reshape(*weighted.shape[:-2], -1), labels)
        total = jnp.where(flat.any(-1)[..., None, None], flat.reshape(weighted.shape), jnp.eye(means.shape[-1]))
        root, _ = whitening(total)
        return reference + (root @ (jnp.swapaxes(root, -1, -2) @ pull[..., None]))[..., 0]

    def _pooled(self, covariances: Array, counts: Array, labels: Labels) -> tuple[Array, Array]:
        """Averages of covariances over components of one label, weighted with cells, and the weight (..., K) behind them."""
        flat = covariances.reshape(*self.means.shape[:-1], -1)
        weight = jnp.broadcast_to(self._covariance_cells(counts), flat.shape)
        total = group_means(weight, labels)
        pooled = group_means(weight * flat, labels) / jnp.where(total > 0, total, 1)
        return jnp.where(total > 0, pooled, flat).reshape(covariances.shape), total.max(-1)

    def _covariance_cells(self, counts: Array) -> Array:
        """Weight of the cells (..., K, 1 or D) behind the numbers of a covariance."""
        return counts

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels] | None = None) -> int:
        """Means and covariances, where they do not stay, each once that is shared."""
        tied = tied or {}
        means, whole = int(np.prod(self.means.shape)), self.parameter_count()
        counts = {"means": means, "covariances": whole - means}
        if "means" in tied:
            counts["means"] = super().shared_parameter_count(tied["means"])
        if "covariances" in tied:
            counts["covariances"] = self._shared_covariance_count(tied["covariances"])
        return sum(count for name, count in counts.items() if name not in frozen)

    def _shared_covariance_count(self, labels: Labels) -> int:
        features = self.means.shape[-1]
        return int(distinct(labels, 1).sum()) * features * (features + 1) // 2

    def _rescued(self, covariances: Array, definite: Array, rounding: Array) -> tuple[Array, Array]:
        """Covariances that lost all their digits to moments about zero, as wide as the rounding: deviations then mend them."""
        least = jnp.maximum(jnp.diagonal(covariances, axis1=-2, axis2=-1), rounding)
        wide = least[..., None] * jnp.eye(least.shape[-1], dtype=least.dtype)
        return kept_where(definite, covariances, wide), definite | ((least > 0) & jnp.isfinite(least)).all(-1)

    def _accepted(self, covariances: Array, definite: Array, weight: Array) -> tuple[Array, Array]:
        """Which components have weight and a positive definite covariance, and covariances with the old one elsewhere."""
        valid = (weight > 0) & definite
        return valid, kept_where(valid, covariances, self.covariances)

    def _means_about(self, moments: Moments) -> tuple[Array, Array, Array, Array]:
        """New means from where the moments are measured (..., K, D), second moments, and weights of cells and rows."""
        second, first, counts, weight = split(moments.total, self.means.shape[-1], self.covariance_type)
        counts, weight = counts + self._prior_rows(), weight + self._prior_rows()
        first = first + self._prior_rows() * self._prior_mean(moments)
        return first / jnp.where(counts > 0, counts, 1), second, counts, weight

    def _prior_rows(self) -> Array | float:
        return 0.0 if self.prior.strength is None else self.prior.strength

    def _prior_mean(self, moments: Moments) -> Array:
        return self.prior.mean - (self.means if moments.about == "means" else jnp.zeros_like(self.means))

    def _prior_second(self, moments: Moments) -> Array:
        mean = self._prior_mean(moments)
        return self._prior_rows() * (self.prior.covariance + mean[..., :, None] * mean[..., None, :])

    def _covariances(self, moments: Moments, second: Array, shift: Array, counts: Array) -> Array:
        mean = (second + self._prior_second(moments)) / jnp.where(counts > 0, counts, 1)[..., None]
        return mean - shift[..., :, None] * shift[..., None, :] + jnp.diag(self.prior.floor)

    def _positive_definite(self, covariances: Array) -> Array:
        return positive_definite(covariances)

    def about_zero(self, moments: Moments) -> Moments:
        """The same sums measured from the origin."""
        return moments if moments.about == "zero" else moved(moments, self.means, self.covariance_type, "zero")

    def moments_at(self, counts: Array) -> Moments:
        """Sums about the means, less the prior's rows and the floor, then measured from the origin."""
        blank = Moments(jnp.zeros((1, *counts.shape)), None, "means")
        second = self._second_at((counts + self._prior_rows())[..., None], self._prior_second(blank))
        first = -self._prior_rows() * self._prior_mean(blank)
        return self.about_zero(joined(second, first, self._cells(counts), self.covariance_type, "means"))

    def _second_at(self, rows: Array, prior: Array) -> Array:
        """Second moments about the means that, with the prior's (..., K, D, D), give the covariances."""
        return rows[..., None] * (self.covariances - jnp.diag(self.prior.floor)) - prior

    def _cells(self, counts: Array) -> Array:
        """The weights at the end of the moments, where no cell is missing."""
        return counts[None]

    def log_prior(self) -> Array | float:
        """Expected log-density of the prior's rows."""
        if self.prior.strength is None:
            return 0.0
        whitening, half_log_determinant = self._whitening()
        spread = jnp.einsum("...de,...df,...fe->...", whitening, self.prior.covariance, whitening)
        distance = jnp.square(jnp.einsum("...de,...d->...e", whitening, self.means - self.prior.mean)).sum(-1)
        return self.prior.strength * (half_log_determinant - (spread + distance) / 2).sum(-1)

    def translated(self, shift: Array) -> Self:
        """Means and the prior's mean moved by ``shift`` (D,)."""
        prior = GaussianPrior(self.prior.strength, self.prior.mean + shift, self.prior.covariance, self.prior.floor)
        return type(self)(self.means + shift, self.covariances, prior)

    @property
    def features(self) -> int:
        """Number of columns D."""
        return self.means.shape[-1]

    def marginal(self, columns: Sequence[int]) -> Self:
        """Means and covariances of these columns, and the prior's."""
        kept, prior = list(columns), self.prior
        among = GaussianPrior(prior.strength, prior.mean[kept], prior.covariance[np.ix_(kept, kept)], prior.floor[kept])
        return type(self)(np.asarray(self.means)[..., kept], self._among(kept), among)

    def _among(self, columns: list[int]) -> np.ndarray:
        return np.asarray(self.covariances)[..., columns, :][..., columns]

    def without_prior(self) -> Self:
        """The same means and covariances without prior or floor."""
        return type(self)(self.means, self.covariances)

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        r"""Gaussians of the other columns, and the log-density (..., K) of the values (Bishop, 2006, section 2.3.1).

        .. math:: \mu_b + \Sigma_{ba} \Sigma_{aa}^{-1} (x_a - \mu_a), \quad
            \Sigma_{bb} - \Sigma_{ba} \Sigma_{aa}^{-1} \Sigma_{ab}

        Both from one Cholesky factor of the covariance with the given columns first, so that the result is positive definite.
        """
        given, others, count = list(columns), self.other_columns(columns), len(columns)
        means, matrices, order = np.asarray(self.means), np.asarray(self._matrices()), given + others
        root = np.linalg.cholesky(matrices[..., order, :][..., order])
        standard = _solved(root[..., :count, :count], np.asarray(values, float) - means[..., given])
        shifted = means[..., others] + np.einsum("...ba,...a->...b", root[..., count:, :count], standard)
        within = root[..., count:, count:] @ np.swapaxes(root[..., count:, count:], -1, -2)
        within = ((within + np.swapaxes(within, -1, -2)) / 2).reshape(*self.covariances.shape[:-2], *within.shape[-2:])
        scale = np.log(np.diagonal(root, axis1=-2, axis2=-1)[..., :count]).sum(-1)
        with np.errstate(over="ignore"):
            log_density = -np.square(standard).sum(-1) / 2 - scale - count / 2 * LOG_TWO_PI
        return type(self)(shifted, within), log_density

    def draw(self, component: Any, generator: Any) -> Any:
        """Rows (n, D)."""
        roots = self._roots()
        noise = generator.standard_normal((len(component), self.means.shape[-1]))
        return np.asarray(self.means)[component] + np.einsum("nde,ne->nd", roots[component], noise)

    def _roots(self) -> np.ndarray:
        return np.linalg.cholesky(np.asarray(self.covariances, float))

    def parameter_count(self) -> int:
        """Means and covariances, each symmetric entry once."""
        features = self.means.shape[-1]
        matrices = int(np.prod(self._matrices().shape[:-2]))
        return int(np.prod(self.means.shape)) + matrices * features * (features + 1) // 2


def _solved(roots: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solution of L z = r for lower triangular L (..., A, A) and r (..., A), by forward substitution."""
    solution = np.zeros_like(right)
    for row in range(right.shape[-1]):
        known = np.einsum("...a,...a->...", roots[..., row, :row], solution[..., :row])
        solution[..., row] = (right[..., row] - known) / roots[..., row, row]
    return solution
