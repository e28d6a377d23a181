"""Independent negative binomial variables: rows of counts with more spread than Poisson's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import betainc

from suffice.latent.charts.chart import joined, of_squares, parted
from suffice.latent.charts.independent import ColumnsChart
from suffice.latent.families.columns import Columns
from suffice.latent.families.dispersion import LARGEST, free_dispersions, smallest
from suffice.latent.families.kind import in_units
from suffice.latent.families.number_columns import NumberColumns
from suffice.latent.families.prior_rows import PriorRows
from suffice.latent.forms.natural import Moments
from suffice.latent.forms.rising import rising
from suffice.latent.forms.rising_counts import RisingCounts
from suffice.latent.ties import Labels, group_means
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


class NegativeBinomialPrior(PriorRows):
    """``strength`` rows seen beforehand in each component, with column means ``mean`` (D,) and variances ``variance`` (D,).

    Each stands for two: a low and a high count, which have this mean and variance. Without them, ``strength`` is None.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import Mixture, NegativeBinomial, NegativeBinomialPrior
    >>> prior = NegativeBinomialPrior(2.0, np.array([5.0]), np.array([10.0]))
    >>> start = Mixture(np.ones(1), NegativeBinomial(np.ones((1, 1)), np.ones((1, 1)), prior))
    >>> em(start, np.zeros((8, 1))).model.components.means.round(3)
    array([[1.]])
    """

    variance: Array | float

    def rows(self) -> tuple[Array, Array]:
        """The low and the high count of each column, and which share of the rows is each, (2, D)."""
        low = jnp.maximum(self.mean - jnp.sqrt(self.variance), 0.0)
        room = jnp.where(self.mean > low, self.mean - low, 1.0)
        high = jnp.where(self.mean > low, self.mean + self.variance / room, low)
        share = room / jnp.where(high > low, high - low, room)
        return jnp.stack([low, high]), jnp.stack([1 - share, share])


class NegativeBinomialChart(ColumnsChart):
    """Square roots of the means, and the dispersions, whose best value may be the least."""

    def position(self, model: NegativeBinomial) -> Array:
        """(..., 2 K D)."""
        means, dispersions = model.inside()
        return joined([jnp.sqrt(means), dispersions], means.ndim - 2)

    def at(self, model: NegativeBinomial, position: Array) -> NegativeBinomial:
        """Squares, within the bounds of what can be computed."""
        roots, dispersions = parted(position, [model.means.shape[-2:]] * 2)
        means, dispersions = replaced(model, means=jnp.square(roots), dispersions=dispersions).inside()
        return replaced(model, means=means, dispersions=dispersions)

    def slope(self, model: NegativeBinomial, statistics: Moments) -> Array:
        """By the sums at these dispersions, of which the first is what the rising factorials' logarithms rise by in log r."""
        means, spread = model.inside()
        first, once, _, cells, _ = model.sums(statistics)
        shrunk = (spread * first + cells) * means / (1 + means * spread)
        in_dispersion = first - once + cells * jnp.log1p(means * spread) / spread - shrunk
        return joined([of_squares(first - shrunk, jnp.sqrt(means)), in_dispersion / spread], means.ndim - 2)

    def limited(self, model: NegativeBinomial) -> np.ndarray:
        """All."""
        return np.ones(2 * int(np.prod(model.means.shape[-2:])), bool)


class NegativeBinomial(NumberColumns):
    r"""K products of D independent negative binomial variables: counts whose variance is above their mean.

    .. math:: \log p(x \mid k) = \sum_d \log \frac{\Gamma(x_d + r_{kd})}{\Gamma(r_{kd}) \, x_d!}
        + r_{kd} \log \frac{r_{kd}}{r_{kd} + m_{kd}} + x_d \log \frac{m_{kd}}{r_{kd} + m_{kd}}, \quad r_{kd} = 1 / \alpha_{kd}

    The dispersion :math:`\alpha` is that of generalised linear models: the variance is :math:`m + \alpha m^2`, and as it goes to
    0, the Poisson distribution is left. It is held above about 1e-8 (in ``float64``) over the mean, and below 1e6.

    No exponential family in :math:`\alpha`, so maximisation does not find its best value at once, but a better one: see
    ``free_dispersions``. The likelihood never falls.

    Parameters
    ----------
    means
        Expected counts m, ``(..., K, D)``, not negative.
    dispersions
        :math:`\alpha`, ``(..., K, D)``, not negative.
    prior
        What maximisation adds to the data; nothing by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import NegativeBinomial
    >>> family = NegativeBinomial(np.array([[2.0]]), np.array([[0.5]]))
    >>> print(np.exp(family.log_density(np.array([[0.0], [2.0]]))).round(4))
    [[0.25   0.1875]]
    """

    means: Array
    dispersions: Array
    prior: NegativeBinomialPrior

    kind: ClassVar[str] = "negative-binomial"
    chart: ClassVar[Any] = NegativeBinomialChart()
    title: ClassVar[str] = "negative binomial"
    column_names: ClassVar[dict[str, str]] = {"mean": "means", "dispersion": "dispersions"}
    cells: ClassVar[tuple[str, str]] = ("a whole number from 0 up", "counts, whole numbers from 0 up")
    one_pass: ClassVar[bool] = False
    numbers_per_cell: ClassVar[int] = 8

    def __init__(self, means: Array, dispersions: Array, prior: NegativeBinomialPrior | None = None):
        self.means, self.dispersions = means, dispersions
        self.prior = NegativeBinomialPrior(None, 0.0, 0.0) if prior is None else prior

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> NegativeBinomialPrior:
        """So many rows with the columns' means and variances."""
        return NegativeBinomialPrior(strength, columns.mean, columns.variance)

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: NegativeBinomialPrior) -> Self:
        """The columns' means, and the dispersions of their variances."""
        whole = (*shape, columns.mean.shape[-1])
        excess = (columns.variance - columns.mean) / np.square(np.maximum(columns.mean, 1e-3))
        return cls(np.broadcast_to(columns.mean, whole), np.broadcast_to(np.clip(excess, 0.01, 100.0), whole), prior)

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Logarithms of one more, of about the same variance whatever the mean."""
        return np.log1p(rows) if alone else in_units(rows, columns)

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """What is negative or fractional."""
        return (values < 0) | (~np.isnan(values) & (values != np.floor(values)))

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """Means and dispersions below 0."""
        return "holds negative numbers; they are at least 0" if (values < 0).any() else None

    def inside(self) -> tuple[Array, Array]:
        """Means and dispersions, those of 0 moved up to where all can be computed."""
        means = jnp.maximum(self.means, jnp.finfo(jnp.result_type(self.means)).eps)
        return means, jnp.clip(self.dispersions, smallest(means), LARGEST)

    def form(self, centred: bool) -> RisingCounts:
        """Log-densities cell by cell."""
        return RisingCounts(*self.inside(), jnp.zeros_like(self.means[..., 0]), False)

    def missing_form(self, centred: bool) -> RisingCounts:
        """The same of the cells that are not missing, which are counted."""
        return RisingCounts(*self.inside(), jnp.zeros_like(self.means[..., 0]), True)

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Weighted means of the counts, the prior's rows included, and dispersions that raise the likelihood given these."""
        return self.maximize_some(moments, (), {})

    def maximize_some(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """The same where means or dispersions stay, or are shared; means are shared only where dispersions are alike."""
        labels = tied.get("dispersions")
        if "means" in tied and not (labels is not None and np.array_equal(labels, tied["means"])):
            raise ValueError(
                f"{type(self).__name__} components that share means need to share dispersions alike, so that the mean has a "
                "closed form; tie 'dispersions' by the same labels, or leave 'means' out of tied."
            )
        first, once, twice, cells, weight = self.sums(moments)
        if "means" in tied:
            first, cells = group_means(first, tied["means"]), group_means(cells, tied["means"])
        known = cells > 0
        means = jnp.where(known, first / jnp.where(known, cells, 1), self.means)
        means = self.means if "means" in frozen else means
        dispersions = self.dispersions
        if "dispersions" not in frozen:
            now = self.inside()[1]
            found = free_dispersions(now, means, (first, once, twice, cells), labels)
            dispersions = jnp.where(known, found, self.dispersions)
        return type(self)(means, dispersions, self.prior), weight > 0

    def sums(self, moments: Moments) -> tuple[Array, Array, Array, Array, Array]:
        """Counts, the two sums of ``rising`` and cells (..., K, D), and the weight of rows (..., K), with the prior's."""
        first, once, twice, cells, weight = self._parts(moments)
        if self.prior.strength is None:
            return first, once, twice, cells, weight
        prior, seen = self._prior_sums(), self.prior.strength
        first, once, twice, cells = (
            own + seen * added for own, added in zip((first, once, twice, cells), prior, strict=True)
        )
        return first, once, twice, cells, weight + jnp.max(seen)

    def _parts(self, moments: Moments) -> tuple[Array, Array, Array, Array, Array]:
        total, width = jnp.moveaxis(moments.total, 0, -1), self.features
        first, once, twice = (total[..., i * width : (i + 1) * width] for i in range(3))
        cells = total[..., 3 * width : -1] if total.shape[-1] > 3 * width + 1 else total[..., -1:]
        return first, once, twice, jnp.broadcast_to(cells, first.shape), total[..., -1]

    def _prior_sums(self) -> tuple[Array, Array, Array, Array]:
        """Mean count, sums of ``rising`` and weight of one row of the prior, (..., K, D) each."""
        counts, shares = self.prior.rows()
        shape = (2, *(1,) * (np.ndim(self.means) - 1), self.features)
        counts, shares = (jnp.broadcast_to(values, (2, self.features)).reshape(shape) for values in (counts, shares))
        _, once, twice = rising(counts, 1 / self.inside()[1])
        whole = jnp.ones_like(self.means)
        return (shares * counts).sum(0) * whole, (shares * once).sum(0), (shares * twice).sum(0), whole

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Sums under which the means are right and the dispersions rest, less the prior's rows."""
        means, dispersions = self.inside()
        rows = counts[..., None] + self.prior.seen
        once = rows * jnp.log1p(means * dispersions) / dispersions
        _, one, two = rising(means, 1 / dispersions)
        sums = rows * means, once, once * two / one
        if self.prior.strength is not None:
            sums = tuple(own - self.prior.strength * part for own, part in zip(sums, self._prior_sums(), strict=False))
        cells = jnp.broadcast_to(counts[..., None], means.shape)
        total = jnp.concatenate([*sums, cells, counts[..., None]], -1)
        return Moments(jnp.moveaxis(total, -1, 0), jnp.zeros(counts.shape[:-1]), "zero")

    def log_prior(self) -> Float[Array, ...] | float:
        """Log-density of the prior's rows."""
        if self.prior.strength is None:
            return 0.0
        counts, shares = self.prior.rows()
        form = self.form(False)
        parts = [
            (self.prior.strength * share * form.cells(count[None])).sum((-1, -2, -3))
            for count, share in zip(counts, shares, strict=True)
        ]
        return parts[0] + parts[1]

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """m and m + alpha m^2."""
        return self.means, self.means + self.dispersions * self.means * self.means

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Regularised incomplete beta functions, 0 below 0."""
        means, dispersions = map(np.asarray, self.inside())
        whole = np.maximum(np.floor(values), 0)
        found = betainc(1 / dispersions, whole + 1, 1 / (1 + dispersions * means))
        return np.where(values < 0, 0.0, found)

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows of counts, (n, D): Poisson variables whose rates are gamma variables."""
        means, dispersions = (np.asarray(values)[component] for values in self.inside())
        return generator.poisson(generator.gamma(1 / dispersions, dispersions * means)).astype(float)
