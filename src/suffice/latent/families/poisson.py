"""Independent Poisson variables: rows of counts."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import pdtr

from suffice.latent.charts.chart import joined, of_squares, parted
from suffice.latent.charts.independent import ColumnsChart
from suffice.latent.families.columns import Columns
from suffice.latent.families.kind import in_units
from suffice.latent.families.number_columns import NumberColumns
from suffice.latent.families.prior_rows import PriorRows
from suffice.latent.forms.independent import counted, of_cells, of_rows
from suffice.latent.forms.natural import Moments, Natural, split
from suffice.rows.missing import MaskedRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import Module, field, replaced


class PoissonPrior(PriorRows):
    r"""Conjugate (gamma) prior as ``strength`` rows seen beforehand in each component, with column means ``mean`` (D,).

    Without them, ``strength`` is None.

    .. math:: \lambda_{kd} = \frac{\sum_n r_{nk} x_{nd} + s\, m_d}{\sum_n r_{nk} + s}

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import Mixture, Poisson, PoissonPrior
    >>> start = Mixture(np.ones(1), Poisson(np.ones((1, 1)), PoissonPrior(2.0, np.array([5.0]))))
    >>> em(start, np.zeros((8, 1))).model.components.rates
    array([[1.]])
    """


class Counts(Module):
    """Products with sufficient statistics, less the logarithm of x! of ``width`` columns, which all components share."""

    products: Natural
    width: int = field(static=True)

    @property
    def accurate(self) -> Array | bool:
        """Whether rounding errors stay small."""
        return self.products.accurate

    @property
    def size(self) -> int:
        """Number of statistics."""
        return self.products.size

    def weighted(self, log_weights: Float[Array, "... K"]) -> Counts:
        """The form with log-weights (..., K) added to the log-densities."""
        return Counts(self.products.weighted(log_weights), self.width)

    def features(self, rows: Array | MaskedRows) -> tuple[Array, Array]:
        """T(x) (F, n), and the sum of log x! of each row (n,)."""
        statistics = self.products.features(rows)
        return statistics, lax.lgamma(statistics[: self.width] + 1).sum(0)

    def log_density(self, features: tuple[Array, Array]) -> Float[Array, "... K n"]:
        """Log-density of each row under each component, (..., K, n)."""
        return self.products.log_density(features[0]) - features[1]

    def moments(
        self, features: tuple[Array, Array], responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        return Moments(self.products.moments(features[0], responsibility, weight).total, weight @ features[1], "zero")

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows and components (...)."""
        return self.products.inner(moments) - moments.common


class PoissonChart(ColumnsChart):
    """Square roots of the rates."""

    def position(self, model: Poisson) -> Array:
        """(..., K D)."""
        return joined([jnp.sqrt(model.rates)], model.rates.ndim - 2)

    def at(self, model: Poisson, position: Array) -> Poisson:
        """Squares."""
        (roots,) = parted(position, [model.rates.shape[-2:]])
        return replaced(model, rates=jnp.square(roots))

    def slope(self, model: Poisson, statistics: Moments) -> Array:
        """2 (s / u - N u) of the sum s of N cells."""
        seen = model.prior.seen
        _, first, cells, _ = split(statistics.total, model.features)
        rise = first + seen * model.prior.mean - (cells + seen) * model.rates
        return joined([of_squares(rise, jnp.sqrt(model.rates))], model.rates.ndim - 2)

    def limited(self, model: Poisson) -> np.ndarray:
        """All."""
        return np.ones(int(np.prod(model.rates.shape[-2:])), bool)


class Poisson(NumberColumns):
    r"""K products of D independent Poisson variables.

    .. math:: \log p(x \mid k) = \sum_d x_d \log \lambda_{kd} - \lambda_{kd} - \log x_d!

    Rates of exactly 0 are moved up by the precision's rounding unit, so that a count that a component has never seen is very
    unlikely rather than impossible.

    Parameters
    ----------
    rates
        Expected counts :math:`\lambda`, ``(..., K, D)``, not negative.
    prior
        What maximisation adds to the data; nothing by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Poisson
    >>> print(np.exp(Poisson(np.array([[2.0]])).log_density(np.array([[0.0], [2.0]]))).round(4))
    [[0.1353 0.2707]]
    """

    rates: Array
    prior: PoissonPrior

    kind: ClassVar[str] = "poisson"
    chart: ClassVar[Any] = PoissonChart()
    title: ClassVar[str] = "Poisson"
    column_names: ClassVar[dict[str, str]] = {"rate": "rates"}
    centre_name: ClassVar[str] = "rate"
    cells: ClassVar[tuple[str, str]] = ("a whole number from 0 up", "counts, whole numbers from 0 up")

    def __init__(self, rates: Array, prior: PoissonPrior | None = None):
        self.rates = rates
        self.prior = PoissonPrior(None, 0.0) if prior is None else prior

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> PoissonPrior:
        """So many rows with the columns' means."""
        return PoissonPrior(strength, columns.mean)

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: PoissonPrior) -> Self:
        """The columns' means as rates."""
        return cls(np.broadcast_to(columns.mean, (*shape, columns.mean.shape[-1])), prior)

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Square roots, of about the same variance whatever the rate."""
        return np.sqrt(rows) if alone else in_units(rows, columns)

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """What is negative or fractional."""
        return (values < 0) | (~np.isnan(values) & (values != np.floor(values)))

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """Rates below 0."""
        return "holds negative numbers; they are at least 0" if (values < 0).any() else None

    def _natural(self) -> tuple[Array, Array]:
        rates = jnp.maximum(self.rates, jnp.finfo(jnp.result_type(self.rates)).eps)
        return jnp.log(rates), -rates

    def form(self, centred: bool) -> Counts:
        """Natural parameters: the logarithms of the rates, and minus their sum."""
        return Counts(of_rows(*self._natural()), self.features)

    def missing_form(self, centred: bool) -> Counts:
        """Natural parameters: the logarithms of the rates, and minus the rate of each column."""
        return Counts(of_cells(*self._natural()), self.features)

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Weighted means of the counts, the prior's rows included."""
        seen = self.prior.seen
        _, first, cells, weight = split(moments.total, self.features)
        cells = cells + seen
        rates = (first + seen * self.prior.mean) / jnp.where(cells > 0, cells, 1)
        return type(self)(jnp.where(cells > 0, rates, self.rates), self.prior), weight + jnp.max(seen) > 0

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Counts and observed cells, less the prior's rows."""
        seen = self.prior.seen
        return counted((counts[..., None] + seen) * self.rates - seen * self.prior.mean, counts, jnp.zeros(()))

    def log_prior(self) -> Float[Array, ...] | float:
        """Expected log-density of the prior's rows, but for what does not depend on the rates."""
        return self.prior.expected_log_density(self._natural)

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """The rates, which are mean and variance."""
        return self.rates, self.rates

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Poisson distribution functions, 0 below 0."""
        return np.where(values < 0, 0.0, pdtr(np.maximum(values, 0), np.asarray(self.rates)))

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows of counts, (n, D)."""
        return generator.poisson(np.asarray(self.rates)[component]).astype(float)
