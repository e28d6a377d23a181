"""What a mixture needs of its components' distribution."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Num

from suffice.latent.families.kind import Kind
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels, group_means
from suffice.model import NO_CHART
from suffice.rows.missing import MissingLayout
from suffice.rows.patterns import arrange
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module, replaced
from suffice.runtime.precision import in_own_precision


class Family(Kind):
    """A stack of K distributions of one exponential family, along the last leading axis of its parameters.

    Leading axes before that one are restarts, fitted side by side. Here are the questions that a mixture asks; where columns are
    independent given the component, ``IndependentColumns`` answers most of them.
    """

    shared_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters of which all components have the same."""

    whole_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters that components share in all columns or in none."""

    chart: ClassVar[Any] = NO_CHART
    """The parameters among numbers without constraints, where expectation-maximisation is accelerated."""

    missing: ClassVar[MissingLayout | None] = "mask"
    """How ``missing_form`` takes rows with missing cells, as ``MaskedRows`` or ``PatternRows``; None where they are refused."""

    dependent_cells: ClassVar[bool] = False
    """Whether cells of a row depend on one another given the component though rows come as ``MaskedRows``."""

    def form(self, centred: bool) -> Any:
        """Log-density and moments as functions of complete rows, with all that rows share worked out."""
        raise NotImplementedError

    def missing_form(self, centred: bool) -> Any:
        """The same for rows with missing cells."""
        raise NotImplementedError

    def completed(
        self, form: Module, features: object, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """Expected value of every cell and its standard deviation, (n, D) each, given responsibilities (K, n).

        ``features`` is what ``form`` makes of the rows.
        """
        raise NotImplementedError

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows and components (...), under moments about zero."""
        raise NotImplementedError

    def centre(self) -> np.ndarray | None:
        """Where to measure rows from, (D,), while computing; None where a shift would change the distributions."""
        raise NotImplementedError

    def translated(self, shift: Float[Array, " D"]) -> Self:
        """The same distributions for rows moved by ``shift``."""
        raise NotImplementedError

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Parameters of highest expected log-likelihood plus log-prior, and which components (..., K) had such parameters.

        A component without them (no weight, or a covariance that is not positive definite) keeps the ones it had.
        """
        raise NotImplementedError

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """What ``maximize`` gives where the ``frozen`` parameters stay, and components of one label share those in ``tied``."""
        raise NotImplementedError

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """Parameters averaged over the components that are to share them; restarts lie along one leading axis."""
        raise NotImplementedError

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels]) -> int:
        """Free parameters of all components where parameters stay as they are, or are shared."""
        raise NotImplementedError

    def parameter_count(self) -> int:
        """Free parameters of all components."""
        return self.free_parameter_count((), {})

    def about_zero(self, moments: Moments) -> Moments:
        """The same sums measured from the origin, so that they can be added to those of other parameters."""
        raise NotImplementedError

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments | None:
        """Moments about zero, cells counted, of rows of weight ``counts`` (..., K) whose maximisation gives these parameters.

        None where they are not known: online learning after a fit then begins with the statistics of its first batch.
        """
        raise NotImplementedError

    def log_prior(self) -> Float[Array, ...] | float:
        """Logarithm of the prior density at these parameters, up to a constant, summed over components."""
        raise NotImplementedError

    def needs_centring(self) -> bool:
        """Whether the form of deviations from the means suits these parameters, rather than that of products."""
        raise NotImplementedError

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        """The distributions of the other columns, in their order, where these have the ``values`` (A,).

        Returns them without a prior, and the log-density (..., K) of the values under each component.
        """
        raise NotImplementedError

    def among(self, components: np.ndarray) -> Self:
        """These components alone, given by number, of every restart; restarts lie along one leading axis."""
        raise NotImplementedError

    def without_prior(self) -> Self:
        """The same distributions, to which maximisation adds nothing."""
        raise NotImplementedError

    def numbers_per_row(self) -> int:
        """How many numbers a row becomes in the E-step, sufficient statistics for instance."""
        raise NotImplementedError

    @in_own_precision
    def log_density(self, rows: Num[Array, "n D"]) -> Float[Array, "... K n"]:
        """Log-density of each row's observed cells under each component, (..., K, n)."""
        laid = arrange(rows, self.missing or "mask")
        form = self.form(self.needs_centring()) if laid is rows else self.missing_form(self.needs_centring())
        return form.log_density(form.features(laid))


AnyFamily = TypeVar("AnyFamily", bound=Family)


def inner_of_form(family: Family, moments: Moments) -> Array:
    """Expected log-density, summed over rows and components (...), by the form that has so many statistics."""
    form = family.form(False)
    return (form if form.size == len(moments.total) else family.missing_form(False)).inner(moments)


def conditional_of_independent(
    family: AnyFamily, columns: Sequence[int], values: Array
) -> tuple[AnyFamily, np.ndarray]:
    """The distributions of the other columns, which keep theirs, and the log-density (..., K) of the values (A,)."""
    given = family.marginal(columns).log_density(np.asarray(values, float)[None])
    return family.marginal(family.other_columns(columns)).without_prior(), np.asarray(given)[..., 0]


def averaged_parameters(family: AnyFamily, tied: Mapping[str, Labels], sizes: Sequence[int] | int = 1) -> AnyFamily:
    """Parameters averaged over the components of one label, where they have ``sizes`` numbers for each column."""
    names = list(tied)
    values = [np.asarray(getattr(family, name)) for name in names]
    labels = [labels_of_numbers(tied[name], sizes) for name in names]
    shared = [
        group_means(value.reshape(*value.shape[:2], -1), label).reshape(value.shape)
        for value, label in zip(values, labels, strict=True)
    ]
    return replaced(family, **dict(zip(names, shared, strict=True)))


def labels_of_numbers(labels: Labels, sizes: Sequence[int] | int) -> Labels:
    """Labels (K, F) of the numbers of a parameter, of which columns have ``sizes``, from those of columns; (K, 1) as it is."""
    return labels if labels.shape[1] == 1 else np.repeat(labels, sizes, axis=1)


def averaged(share: Array, mean: Array, variance: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (n, D) over components with responsibilities (K, n), from each one's (K, n or 1, D)."""
    share = share[..., None]
    overall = (share * mean).sum(0)
    return overall, jnp.sqrt((share * (variance + jnp.square(mean - overall))).sum(0))


def kept_where(valid: Array, new: Array, old: Array) -> Array:
    """``new`` for the components that are valid, ``old`` for the others."""
    return jnp.where(valid.reshape(valid.shape + (1,) * (new.ndim - valid.ndim)), new, old)
