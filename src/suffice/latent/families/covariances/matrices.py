"""Covariances that are whole matrices: columns depend on one another."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from types import ModuleType
from typing import ClassVar, Self

import numpy as np

from suffice.latent.families.covariances.covariance import Covariance, averages, keeps_digits
from suffice.latent.families.covariances.sums import Sums
from suffice.latent.families.family import kept_where
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.latent.forms.conditional import LOG_TWO_PI, Conditional
from suffice.latent.forms.natural import STATISTICS, Linear, Natural
from suffice.latent.forms.triangles import bordered, upper_triangle
from suffice.latent.forms.whiten import gram, positive_definite, whitening
from suffice.latent.ties import Labels, distinct, group_means
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


class Matrices(Covariance):
    """Covariance matrices, one for each component or one for all."""

    missing: ClassVar[MissingLayout] = "patterns"

    @abstractmethod
    def matrices(self) -> Array:
        """(..., K or 1, D, D)."""

    @abstractmethod
    def of_matrices(self, matrices: np.ndarray) -> Covariance:
        """Covariances that matrices (..., K or 1, d, d) are which were made from these by conditioning."""

    def by_column(self) -> Array:
        """The diagonals."""
        return self.matrices().diagonal(axis1=-2, axis2=-1)

    def whitening(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Inverse Cholesky factors."""
        return whitening(self.matrices())

    def missing_form(self, means: Array, centred: bool) -> Conditional:
        """Regressions of missing cells on observed ones."""
        factors, half_log_determinant = self.whitening(means.shape)
        log_scale = jnp.broadcast_to(half_log_determinant - means.shape[-1] / 2 * LOG_TWO_PI, means.shape[:-1])
        return Conditional(means, factors, log_scale, self.covariance_type == "tied", "means" if centred else "zero")

    def accurate(self, means: Array) -> bool:
        """Whether the terms of the squared distance are small, by NumPy: a program of JAX's would be compiled for this alone."""
        factors, _ = whitening(np.asarray(self.matrices()))
        terms = self._terms(np, np.asarray(means), gram(factors))
        return bool(keeps_digits(terms, means.shape[-1]))

    def _terms(self, numpy: ModuleType, means: Array, precision: Array) -> Array:
        r"""The sum of terms :math:`|P_{ij}| s_i s_j` of each component, s the root mean square about the origin."""
        matrices = numpy.asarray(self.matrices())
        size = numpy.sqrt(numpy.square(means) + numpy.diagonal(matrices, axis1=-2, axis2=-1))
        return ((numpy.abs(precision) @ size[..., None])[..., 0] * size).sum(-1)

    def definite(self) -> Array:
        """Which have a Cholesky factor."""
        return positive_definite(self.values)

    def common_means(self, means: Array, counts: Array, labels: Labels) -> Array:
        """Averages weighted with the precision matrices."""
        reference = group_means(means, labels)
        weighted = counts[..., None] * gram(self.whitening(means.shape)[0])
        pull = group_means((weighted @ (means - reference)[..., None])[..., 0], labels)
        flat = group_means(weighted.reshape(*weighted.shape[:-2], -1), labels)
        total = jnp.where(jnp.any(flat, -1)[..., None, None], flat.reshape(weighted.shape), jnp.eye(means.shape[-1]))
        root, _ = whitening(total)
        return reference + (root @ (jnp.swapaxes(root, -1, -2) @ pull[..., None]))[..., 0]

    def cells(self, counts: Array, features: int) -> Array:
        """The weight of the rows."""
        return counts[None]

    def expected_log_density(self, offset: Array, prior: GaussianPrior) -> Array:
        """Half the logarithm of the precision's determinant less half the expected squared distance."""
        factors, half_log_determinant = self.whitening(offset.shape)
        spread = jnp.einsum("...de,...df,...fe->...", factors, prior.matrix, factors)
        distance = jnp.square(jnp.einsum("...de,...d->...e", factors, offset)).sum(-1)
        return half_log_determinant - (spread + distance) / 2

    def _rescaled(self, variances: np.ndarray) -> Self:
        """The same correlations with these variances."""
        values = np.asarray(self.values)
        scale = np.sqrt(variances / np.diagonal(values, axis1=-2, axis2=-1))
        return self.holding(values * scale[..., :, None] * scale[..., None, :])


class OwnMatrices(Matrices):
    """A covariance matrix for each component, ``values`` (..., K, D, D)."""

    @classmethod
    def like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Diagonal matrices."""
        return np.broadcast_to(np.diag(variance), (*shape, len(variance), len(variance)))

    def matrices(self) -> Array:
        """The values."""
        return self.values

    def with_variances(self, variances: np.ndarray) -> Self:
        """Each component's own."""
        return self._rescaled(variances)

    def products(self, means: Array, whitening: Array, log_scale: Array) -> Natural:
        """Products with all pairs of [x, 1]."""
        precision = gram(whitening)
        linear = jnp.einsum("...de,...e->...d", precision, means)
        constant = log_scale - jnp.square(jnp.einsum("...de,...d->...e", whitening, means)).sum(-1) / 2
        whole = bordered(-precision / 2, jnp.concatenate([linear / 2, constant[..., None]], -1))
        i, j = upper_triangle(whole.shape[-1])
        natural = whole[..., i, j] * np.where(i == j, 1.0, 2.0)
        accurate = keeps_digits(self._terms(jnp, jnp.asarray(means), precision), means.shape[-1])
        return Natural(natural, STATISTICS["full"], accurate)

    def estimate(self, sums: Sums) -> Self:
        """Second moments about the new means."""
        mean = (sums.second + sums.prior) / jnp.where(sums.counts > 0, sums.counts, 1)[..., None]
        return self.holding(mean - sums.shift[..., :, None] * sums.shift[..., None, :])

    def pooled(self, found: Self, sums: Sums, labels: Labels) -> tuple[Self, Array]:
        """Averages weighted with rows."""
        values, weight = averages(found.values, sums.counts, labels)
        return self.holding(values), weight

    def second_at(self, rows: Array, prior: Array) -> Array:
        """(..., K, D, D)."""
        return rows[..., None] * self.values - prior

    def coloured(self, noise: np.ndarray, component: np.ndarray, count: int) -> np.ndarray:
        """Times the component's own Cholesky factor."""
        return np.einsum("nde,ne->nd", np.linalg.cholesky(np.asarray(self.values, float))[component], noise)

    def parameter_count(self, labels: Labels | None = None) -> int:
        """That of one covariance for each component, or for each label."""
        matrices = int(np.prod(self.values.shape[:-2])) if labels is None else int(distinct(labels, 1).sum())
        return matrices * self._numbers()

    @abstractmethod
    def _numbers(self) -> int:
        """Free numbers of one covariance."""


class SharedMatrix(Matrices):
    """One covariance matrix of all components, ``values`` (..., D, D)."""

    shared: ClassVar[bool] = True

    @classmethod
    def like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Diagonal matrices."""
        return np.broadcast_to(np.diag(variance), (*shape[:-1], len(variance), len(variance)))

    def matrices(self) -> Array:
        """The values, with an axis for the components."""
        return self.values[..., None, :, :]

    def with_variances(self, variances: np.ndarray) -> Self:
        """The components' average."""
        return self._rescaled(variances.mean(-2))

    def products(self, means: Array, whitening: Array, log_scale: Array) -> Linear:
        """Products with the row itself; its square is the same for all."""
        slope = jnp.einsum("...de,...fe,...f->...d", whitening, whitening, means)
        constant = log_scale - jnp.square(jnp.einsum("...de,...d->...e", whitening, means)).sum(-1) / 2
        accurate = keeps_digits(self._terms(jnp, jnp.asarray(means), gram(whitening)), means.shape[-1])
        return Linear(slope, constant, whitening[..., 0, :, :], accurate)

    def pooled(self, found: Self, sums: Sums, labels: Labels) -> tuple[Self, Array]:
        """As found: all components share it."""
        return found, sums.weight

    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """All or nothing."""
        return (weight > 0) & definite[..., None], self.holding(kept_where(definite, found.values, self.values))

    def second_at(self, rows: Array, prior: Array) -> Array:
        """The sum over components, (..., D, D)."""
        return rows.sum(-2)[..., None] * self.values - prior.sum(-3)

    def among(self, columns: Sequence[int]) -> Self:
        """Rows and columns of the matrix."""
        return self.holding(np.asarray(self.values)[..., columns, :][..., columns])

    def of_matrices(self, matrices: np.ndarray) -> Self:
        """The one matrix: conditioning does not depend on the component."""
        return self.holding(matrices.reshape(*self.values.shape[:-2], *matrices.shape[-2:]))

    def coloured(self, noise: np.ndarray, component: np.ndarray, count: int) -> np.ndarray:
        """Times the one Cholesky factor."""
        return noise @ np.linalg.cholesky(np.asarray(self.values, float)).T

    def estimate(self, sums: Sums) -> Self:
        """The covariance within components."""
        weight = sums.counts[..., 0]
        total = jnp.broadcast_to(sums.common, self.values.shape) + sums.prior.sum(-3)
        between = jnp.einsum("...k,...kd,...ke->...de", weight, sums.shift, sums.shift)
        return self.holding((total - between) / weight.sum(-1)[..., None, None])


def common(floor: Array) -> Array:
    """Floors (D,), or the largest of the components' floors, (..., D)."""
    return floor if floor.ndim == 1 else floor.max(-2)


def triangle(features: int) -> int:
    """Free numbers of a symmetric matrix."""
    return features * (features + 1) // 2
