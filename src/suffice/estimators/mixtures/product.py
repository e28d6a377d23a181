"""What mixtures of independent columns of numbers share, whatever their family."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.family import Family
from suffice.latent.mixture import Mixture
from suffice.model import Hyperparameters
from suffice.rows.survey import Survey
from suffice.validation import check_shape


@dataclass(eq=False, repr=False, kw_only=True)
class ProductMixture(MixtureEstimator):
    """Base of the mixtures whose parameters have one number for each component and column; a family says all else."""

    accept_sparse: bool = False
    tied: Any = None
    prior_mean: Any = None

    def _counts(self, rows: np.ndarray, allow_fractional: bool) -> np.ndarray:
        """Rows of counts; anything else is refused."""
        self._refuse(rows, rows < 0, "Negative", "counts are at least 0: GaussianMixture takes other numbers.")
        if not allow_fractional:
            fractional = (rows != np.floor(rows)) & ~np.isnan(rows)
            self._refuse(
                rows, fractional, "Fractional", "counts are whole numbers: set allow_fractional=True for others."
            )
        return rows

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, self._prepared, accept_sparse=self.accept_sparse)

    def _prepared(self, rows: np.ndarray) -> np.ndarray:
        """Rows as the family takes them."""
        return rows

    def _refuse(self, rows: np.ndarray, wrong: np.ndarray, what: str, advice: str) -> None:
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            named = self._input.named(np.array([column]))
            raise ValueError(
                f"{what} values in data passed to X: {rows[row, column]:g} at row {row}, column {named}; {advice}"
            )

    def _likelihood_of(self) -> str:
        return "probability of counts" if self._family().discrete else "density of real numbers"

    def _prior(self, overview: Survey, origin: Any) -> Hyperparameters:
        columns = self._columns(overview, origin)
        if self.prior_mean is not None:
            columns = replace(columns, mean=self._usable("prior_mean", self.prior_mean, overview.mean.shape))
        return self._family().prior_from(columns, float(self.prior_strength) or None)

    def _with_given(self, components: Family, origin: Any) -> Family:
        given = self._given()
        names = [name for name in self._family().parameter_names() if given.has(name)]
        old = [getattr(components, name) for name in names]
        new = [self._usable(f"{name}_init", getattr(self, f"{name}_init"), value.shape[1:])
               for name, value in zip(names, old, strict=True)]  # fmt: skip
        new = [np.broadcast_to(given, value.shape) for given, value in zip(new, old, strict=True)]
        return eqx.tree_at(lambda c: [getattr(c, name) for name in names], components, new) if names else components

    def _usable(self, name: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
        """Numbers of this shape that the family's parameters, or means of its columns, can have."""
        array = check_shape(name, values, shape)
        wrong = self._family().refused_parameter(name.removesuffix("_init"), array)
        if wrong is not None:
            raise ValueError(f"{name} {wrong}.")
        return array

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        return {f"{name}_": np.asarray(getattr(model.components, name)) for name in self._family().parameter_names()}
