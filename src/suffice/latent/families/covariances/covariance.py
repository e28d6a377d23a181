"""What a Gaussian asks of its components' covariances."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from suffice.choices import CovarianceType
from suffice.latent.families.covariances.sums import Sums
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.latent.forms.natural import Linear, Natural, safe_limit
from suffice.latent.ties import Labels, group_means
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module


class Covariance(Module):
    """Covariances of K components of D columns, kept as ``values`` of the shape that suits their kind."""

    values: Array

    covariance_type: ClassVar[CovarianceType]
    """How moments are laid out, as in ``STATISTICS``."""

    missing: ClassVar[MissingLayout]
    """``"patterns"`` where columns depend on one another, ``"mask"`` where they do not."""

    chart: ClassVar[Any] = None
    """The values among numbers without constraints, a ``CovarianceChart``; None where they have no such coordinates."""

    shared: ClassVar[bool] = False
    """Whether all components have the same."""

    isotropic: ClassVar[bool] = False
    """Whether all columns have one variance."""

    def holding(self, values: Array) -> Self:
        """A covariance of this kind with other values."""
        return replace(self, values=values)

    @classmethod
    @abstractmethod
    def like(cls, variance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Values of components (..., K) as ``shape`` says with independent columns of these variances (D,)."""

    @abstractmethod
    def by_column(self) -> Array:
        """Variance of every column, (..., K or 1, D or 1)."""

    @abstractmethod
    def with_variances(self, variances: np.ndarray) -> Self:
        """The same correlations with variances (..., K, D)."""

    @abstractmethod
    def whitening(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """W with precision W W', and half the logarithm of the precision's determinant, for means of this shape.

        W is (..., K or 1, D, D), or its diagonal (..., K, D).
        """

    @abstractmethod
    def products(self, means: Array, whitening: Array, log_scale: Array) -> Natural | Linear:
        """The form of products with sufficient statistics."""

    @abstractmethod
    def missing_form(self, means: Array, centred: bool) -> Any:
        """The form for rows with missing cells."""

    @abstractmethod
    def accurate(self, means: Array) -> bool:
        """Whether products keep the digits that matter."""

    @abstractmethod
    def estimate(self, sums: Sums) -> Self:
        """The covariance of highest likelihood, whatever its form."""

    @abstractmethod
    def bounded(self, floor: Array) -> Self:
        """The likeliest of this form and, in all directions, at least ``floor``, where this is the likeliest of all.

        The floor is (D,) or (..., K, D); 0 bounds nothing.
        """

    @abstractmethod
    def pooled(self, found: Self, sums: Sums, labels: Labels) -> tuple[Self, Array]:
        """Those found, averaged over components of one label, and the weight (..., K) behind them."""

    @abstractmethod
    def definite(self) -> Array:
        """Which of the covariances are positive definite."""

    @abstractmethod
    def accepted(self, found: Self, definite: Array, weight: Array) -> tuple[Array, Self]:
        """Which components have weight and a definite covariance, and those found with the old ones elsewhere."""

    @abstractmethod
    def common_means(self, means: Array, counts: Array, labels: Labels) -> Array:
        """Averages of means over components of one label, weighted with cells and precisions."""

    @abstractmethod
    def second_at(self, rows: Array, prior: Array) -> Array:
        """Second moments about the means of so many rows (..., K, 1) that, with the prior's, give these covariances."""

    @abstractmethod
    def cells(self, counts: Array, features: int) -> Array:
        """The weights (W, ..., K) at the end of the moments of rows without missing cells."""

    @abstractmethod
    def expected_log_density(self, offset: Array, prior: GaussianPrior) -> Array:
        """Log-density (..., K), without its constant, expected of the prior's rows, so far from the means (..., K, D)."""

    @abstractmethod
    def among(self, columns: Sequence[int]) -> Covariance:
        """Those of some columns alone."""

    @abstractmethod
    def coloured(self, noise: np.ndarray, component: np.ndarray, count: int) -> np.ndarray:
        """Standard normal rows (n, D) given the covariance of each one's component (n,) out of so many."""

    @abstractmethod
    def parameter_count(self, labels: Labels | None = None) -> int:
        """Free numbers; where labels (K, D) or (K, 1) are given, components of one label share theirs."""


def keeps_digits(terms: Array, features: int) -> Any:
    """Whether products keep the digits that matter, where these are the terms that cancel."""
    return (terms < safe_limit(terms.dtype) * features).all()


def averages(values: Array, cells: Array, labels: Labels) -> tuple[Array, Array]:
    """Averages of values (..., K, *) over components of one label, weighted with cells (..., K, 1 or D), and their weights."""
    flat = values.reshape(*cells.shape[:-1], -1)
    weight = jnp.broadcast_to(cells, flat.shape)
    total = group_means(weight, labels)
    pooled = group_means(weight * flat, labels) / jnp.where(total > 0, total, 1)
    return jnp.where(total > 0, pooled, flat).reshape(values.shape), total.max(-1)
