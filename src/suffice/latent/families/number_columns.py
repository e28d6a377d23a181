"""What families answer whose columns are numbers, independent given the component."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Self

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from suffice.latent.families.columns import Columns
from suffice.latent.families.family import averaged, averaged_parameters
from suffice.latent.families.independent_columns import IndependentColumns
from suffice.latent.families.kind import expected_number, in_columns
from suffice.latent.families.prior_rows import PriorRows
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels, averaged_moments, distinct
from suffice.runtime.arrays import Array
from suffice.runtime.module import Module, replaced


class NumberColumns(IndependentColumns):
    """K products of D distributions of numbers: every parameter has one number for each column, (..., K, D)."""

    @property
    def features(self) -> int:
        """Number of columns D."""
        return getattr(self, self.parameter_names()[0]).shape[-1]

    def averaged_moments(self, moments: Moments, labels: Labels) -> Moments:
        """Moments of [x, 1] or [x, observed, 1] averaged over components of one label."""
        return averaged_moments(moments, self.features, labels)

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels]) -> int:
        """K times D for each parameter that does not stay, or its labels in every column."""
        names = [name for name in self.parameter_names() if name not in frozen]
        whole = {name: int(np.prod(getattr(self, name).shape[-2:])) for name in names}
        return sum(int(distinct(tied[name], self.features).sum()) if name in tied else whole[name] for name in names)

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """Averages in each column."""
        return averaged_parameters(self, tied)

    def completed(
        self, form: Module, features: object, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """Means and standard deviations of the columns, whatever the row's other cells say beside the responsibilities."""
        mean, variance = self.cell_moments()
        return averaged(share, mean[:, None], variance[:, None])

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Those of the columns."""
        mean, variance = self.cell_moments()
        return np.asarray(mean), np.asarray(variance)

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Each parameter's numbers."""
        named = {key: np.moveaxis(np.asarray(getattr(self, name)), -1, 0) for key, name in self.column_names.items()}
        return [{key: values[column] for key, values in named.items()} for column in range(self.features)]

    def with_columns(self, given: Sequence[Mapping[str, ArrayLike]], origin: np.ndarray) -> Self:
        """Numbers put in their places."""
        named = {key: name for key, name in self.column_names.items() if any(key in own for own in given)}
        values = {name: in_columns(getattr(self, name), given, key) for key, name in named.items()}
        return self._with(values) if values else self

    def pooled(self, moments: Moments, centres: np.ndarray) -> Columns:
        """One component for the rows of all classes."""
        together = Moments(np.asarray(moments.total).sum(-1, keepdims=True), moments.common, moments.about)
        mean, variance = (np.asarray(values)[0] for values in self.maximize(together)[0].cell_moments())
        return Columns(mean, variance)

    def refused(self, column: int, value: float) -> str | None:
        """What the kind refuses in every column."""
        return expected_number(type(self), value)

    def marginal(self, columns: Sequence[int]) -> Self:
        """Each parameter's numbers of these columns, and the prior's."""
        kept, prior = list(columns), getattr(self, "prior", None)
        own = self._with({name: np.asarray(getattr(self, name))[..., kept] for name in self.parameter_names()})
        return replace(own, prior=prior.among(kept, self.features)) if isinstance(prior, PriorRows) else own

    def without_prior(self) -> Self:
        """The same parameters."""
        return type(self)(*(getattr(self, name) for name in self.parameter_names()))

    def _with(self, values: Mapping[str, Array]) -> Self:
        return replaced(self, **values)
