"""Gaussian components beside noise as tables and pictures see them: their columns are those of the Gaussians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from suffice.latent.families.columns import Columns
from suffice.latent.families.covariances.covariance import Covariance
from suffice.latent.families.family import Family
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.noise_box import NoiseBox
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.module import replaced


class GaussianWithNoiseColumns(Family):
    """Gaussians and a box; what is said of single columns is said of the Gaussians."""

    gaussian: Gaussian
    box: NoiseBox

    kind: ClassVar[str] = Gaussian.kind
    title: ClassVar[str] = Gaussian.title
    column_names: ClassVar[dict[str, str]] = Gaussian.column_names
    discrete: ClassVar[bool] = False
    floored: ClassVar[bool] = True
    movable: ClassVar[bool] = True
    noise_components: ClassVar[int] = 1

    @property
    def means(self) -> Array:
        """The Gaussians' means, (..., K, D)."""
        return self.gaussian.means

    @property
    def covariances(self) -> Array:
        """The Gaussians' covariances."""
        return self.gaussian.covariances

    @property
    def covariance(self) -> Covariance:
        """The Gaussians' covariance."""
        return self.gaussian.covariance

    @property
    def prior(self) -> Any:
        """The Gaussians' prior."""
        return self.gaussian.prior

    @property
    def missing(self) -> MissingLayout:  # type: ignore[override]
        """As the Gaussians take them."""
        return self.gaussian.missing

    @property
    def features(self) -> int:
        """Number of columns D."""
        return self.gaussian.features

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """Means and the covariance's values."""
        return Gaussian.parameter_names()

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """What is infinite."""
        return Gaussian.refused_cells(values)

    def refused(self, column: int, value: float) -> str | None:
        """What is no finite number."""
        return self.gaussian.refused(column, value)

    def kinds(self) -> list[str]:
        """One kind."""
        return self.gaussian.kinds()

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Mean and variance of each column."""
        return self.gaussian.parameters_of_columns()

    def with_columns(self, given: Sequence[Mapping[str, ArrayLike]], origin: np.ndarray) -> Self:
        """The same with the means and variances given."""
        return replaced(self, gaussian=self.gaussian.with_columns(given, origin))

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """Means and variances of the Gaussians."""
        return self.gaussian.cell_moments()

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances of the Gaussians."""
        return self.gaussian.feature_moments()

    def centre(self) -> np.ndarray:
        """The mean of the means."""
        return self.gaussian.centre()

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Normal distribution functions, and after them that of the noise within its box, (K + 1, G)."""
        inside = np.clip((values - np.asarray(self.box.low)) / np.asarray(self.box.sides), 0.0, 1.0)
        return np.concatenate([self.gaussian.cumulative(values), inside[None]])

    def flat(self, columns: Columns, floor: float) -> np.ndarray:
        """What of the Gaussians has shrunk to the floor."""
        return self.gaussian.flat(columns, floor)

    def marginal(self, columns: Sequence[int]) -> Self:
        """Gaussians and box of these columns."""
        kept = list(columns)
        return type(self)(self.gaussian.marginal(kept), self.box.among(kept))

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows (n, D); those of the noise are uniform over the box."""
        noise = component == self.gaussian.means.shape[-2]
        rows = self.gaussian.draw(np.where(noise, 0, component), generator)
        rows[noise] = self.box.draw(int(noise.sum()), generator)
        return rows
