"""What a mixture needs of its components' distribution."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Num

from suffice.latent.families.columns import Columns
from suffice.latent.families.kind import Kind
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels, averaged_moments, distinct, group_means
from suffice.model import Hyperparameters
from suffice.rows.missing import MissingLayout
from suffice.rows.patterns import arrange
from suffice.runtime.arrays import Array
from suffice.runtime.precision import in_own_precision


class Family(Kind):
    """A stack of K distributions of one exponential family, along the last leading axis of its parameters.

    Leading axes before that one are restarts, fitted side by side.
    """

    shared_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters of which all components have the same."""

    missing: ClassVar[MissingLayout] = "mask"
    """How ``missing_form`` takes rows with missing cells: ``"cells"`` as ``MaskedRows``, ``"patterns"`` as ``PatternRows``."""

    @property
    def counts_cells(self) -> bool:
        """Whether moments of rows with missing cells count the observed ones, and so differ in shape from others."""
        return self.missing == "mask"

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """Names of what maximisation sets: all fields but the prior."""
        fields = [field for field in dataclasses.fields(cls) if not field.metadata.get("static")]
        return tuple(field.name for field in fields if field.name != "prior")

    @classmethod
    def column_parameters(cls) -> tuple[str, ...]:
        """Names of the parameters that components may share in some columns only; as it stands, all."""
        return cls.parameter_names()

    def form(self, centred: bool) -> Any:
        """Log-density and moments as functions of complete rows, with all that rows share worked out."""
        raise NotImplementedError

    def missing_form(self, centred: bool) -> Any:
        """The same for rows with missing cells; None where they cannot be used."""
        return None

    def completed(
        self, form: Any, features: Any, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """Expected value of every cell and its standard deviation, (n, D) each, given responsibilities (K, n).

        ``features`` is what ``form`` makes of the rows. As it stands, columns are independent given the component.
        """
        mean, variance = self.cell_moments()
        return averaged(share, mean[:, None], variance[:, None])

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows and components (...), under moments about zero."""
        form = self.form(False)
        return (form if form.size == len(moments.total) else self.missing_form(False)).inner(moments)

    def centre(self) -> np.ndarray | None:
        """Where to measure rows from, (D,), while computing; None where a shift would change the distributions."""
        return None

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Parameters of highest expected log-likelihood plus log-prior, and which components (..., K) had such parameters.

        A component without them (no weight, or a covariance that is not positive definite) keeps the ones it had.
        """
        raise NotImplementedError

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """What ``maximize`` gives where parameters named in ``frozen`` stay, and components of one label share those in ``tied``.

        As it stands, a family keeps all of its parameters or none, and sums over rows are averaged over the components that
        share the one parameter; a family with several parameters overrides it.
        """
        names = self.parameter_names()
        if set(names) <= set(frozen):
            return self, jnp.ones(moments.total.shape[1:], bool)
        if set(names) & set(frozen):
            raise ValueError(f"{type(self).__name__} can hold all of {', '.join(names)}, or none of them.")
        for labels in tied.values():
            moments = self.averaged_moments(moments, labels)
        return self.maximize(moments)

    def averaged_moments(self, moments: Moments, labels: Labels) -> Moments:
        """Moments of which those of components of one label are equal in each column, where columns are independent."""
        return averaged_moments(moments, self.features, labels)

    def pooled(self, moments: Moments, centres: np.ndarray) -> Columns:
        """The overall distribution of columns, from sums over the rows of each class about its centre (K, D).

        As it stands, one component for the rows of all classes.
        """
        together = Moments(np.asarray(moments.total).sum(-1, keepdims=True), moments.common, moments.about)
        mean, variance = (np.asarray(values)[0] for values in self.maximize(together)[0].cell_moments())
        return Columns(mean, variance)

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """Parameters averaged over the components that are to share them; restarts lie along one leading axis."""
        names = list(tied)
        values = [np.asarray(getattr(self, name)) for name in names]
        shared = [
            group_means(value.reshape(*value.shape[:2], -1), self.labels_of_numbers(tied[name])).reshape(value.shape)
            for name, value in zip(names, values, strict=True)
        ]
        return eqx.tree_at(lambda family: [getattr(family, name) for name in names], self, shared)

    def labels_of_numbers(self, labels: Labels) -> Labels:
        """Labels (K, T) or (K, 1) of the T numbers of a parameter; as it stands, one for each column."""
        return labels

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels] | None = None) -> int:
        """Free parameters of all components where parameters stay as they are, or are shared.

        As it stands, for families of one parameter.
        """
        if set(self.parameter_names()) <= set(frozen):
            return 0
        return sum(map(self.shared_parameter_count, tied.values())) if tied else self.parameter_count()

    def shared_parameter_count(self, labels: Labels) -> int:
        """Free numbers in a parameter that components of one label share, where it has one for each column."""
        return int(distinct(labels, self.features).sum())

    def about_zero(self, moments: Moments) -> Moments:
        """The same sums measured from the origin, so that they can be added to those of other parameters."""
        return moments

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments | None:
        """Moments about zero, cells counted, of rows of weight ``counts`` (..., K) whose maximisation gives these parameters.

        None where they are not known: online learning after a fit then begins with the statistics of its first batch.
        """
        return None

    def log_prior(self) -> Float[Array, ...] | float:
        """Logarithm of the prior density at these parameters, up to a constant, summed over components."""
        raise NotImplementedError

    def needs_centring(self) -> bool:
        """Whether the form of deviations from the means suits these parameters, rather than that of products."""
        return False

    def translated(self, shift: Float[Array, " D"]) -> Self:
        """The same distributions for rows moved by ``shift``."""
        raise NotImplementedError

    def marginal(self, columns: Sequence[int]) -> Self:
        """The distributions of these columns alone, in this order, with the prior's part for them."""
        raise NotImplementedError

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        """The distributions of the other columns, in their order, where these have the ``values`` (A,).

        Returns them without a prior, and the log-density (..., K) of the values under each component. As it stands, columns are
        independent given the component, and the others keep their distributions; a family where they are not overrides it.
        """
        values = np.asarray(values, float)[None]
        return self.marginal(self.other_columns(columns)).without_prior(), self.marginal(columns).log_density(values)[
            ..., 0
        ]

    def other_columns(self, columns: Sequence[int]) -> list[int]:
        """Positions of all columns but these, in order."""
        return [column for column in range(self.features) if column not in set(columns)]

    def among(self, components: Any) -> Self:
        """These components alone, given by number, of every restart; restarts lie along one leading axis."""

        def chosen(leaf: Any) -> Any:
            return leaf if isinstance(leaf, Hyperparameters) else np.asarray(leaf)[:, components]

        return jax.tree.map(chosen, self, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))

    def without_prior(self) -> Self:
        """The same distributions, to which maximisation adds nothing."""
        raise NotImplementedError

    def refused(self, column: int, value: float) -> str | None:
        """What is expected in place of a value that no row can have in a column; None where a row can."""
        return None if np.isfinite(value) and not self.refused_cells(np.asarray(value)) else self.cells[0]

    def draw(self, component: Any, generator: Any) -> Any:
        """One row from each of the components named, (n, D), with a NumPy generator."""
        raise NotImplementedError

    def numbers_per_row(self) -> int:
        """How many numbers a row becomes in the E-step, sufficient statistics for instance; here the row twice."""
        return 2 * max(leaf.shape[-1] for leaf in jax.tree.leaves(self) if np.ndim(leaf))

    def parameter_count(self) -> int:
        """Free parameters of all components."""
        raise NotImplementedError

    @in_own_precision
    def log_density(self, rows: Num[Array, "n D"]) -> Float[Array, "... K n"]:
        """Log-density of each row's observed cells under each component, (..., K, n)."""
        laid = arrange(rows, self.missing)
        form = self.form(self.needs_centring()) if laid is rows else self.missing_form(self.needs_centring())
        return form.log_density(form.features(laid))


def averaged(share: Array, mean: Array, variance: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (n, D) over components with responsibilities (K, n), from each one's (K, n or 1, D)."""
    share = share[..., None]
    overall = (share * mean).sum(0)
    return overall, jnp.sqrt((share * (variance + jnp.square(mean - overall))).sum(0))


def kept_where(valid: Array, new: Array, old: Array) -> Array:
    """``new`` for the components that are valid, ``old`` for the others."""
    return jnp.where(valid.reshape(valid.shape + (1,) * (new.ndim - valid.ndim)), new, old)
