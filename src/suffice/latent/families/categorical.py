"""Independent categorical variables: rows of codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Bool, Float
from scipy.linalg import block_diag

from suffice.latent.charts.chart import joined, of_squares, parted
from suffice.latent.charts.independent import ColumnsChart
from suffice.latent.families.categorical_columns import CategoricalColumns, CategoricalPrior
from suffice.latent.families.columns import Columns
from suffice.latent.families.family import averaged_parameters, labels_of_numbers
from suffice.latent.forms.indicators import Indicators, per_column
from suffice.latent.forms.natural import Moments, Natural
from suffice.latent.ties import Labels, distinct, group_means
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


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

    def redundant(self, model: Categorical) -> np.ndarray:
        """All of a column's roots larger."""
        roots = np.sqrt(np.asarray(model.probabilities))
        column = np.repeat(np.arange(len(model.sizes)), model.sizes)
        own = roots[..., None] * (column[:, None] == np.arange(len(model.sizes)))
        return np.asarray(block_diag(*own))


class Categorical(CategoricalColumns):
    r"""K products of D independent categorical variables, of which the cells are codes from 0 up.

    .. math:: \log p(x \mid k) = \sum_d \log p_{k d x_d}

    Probabilities of exactly 0 are moved up by the precision's rounding unit, so that a category that a component has never seen
    is very unlikely rather than impossible. A missing cell is NaN, or any code that is not a category's.

    Parameters
    ----------
    probabilities
        Probability of each category, those of one column after those of another, ``(..., K, F)``.
    sizes
        Number of categories of each column, D of them, summing to F.
    prior
        What maximisation adds to the data; nothing by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import Categorical
    >>> family = Categorical(np.array([[0.5, 0.5, 0.2, 0.3, 0.5]]), (2, 3))
    >>> print(np.exp(family.log_density(np.array([[1.0, 2.0], [0.0, np.nan]]))).round(2))
    [[0.25 0.5 ]]
    """

    chart: ClassVar[Any] = CategoricalChart()

    def __init__(self, probabilities: Array, sizes: Sequence[int], prior: CategoricalPrior | None = None):
        self.probabilities, self.sizes = probabilities, tuple(int(size) for size in sizes)
        self.prior = CategoricalPrior(None, 0.0) if prior is None else prior

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: CategoricalPrior) -> Self:
        """The categories' shares as probabilities."""
        return cls(np.broadcast_to(np.asarray(columns.shares), (*shape, sum(columns.sizes))), columns.sizes, prior)

    def _log(self) -> Array:
        return jnp.log(jnp.maximum(self.probabilities, jnp.finfo(jnp.result_type(self.probabilities)).eps))

    def form(self, centred: bool) -> Natural:
        """Natural parameters: the log-probabilities, of indicators of the categories."""
        natural = self._log()
        return Natural(jnp.concatenate([natural, jnp.zeros_like(natural[..., :1])], -1), Indicators(self.sizes))

    def missing_form(self, centred: bool) -> Natural:
        """The same: a missing cell is in no category."""
        return self.form(centred)

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Weighted shares of the categories among observed cells, the prior's rows included."""
        seen = self.prior.seen
        counts = jnp.moveaxis(moments.total[:-1], 0, -1) + seen * self.prior.mean
        total = per_column(counts, self.sizes)
        share = jnp.where(total > 0, counts / jnp.where(total > 0, total, 1), self.probabilities)
        return type(self)(share, self.sizes, self.prior), moments.total[-1] + seen > 0

    def averaged_moments(self, moments: Moments, labels: Labels) -> Moments:
        """Counts of the categories, averaged over components of one label."""
        counts = group_means(jnp.moveaxis(moments.total[:-1], 0, -1), labels_of_numbers(labels, self.sizes))
        return Moments(jnp.concatenate([jnp.moveaxis(counts, -1, 0), moments.total[-1:]]), None, moments.about)

    def sharing(self, tied: Mapping[str, Labels]) -> Self:
        """Averages over all of a column's categories alike."""
        return averaged_parameters(self, tied, self.sizes)

    def free_parameter_count(self, frozen: Collection[str], tied: Mapping[str, Labels]) -> int:
        """For each column, and component or label, its categories less one."""
        if "probabilities" in frozen:
            return 0
        labels = tied.get("probabilities", np.arange(self.probabilities.shape[-2])[:, None])
        return int(distinct(labels, self.features) @ (np.array(self.sizes) - 1))

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Counts of the categories, less the prior's rows."""
        seen = self.prior.seen
        cells = (counts + seen)[..., None] * self.probabilities - seen * self.prior.mean
        return Moments(jnp.moveaxis(jnp.concatenate([cells, counts[..., None]], -1), -1, 0), None, "zero")

    def log_prior(self) -> Float[Array, ...] | float:
        """Expected log-density of the prior's rows."""
        return self.prior.expected_log_density(lambda: (self._log(), 0.0))

    def without_prior(self) -> Self:
        """The same probabilities without a prior."""
        return type(self)(self.probabilities, self.sizes)
