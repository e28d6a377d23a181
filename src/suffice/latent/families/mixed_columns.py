"""Families side by side as tables and pictures see them: each column is of its part's kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, TypeVar

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from suffice.latent.families.family import Family
from suffice.latent.forms.mixed import MixedForm
from suffice.model import Hyperparameters
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import field

Value = TypeVar("Value")


class MixedColumns(Family):
    """Parts, each of some of the columns, and what they say of single columns; ``Mixed`` has the mathematics."""

    parts: tuple[Family, ...]
    columns: tuple[tuple[int, ...], ...] = field(static=True)

    @property
    def prior(self) -> tuple[Hyperparameters, ...]:
        """The priors of the parts."""
        return tuple(part.prior for part in self.parts)  # type: ignore[attr-defined]

    @property
    def features(self) -> int:
        """Number of columns D."""
        return sum(len(group) for group in self.columns)

    @property
    def missing(self) -> MissingLayout | None:  # type: ignore[override]
        """By pattern where one of the parts asks for it; refused where one refuses them."""
        layouts = {part.missing for part in self.parts}
        return None if None in layouts else "patterns" if "patterns" in layouts else "mask"

    @property
    def one_pass(self) -> bool:  # type: ignore[override]
        """Where it is so of all parts."""
        return all(part.one_pass for part in self.parts)

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """None of its own: parts have theirs, and those of one name stay or are shared together."""
        return ()

    def marginal(self, columns: Sequence[int]) -> Self:
        """The parts' marginals, of those parts that have some of these columns."""
        kept = [
            (part, [(place, group.index(column)) for place, column in enumerate(columns) if column in group])
            for part, group in zip(self.parts, self.columns, strict=True)
        ]
        kept = [(part, places) for part, places in kept if places]
        parts = [part.marginal([position for _, position in places]) for part, places in kept]
        return type(self)(tuple(parts), tuple(tuple(place for place, _ in places) for _, places in kept))

    def refused(self, column: int, value: float) -> str | None:
        """What the part that the column belongs to expects."""
        for part, group in zip(self.parts, self.columns, strict=True):
            if column in group:
                return part.refused(group.index(column), value)
        return None

    def kinds(self) -> list[str]:
        """Each part's kind."""
        groups = [[part.kind] * len(group) for part, group in zip(self.parts, self.columns, strict=True)]
        return in_order(self.columns, groups)

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """The parts' parameters, in the columns' order."""
        return in_order(self.columns, [part.parameters_of_columns() for part in self.parts])

    def with_columns(self, given: Sequence[Mapping[str, ArrayLike]], origin: np.ndarray) -> Self:
        """The parts with the parameters given for their columns put in."""
        groups = zip(self.parts, self.columns, strict=True)
        parts = [part.with_columns([given[c] for c in group], origin[list(group)]) for part, group in groups]
        return type(self)(tuple(parts), self.columns)

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Those of the parts' features, in the columns' order."""
        single = [self.marginal([column]).parts[0].feature_moments() for column in range(self.features)]
        means, variances = (np.concatenate(moments, -1) for moments in zip(*single, strict=True))
        return means, variances

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """That of the one part."""
        return self.parts[0].cumulative(values)

    def completed(
        self, form: MixedForm, features: tuple[object, ...], share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """What each part says of its columns' cells."""
        groups = zip(self.parts, form.forms, features, strict=True)
        parts = [part.completed(form, own, share) for part, form, own in groups]
        order = np.argsort(np.concatenate([np.array(group) for group in self.columns]))
        value, deviation = (jnp.concatenate(leaves, -1)[:, order] for leaves in zip(*parts, strict=True))
        return value, deviation

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows, (n, D)."""
        rows = np.empty((len(component), self.features))
        for part, group in zip(self.parts, self.columns, strict=True):
            rows[:, list(group)] = part.draw(component, generator)
        return rows


def in_order(columns: Sequence[Sequence[int]], groups: Sequence[Sequence[Value]]) -> list[Value]:
    """What is given for each column of each part, in the columns' order."""
    pairs = [pair for group, owns in zip(columns, groups, strict=True) for pair in zip(group, owns, strict=True)]
    found = dict(pairs)
    return [found[column] for column in range(len(pairs))]
