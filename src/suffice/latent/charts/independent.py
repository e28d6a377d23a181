"""Charts of components whose columns are independent: probabilities, rates, times, counts with a dispersion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.latent.charts.chart import joined, of_squares, parted
from suffice.latent.forms.indicators import per_column
from suffice.latent.forms.natural import Moments, split
from suffice.model import Chart
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced

if TYPE_CHECKING:
    from suffice.latent.families.bernoulli import Bernoulli
    from suffice.latent.families.categorical import Categorical
    from suffice.latent.families.exponential import Exponential
    from suffice.latent.families.negative_binomial import NegativeBinomial
    from suffice.latent.families.poisson import Poisson


class ColumnsChart(Chart):
    """That of any parameters of independent columns."""

    def exists(self, model: Any) -> bool:
        """Always."""
        return True


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


class CategoricalChart(ColumnsChart):
    """Square roots of the probabilities, a point on the unit sphere for each column."""

    def position(self, model: Categorical) -> Array:
        """(..., K F)."""
        return joined([jnp.sqrt(model.probabilities)], model.probabilities.ndim - 2)

    def at(self, model: Categorical, position: Array) -> Categorical:
        """Squares, made to sum to 1 in each column."""
        (roots,) = parted(position, [model.probabilities.shape[-2:]])
        squares = jnp.square(roots)
        return replaced(model, probabilities=squares / per_column(squares, model.sizes))

    def slope(self, model: Categorical, statistics: Moments) -> Array:
        """2 (n_c / u_c - N u_c) of the counts n_c of the categories, N in all of the column's."""
        chance = model.probabilities
        counts = jnp.moveaxis(statistics.total[:-1], 0, -1) + model.prior.seen * model.prior.mean
        rise = counts - per_column(counts, model.sizes) * chance
        return joined([of_squares(rise, jnp.sqrt(chance))], chance.ndim - 2)

    def limited(self, model: Categorical) -> np.ndarray:
        """All."""
        return np.ones(int(np.prod(model.probabilities.shape[-2:])), bool)


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
