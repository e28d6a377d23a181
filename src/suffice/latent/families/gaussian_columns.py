"""Gaussian components as tables, starts and pictures see them: means and variances of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.special import ndtr

from suffice.latent.charts.gaussian import GaussianChart
from suffice.latent.collapsed import NOTHING
from suffice.latent.families.columns import Columns, over_all_classes
from suffice.latent.families.covariances.covariance import Covariance
from suffice.latent.families.covariances.factors import flat_directions
from suffice.latent.families.covariances.full import FullCovariance
from suffice.latent.families.family import Family
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.latent.families.kind import expected_number, in_columns
from suffice.latent.forms.natural import Moments
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


class GaussianColumns(Family):
    """Means (..., K, D), covariances and a prior, and what they say of single columns; ``Gaussian`` has the mathematics."""

    means: Array
    covariance: Covariance
    prior: GaussianPrior

    kind: ClassVar[str] = "gaussian"
    chart: ClassVar[Any] = GaussianChart()
    title: ClassVar[str] = "Gaussian"
    column_names: ClassVar[dict[str, str]] = {"mean": "means", "variance": "covariances"}
    discrete: ClassVar[bool] = False
    floored: ClassVar[bool] = True
    movable: ClassVar[bool] = True
    whole_parameters: ClassVar[tuple[str, ...]] = ("means", "covariances")

    structure: ClassVar[type[Covariance]] = FullCovariance
    """The covariance that values given to the constructor are of."""

    earlier_fields: ClassVar[frozenset[str]] = frozenset({"means", "covariances", "prior"})
    """What files of earlier versions hold: arguments of the constructor."""

    @property
    def covariances(self) -> Array:
        """The covariance's values."""
        return self.covariance.values

    @property
    def missing(self) -> MissingLayout:  # type: ignore[override]
        """By pattern where columns depend on one another."""
        return self.covariance.missing

    @property
    def features(self) -> int:
        """Number of columns D."""
        return self.means.shape[-1]

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """Means and the covariance's values."""
        return ("means", "covariances")

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Rows in units of the columns' standard deviations, or in one unit where all columns have one variance."""
        one = alone and cls.structure.isotropic
        return rows / np.sqrt(columns.variance.mean() if one else columns.variance)

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> GaussianPrior:
        """So many rows of the columns' means and variances, and a floor relative to local variances."""
        return GaussianPrior(strength, columns.mean, columns.variance, columns.least(floor))

    def pooled(self, moments: Moments, centres: np.ndarray) -> Columns:
        """Means and variances of the columns over the rows of all classes, and within them."""
        return over_all_classes(moments, centres, self.covariance.covariance_type)

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """What is infinite."""
        return np.isinf(values)

    def refused(self, column: int, value: float) -> str | None:
        """What is no finite number."""
        return expected_number(type(self), value)

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """Variances that are not above 0."""
        if name == "covariances" and (values <= 0).any():
            return "holds numbers that are not above 0; variances are"
        return None

    def kinds(self) -> list[str]:
        """One kind."""
        return [self.kind] * self.features

    def with_columns(self, given: Sequence[Mapping[str, ArrayLike]], origin: np.ndarray) -> Self:
        """The same with the means and variances given; correlations stay as they are."""
        placed = [{"mean": own["mean"] - at} if "mean" in own else {} for own, at in zip(given, origin, strict=True)]
        covariance = self.covariance
        if any("variance" in own for own in given):
            covariance = covariance.with_variances(in_columns(self.variances(), given, "variance"))
        parts = in_columns(self.means, placed, "mean"), covariance
        return replaced(self, **dict(zip(("means", "covariance"), parts, strict=True)))

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Mean and variance of each column."""
        means, variances = (np.moveaxis(np.asarray(values), -1, 0) for values in (self.means, self.variances()))
        return [{"mean": mean, "variance": variance} for mean, variance in zip(means, variances, strict=True)]

    def variances(self) -> np.ndarray:
        """Variance of every column in every component, (..., K, D)."""
        return np.broadcast_to(np.asarray(self.covariance.by_column()), self.means.shape)

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """Means and variances."""
        return self.means, jnp.broadcast_to(self.covariance.by_column(), self.means.shape)

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances."""
        return np.asarray(self.means), self.variances()

    def centre(self) -> np.ndarray:
        """The mean of the means."""
        return np.asarray(self.means).mean(-2)

    def translated(self, shift: Float[Array, " D"]) -> Self:
        """Means and the prior's mean moved by ``shift`` (D,)."""
        prior = replaced(self.prior, mean=self.prior.mean + shift)
        return replaced(self, means=self.means + shift, prior=prior)

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Normal distribution functions."""
        mean, variance = self.feature_moments()
        return ndtr((values - mean) / np.maximum(np.sqrt(variance), 1e-300))

    def flat(self, columns: Columns, floor: float) -> np.ndarray:
        """Columns that take part in a direction in which the variance has shrunk to the floor."""
        varying = ~np.broadcast_to(columns.constant, columns.mean.shape)
        flat = flat_directions(self.covariance, varying, columns.least(floor or NOTHING))
        return np.broadcast_to(flat, self.means.shape)
