"""Columns of different kinds: families side by side, independent given the component."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.families.family import Family
from suffice.latent.forms.mixed import MixedForm
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels
from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array


def _ties_of(part: Family, columns: Sequence[int], tied: Mapping[str, Labels]) -> dict[str, Labels]:
    """Labels of those columns, for the parameters that the part has."""
    own = {name: labels for name, labels in tied.items() if name in part.parameter_names()}
    return {name: labels if labels.shape[1] == 1 else labels[:, list(columns)] for name, labels in own.items()}


class Mixed(Family):
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

    parts: tuple[Family, ...]
    columns: tuple[tuple[int, ...], ...] = eqx.field(static=True)

    def __init__(self, parts: Sequence[Family], columns: Sequence[Sequence[int]]):
        self.parts = tuple(parts)
        self.columns = tuple(tuple(int(column) for column in group) for group in columns)

    @property
    def prior(self) -> tuple[Any, ...]:
        """The priors of the parts."""
        return tuple(part.prior for part in self.parts)  # type: ignore[attr-defined]

    @property
    def features(self) -> int:
        """Number of columns D."""
        return sum(len(group) for group in self.columns)

    @property
    def missing(self) -> MissingLayout:
        """By pattern where one of the parts asks for it."""
        return "patterns" if any(part.missing == "patterns" for part in self.parts) else "mask"

    @property
    def one_pass(self) -> bool:  # type: ignore[override]
        """Where it is so of all parts."""
        return all(part.one_pass for part in self.parts)

    def form(self, centred: bool) -> MixedForm:
        """The parts' forms."""
        return self._form([part.form(centred) for part in self.parts])

    def missing_form(self, centred: bool) -> MixedForm:
        """The parts' forms for missing cells."""
        return self._form([part.missing_form(centred) for part in self.parts])

    def _form(self, forms: Sequence[Any]) -> MixedForm:
        return MixedForm(tuple(forms), 0.0, self.columns, tuple(part.missing for part in self.parts))

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

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """None of its own: parts have theirs, and those of one name stay or are shared together."""
        return ()

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

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels] | None = None) -> int:
        """Free parameters of all parts."""
        parts = zip(self.parts, self.columns, strict=True)
        return sum(part.free_parameter_count(frozen, _ties_of(part, columns, tied or {})) for part, columns in parts)

    def about_zero(self, moments: Moments) -> Moments:
        """The parts' sums, each measured from the origin."""
        groups = zip(self.parts, moments.common, strict=True)
        return Moments(moments.total, tuple(part.about_zero(own) for part, own in groups), "zero")

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments | None:
        """The parts' own."""
        made = tuple(part.moments_at(counts) for part in self.parts)
        return None if any(part is None for part in made) else Moments(counts[None], made, "zero")

    @property
    def counts_cells(self) -> bool:
        """Independent columns among the parts do."""
        return True

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

    def completed(
        self, form: Any, features: Any, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """What each part says of its columns' cells."""
        groups = zip(self.parts, form.forms, features, strict=True)
        parts = [part.completed(form, own, share) for part, form, own in groups]
        order = np.argsort(np.concatenate([np.array(group) for group in self.columns]))
        value, deviation = (jnp.concatenate(leaves, -1)[:, order] for leaves in zip(*parts, strict=True))
        return value, deviation

    def marginal(self, columns: Sequence[int]) -> Self:
        """The parts' marginals, of those parts that have some of these columns."""
        kept = [
            (part, [(place, group.index(column)) for place, column in enumerate(columns) if column in group])
            for part, group in zip(self.parts, self.columns, strict=True)
        ]
        kept = [(part, places) for part, places in kept if places]
        parts = [part.marginal([position for _, position in places]) for part, places in kept]
        return type(self)(parts, [[place for place, _ in places] for _, places in kept])

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

    def among(self, components: Any) -> Self:
        """These components of each part."""
        return type(self)([part.among(components) for part in self.parts], self.columns)

    def without_prior(self) -> Self:
        """The parts without priors."""
        return type(self)([part.without_prior() for part in self.parts], self.columns)

    def refused(self, column: int, value: float) -> str | None:
        """What the part that the column belongs to expects."""
        for part, group in zip(self.parts, self.columns, strict=True):
            if column in group:
                return part.refused(group.index(column), value)
        return None

    def kinds(self) -> list[str]:
        """Kind of each column."""
        return self._in_order([[part.kind] * len(group) for part, group in zip(self.parts, self.columns, strict=True)])

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """The parts' parameters, in the columns' order."""
        return self._in_order([part.parameters_of_columns() for part in self.parts])

    def with_columns(self, given: Sequence[Mapping[str, Any]], origin: np.ndarray) -> Self:
        """The parts with the parameters given for their columns put in."""
        groups = zip(self.parts, self.columns, strict=True)
        parts = [part.with_columns([given[c] for c in group], origin[list(group)]) for part, group in groups]
        return type(self)(parts, self.columns)

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Those of the parts' features, in the columns' order."""
        single = [self.marginal([column]).parts[0].feature_moments() for column in range(self.features)]
        return tuple(np.concatenate(moments, -1) for moments in zip(*single, strict=True))  # type: ignore[return-value]

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """That of the one part."""
        return self.parts[0].cumulative(values)

    def _in_order(self, groups: Sequence[Sequence[Any]]) -> list[Any]:
        """What is given for each column of each part, in the columns' order."""
        found = {
            c: own
            for columns, owns in zip(self.columns, groups, strict=True)
            for c, own in zip(columns, owns, strict=True)
        }
        return [found[column] for column in range(self.features)]

    def draw(self, component: Any, generator: Any) -> Any:
        """Rows, (n, D)."""
        rows = np.empty((len(component), self.features))
        for part, group in zip(self.parts, self.columns, strict=True):
            rows[:, list(group)] = part.draw(component, generator)
        return rows

    def parameter_count(self) -> int:
        """The parts' together."""
        return sum(part.parameter_count() for part in self.parts)
