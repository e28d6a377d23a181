"""Columns of different kinds: families side by side, independent given the component."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.charts.mixture import MixedChart
from suffice.latent.families.family import Family
from suffice.latent.families.mixed_columns import MixedColumns
from suffice.latent.forms.mixed import MixedForm
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


def _ties_of(part: Family, columns: Sequence[int], tied: Mapping[str, Labels]) -> dict[str, Labels]:
    """Labels of those columns, for the parameters that the part has."""
    own = {name: labels for name, labels in tied.items() if name in part.parameter_names()}
    return {name: labels if labels.shape[1] == 1 else labels[:, list(columns)] for name, labels in own.items()}


class Mixed(MixedColumns):
    r"""K distributions of rows whose columns are of different kinds, each group of columns with its own family.

    .. math:: \log p(x \mid k) = \sum_g \log p(x_g \mid \theta_{gk})

    Parameters
    ----------
    parts
        Families, all with K components.
    columns
        The columns that each one is of; every column is in one group.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Bernoulli, Mixed, Poisson
    >>> family = Mixed([Bernoulli(np.array([[0.5]])), Poisson(np.array([[2.0]]))], [[1], [0]])
    >>> print(np.exp(family.log_density(np.array([[2.0, 1.0]]))).round(4))
    [[0.1353]]
    """

    chart: ClassVar[Any] = MixedChart()

    def __init__(self, parts: Sequence[Family], columns: Sequence[Sequence[int]]):
        self.parts = tuple(parts)
        self.columns = tuple(tuple(int(column) for column in group) for group in columns)

    def form(self, centred: bool) -> MixedForm:
        """The parts' forms."""
        return _form(self, [part.form(centred) for part in self.parts])

    def missing_form(self, centred: bool) -> MixedForm:
        """The parts' forms for missing cells."""
        return _form(self, [part.missing_form(centred) for part in self.parts])

    def needs_centring(self) -> bool:
        """Deviations where one of the parts needs them."""
        return any(part.needs_centring() for part in self.parts)

    def numbers_per_row(self) -> int:
        """The parts' together."""
        return sum(part.numbers_per_row() for part in self.parts)

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Each part's own maximisation."""
        made = [part.maximize(own) for part, own in zip(self.parts, moments.common, strict=True)]
        valid = jnp.stack([valid for _, valid in made]).all(0)
        return type(self)([part for part, _ in made], self.columns), valid

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """Each part's own maximisation given those of its parameters that stay or are shared."""
        groups = zip(self.parts, self.columns, moments.common, strict=True)
        made = [part.maximize_restricted(own, frozen, _ties_of(part, columns, tied)) for part, columns, own in groups]
        return type(self)([part for part, _ in made], self.columns), jnp.stack([valid for _, valid in made]).all(0)

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """The parts, each with the parameters that it is to share averaged."""
        parts = zip(self.parts, self.columns, strict=True)
        return type(self)([part.sharing(_ties_of(part, columns, tied)) for part, columns in parts], self.columns)

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels]) -> int:
        """Free parameters of all parts."""
        parts = zip(self.parts, self.columns, strict=True)
        return sum(part.free_parameter_count(frozen, _ties_of(part, columns, tied)) for part, columns in parts)

    def about_zero(self, moments: Moments) -> Moments:
        """The parts' sums, each measured from the origin."""
        groups = zip(self.parts, moments.common, strict=True)
        return Moments(moments.total, tuple(part.about_zero(own) for part, own in groups), "zero")

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments | None:
        """The parts' own."""
        made = tuple(part.moments_at(counts) for part in self.parts)
        return None if any(part is None for part in made) else Moments(counts[None], made, "zero")

    def log_prior(self) -> Float[Array, ...] | float:
        """Sum of the parts'."""
        return sum((part.log_prior() for part in self.parts), 0.0)

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows and components, of all parts."""
        return sum(part.inner(own) for part, own in zip(self.parts, moments.common, strict=True))  # type: ignore[return-value]

    def centre(self) -> np.ndarray | None:
        """The mean of the means of columns that can be moved, 0 for others."""
        centre = np.zeros(self.features)
        for part, group in zip(self.parts, self.columns, strict=True):
            own = part.centre()
            centre[list(group)] = 0.0 if own is None else own
        return centre

    def translated(self, shift: Float[Array, " D"]) -> Self:
        """Parts that can be moved, moved."""
        groups = zip(self.parts, self.columns, strict=True)
        parts = [part.translated(shift[np.array(group)]) if part.movable else part for part, group in groups]
        return type(self)(parts, self.columns)

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        """Each part's conditional of its own columns; parts without given columns stay as they are."""
        given = dict(zip(columns, np.asarray(values, float), strict=True))
        others = self.other_columns(columns)
        parts, groups, log_density = [], [], 0.0
        for part, group in zip(self.parts, self.columns, strict=True):
            own = [position for position, column in enumerate(group) if column in given]
            if len(own) == len(group):
                log_density = log_density + part.log_density(np.array([[given[c] for c in group]]))[..., 0]
                continue
            rest = part.without_prior()
            if own:
                rest, seen = part.conditional(own, np.array([given[group[position]] for position in own]))
                log_density = log_density + seen
            parts.append(rest)
            groups.append([others.index(column) for column in group if column not in given])
        return type(self)(parts, groups), np.asarray(log_density)

    def among(self, components: np.ndarray) -> Self:
        """These components of each part."""
        return type(self)([part.among(components) for part in self.parts], self.columns)

    def without_prior(self) -> Self:
        """The parts without priors."""
        return type(self)([part.without_prior() for part in self.parts], self.columns)


def _form(family: MixedColumns, forms: Sequence[Any]) -> MixedForm:
    return MixedForm(tuple(forms), 0.0, family.columns, tuple(part.missing for part in family.parts))
