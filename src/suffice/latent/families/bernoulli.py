"""Independent Bernoulli variables: binary rows."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.charts.chart import joined, of_squares, parted
from suffice.latent.charts.independent import ColumnsChart
from suffice.latent.families.columns import Columns
from suffice.latent.families.kind import in_units
from suffice.latent.families.number_columns import NumberColumns
from suffice.latent.families.prior_rows import PriorRows
from suffice.latent.forms.independent import counted, of_cells
from suffice.latent.forms.natural import Linear, Moments, Natural, split
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


class BernoulliPrior(PriorRows):
    r"""Conjugate prior as ``strength`` rows seen beforehand in each component, with column means ``mean`` (D,).

    Without them, ``strength`` is None.

    .. math:: p_{kd} = \frac{\sum_n r_{nk} x_{nd} + s\, m_d}{\sum_n r_{nk} + s}

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import Bernoulli, BernoulliPrior, Mixture
    >>> start = Mixture(np.ones(1), Bernoulli(np.full((1, 1), 0.5), BernoulliPrior(2.0, np.array([0.5]))))
    >>> em(start, np.ones((8, 1))).model.components.probabilities
    array([[0.9]])
    """


class BernoulliChart(ColumnsChart):
    """Square roots of the probabilities of 1 and of 0, a point on the unit circle for each column."""

    def position(self, model: Bernoulli) -> Array:
        """(..., 2 K D)."""
        chance = model.probabilities
        return joined([jnp.sqrt(chance), jnp.sqrt(1 - chance)], chance.ndim - 2)

    def at(self, model: Bernoulli, position: Array) -> Bernoulli:
        """Squares, made to sum to 1."""
        one, zero = map(jnp.square, parted(position, [model.probabilities.shape[-2:]] * 2))
        return replaced(model, probabilities=one / (one + zero))

    def slope(self, model: Bernoulli, statistics: Moments) -> Array:
        """2 (n_c / u_c - N u_c) of the counts n_c of 1 and of 0, N in all."""
        seen, chance = model.prior.seen, model.probabilities
        _, ones, cells, _ = split(statistics.total, model.features)
        ones, cells = ones + seen * model.prior.mean, cells + seen
        roots = jnp.sqrt(chance), jnp.sqrt(1 - chance)
        slopes = ones - cells * chance, cells - ones - cells * (1 - chance)
        return joined([of_squares(*pair) for pair in zip(slopes, roots, strict=True)], chance.ndim - 2)

    def limited(self, model: Bernoulli) -> np.ndarray:
        """All."""
        return np.ones(2 * int(np.prod(model.probabilities.shape[-2:])), bool)

    def redundant(self, model: Bernoulli) -> np.ndarray:
        """Both roots larger."""
        chance = np.asarray(model.probabilities).ravel()
        return np.concatenate([np.diag(np.sqrt(chance)), np.diag(np.sqrt(1 - chance))])


class Bernoulli(NumberColumns):
    r"""K products of D independent Bernoulli variables.

    .. math:: \log p(x \mid k) = \sum_d x_d \log p_{kd} + (1 - x_d) \log (1 - p_{kd})

    Probabilities of exactly 0 or 1 are moved inside by the precision's rounding unit, so that a row that a component has never
    seen is very unlikely rather than impossible.

    Parameters
    ----------
    probabilities
        Probability of a 1, ``(..., K, D)``, in [0, 1].
    prior
        What maximisation adds to the data; nothing by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Bernoulli
    >>> family = Bernoulli(np.array([[0.5, 0.5], [0.9, 0.1]]))
    >>> print(np.exp(family.log_density(np.array([[1.0, 0.0]]))).round(2).ravel())
    [0.25 0.81]
    """

    probabilities: Array
    prior: BernoulliPrior

    kind: ClassVar[str] = "bernoulli"
    chart: ClassVar[Any] = BernoulliChart()
    title: ClassVar[str] = "Bernoulli"
    column_names: ClassVar[dict[str, str]] = {"probability": "probabilities"}
    centre_name: ClassVar[str] = "probability"
    labels: ClassVar[float] = 2
    cells: ClassVar[tuple[str, str]] = ("0 or 1", "two labels")

    def __init__(self, probabilities: Array, prior: BernoulliPrior | None = None):
        self.probabilities = probabilities
        self.prior = BernoulliPrior(None, 0.5) if prior is None else prior

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> BernoulliPrior:
        """So many rows with the columns' means."""
        return BernoulliPrior(strength, columns.mean)

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: BernoulliPrior) -> Self:
        """The columns' means as probabilities."""
        return cls(np.broadcast_to(columns.mean, (*shape, columns.mean.shape[-1])), prior)

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """The rows themselves."""
        return rows if alone else in_units(rows, columns)

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """All but 0 and 1."""
        return ~np.isnan(values) & (values != 0) & (values != 1)

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """Numbers outside [0, 1]."""
        if (values < 0).any():
            return "holds negative numbers; they are at least 0"
        return "holds numbers above 1; probabilities are at most 1" if (values > 1).any() else None

    def _log_odds(self) -> tuple[Array, Array]:
        tiny = jnp.finfo(jnp.result_type(self.probabilities)).eps
        inside = jnp.clip(self.probabilities, tiny, 1 - tiny)
        return jnp.log(inside) - jnp.log1p(-inside), jnp.log1p(-inside)

    def form(self, centred: bool) -> Linear:
        """Natural parameters: the log-odds, and the log-probability of a row of zeros."""
        odds, zeros = self._log_odds()
        return Linear(odds, zeros.sum(-1))

    def missing_form(self, centred: bool) -> Natural:
        """Natural parameters: the log-odds, and the log-probability of a zero in each column."""
        return of_cells(*self._log_odds())

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """p and p (1 - p)."""
        return self.probabilities, self.probabilities * (1 - self.probabilities)

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Weighted means of the rows, the prior's rows included."""
        seen = self.prior.seen
        _, first, counts, weight = split(moments.total, self.features)
        counts = counts + seen
        mean = jnp.clip((first + seen * self.prior.mean) / jnp.where(counts > 0, counts, 1), 0, 1)
        return type(self)(jnp.where(counts > 0, mean, self.probabilities), self.prior), weight + seen > 0

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Ones and observed cells, less the prior's rows."""
        seen = self.prior.seen
        return counted((counts + seen)[..., None] * self.probabilities - seen * self.prior.mean, counts)

    def log_prior(self) -> Float[Array, ...] | float:
        """Expected log-density of the prior's rows."""
        return self.prior.expected_log_density(self._log_odds)

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """The probability of a 0 from there on, and 1 from 1 on."""
        zero = 1 - np.asarray(self.probabilities)
        return np.where(values < 0, 0.0, np.where(values < 1, zero, 1.0))

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows of 0.0 and 1.0, (n, D)."""
        chance = np.asarray(self.probabilities)[component]
        return (generator.random(chance.shape) < chance).astype(chance.dtype)
