"""Independent exponential variables: rows of waiting times."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.charts.chart import joined, parted
from suffice.latent.charts.independent import ColumnsChart
from suffice.latent.families.columns import Columns
from suffice.latent.families.number_columns import NumberColumns
from suffice.latent.families.prior_rows import PriorRows
from suffice.latent.forms.independent import counted, of_cells
from suffice.latent.forms.natural import Linear, Moments, Natural, split
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced

SMALLEST = 1e-6
"""Mean waiting time that every component keeps, relative to the spread of times close together: on zeros it would vanish."""


class ExponentialPrior(PriorRows):
    r"""Conjugate (gamma) prior as ``strength`` rows seen beforehand in each component, with column means ``mean`` (D,).

    Without them, ``strength`` is None. No component's mean falls below ``floor`` (D,).

    .. math:: \frac{1}{\lambda_{kd}} = \frac{\sum_n r_{nk} x_{nd} + s\, m_d}{\sum_n r_{nk} + s}

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import Exponential, ExponentialPrior, Mixture
    >>> prior = ExponentialPrior(2.0, np.array([4.0]), np.array([1e-9]))
    >>> start = Mixture(np.ones(1), Exponential(np.ones((1, 1)), prior))
    >>> em(start, np.full((6, 1), 8.0)).model.components.rates
    array([[0.14285714]])
    """

    floor: Array | float


class ExponentialChart(ColumnsChart):
    """Logarithms of the rates."""

    def position(self, model: Exponential) -> Array:
        """(..., K D)."""
        return joined([jnp.log(model.rates)], model.rates.ndim - 2)

    def at(self, model: Exponential, position: Array) -> Exponential:
        """Exponentials, of mean waiting times not below their floor."""
        (logs,) = parted(position, [model.rates.shape[-2:]])
        return replaced(model, rates=1 / jnp.maximum(jnp.exp(-logs), model.prior.floor))

    def slope(self, model: Exponential, statistics: Moments) -> Array:
        """N - rate t, of the time t of N cells."""
        seen = model.prior.seen
        _, times, cells, _ = split(statistics.total, model.features)
        rise = cells + seen - model.rates * (times + seen * model.prior.mean)
        return joined([rise], model.rates.ndim - 2)

    def limited(self, model: Exponential) -> np.ndarray:
        """None."""
        return np.zeros(int(np.prod(model.rates.shape[-2:])), bool)


class Exponential(NumberColumns):
    r"""K products of D independent exponential variables, such as waiting times.

    .. math:: \log p(x \mid k) = \sum_d \log \lambda_{kd} - \lambda_{kd} x_d

    Parameters
    ----------
    rates
        :math:`\lambda`, one over the mean waiting time, ``(..., K, D)``, above 0.
    prior
        What maximisation adds to the data; nothing by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Exponential
    >>> print(np.exp(Exponential(np.array([[2.0]])).log_density(np.array([[0.0], [1.0]]))).round(4))
    [[2.     0.2707]]
    """

    rates: Array
    prior: ExponentialPrior

    kind: ClassVar[str] = "exponential"
    chart: ClassVar[Any] = ExponentialChart()
    title: ClassVar[str] = "exponential"
    column_names: ClassVar[dict[str, str]] = {"rate": "rates"}
    discrete: ClassVar[bool] = False
    cells: ClassVar[tuple[str, str]] = ("a number from 0 up", "numbers from 0 up")

    def __init__(self, rates: Array, prior: ExponentialPrior | None = None):
        self.rates = rates
        self.prior = ExponentialPrior(None, 0.0, 0.0) if prior is None else prior

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> ExponentialPrior:
        """So many rows with the columns' means, and a floor that is a small share of local deviations, or of the means."""
        return ExponentialPrior(strength, columns.mean, _least(columns))

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: ExponentialPrior) -> Self:
        """One over the columns' means."""
        least = SMALLEST if prior is None else prior.floor
        return cls(np.broadcast_to(1 / np.maximum(columns.mean, least), (*shape, columns.mean.shape[-1])), prior)

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Cube roots, which are nearly normal (Wilson and Hilferty, 1931), in units of the columns' means."""
        return np.cbrt(rows / np.where(columns.mean > 0, columns.mean, 1.0))

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """What is negative, or infinite."""
        return (values < 0) | np.isinf(values)

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """Rates, or means, that are not above 0."""
        return "holds numbers that are not above 0; give larger ones" if (values <= 0).any() else None

    def _natural(self) -> tuple[Array, Array]:
        return -self.rates, jnp.log(self.rates)

    def form(self, centred: bool) -> Linear:
        """Natural parameters: minus the rates, and the sum of their logarithms."""
        slope, constant = self._natural()
        return Linear(slope, constant.sum(-1))

    def missing_form(self, centred: bool) -> Natural:
        """Natural parameters: minus the rates, and the logarithm of the rate of each column."""
        return of_cells(*self._natural())

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """One over the weighted means, the prior's rows and the floor included; columns without time or cells keep theirs."""
        seen = self.prior.seen
        _, times, cells, weight = split(moments.total, self.features)
        cells = cells + seen
        mean = jnp.maximum((times + seen * self.prior.mean) / jnp.where(cells > 0, cells, 1), self.prior.floor)
        known = (cells > 0) & (mean > 0)
        rates = jnp.where(known, 1 / jnp.where(known, mean, 1), self.rates)
        return type(self)(rates, self.prior), weight + seen > 0

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Times and observed cells, less the prior's rows."""
        seen = self.prior.seen
        return counted((counts + seen)[..., None] / self.rates - seen * self.prior.mean, counts)

    def log_prior(self) -> Float[Array, ...] | float:
        """Expected log-density of the prior's rows."""
        return self.prior.expected_log_density(self._natural)

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """1 / rate and its square."""
        mean = 1 / self.rates
        return mean, mean * mean

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """1 - exp(- rate x), 0 below 0."""
        return -np.expm1(-np.asarray(self.rates) * np.maximum(values, 0))

    def flat(self, columns: Columns, floor: float) -> np.ndarray:
        """Columns in which a component waits hardly at all and others do."""
        short = 1 / np.asarray(self.rates) <= 2 * _least(columns)
        return short & ~np.asarray(columns.constant)

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows of waiting times, (n, D)."""
        return generator.exponential(1 / np.asarray(self.rates)[component])


def _least(columns: Columns) -> np.ndarray:
    """Smallest mean waiting time (D,)."""
    local = SMALLEST * np.sqrt(columns.least(1.0))
    return np.where(columns.mean > 0, np.minimum(local, SMALLEST * columns.mean), local)
