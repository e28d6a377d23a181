"""Independent categorical variables: rows of codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from suffice.latent.families.columns import Columns, softened
from suffice.latent.families.family import Family
from suffice.latent.forms.natural import Moments, Natural
from suffice.latent.ties import Labels, distinct, group_means
from suffice.model import Hyperparameters
from suffice.rows.missing import MaskedRows
from suffice.runtime.arrays import Array


class CategoricalPrior(Hyperparameters):
    """Conjugate prior as ``strength`` rows seen beforehand in each component, with category shares ``mean`` (F,).

    Without them, ``strength`` is None.
    """

    strength: Array | float | None
    mean: Array | float


class Categorical(Family):
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

    probabilities: Array
    sizes: tuple[int, ...] = eqx.field(static=True)
    prior: CategoricalPrior

    kind: ClassVar[str] = "categorical"
    title: ClassVar[str] = "categorical"
    column_names: ClassVar[dict[str, str]] = {"probabilities": "probabilities"}
    centre_name: ClassVar[str] = "probability"
    labels: ClassVar[float] = np.inf

    def __init__(self, probabilities: Any, sizes: Sequence[int], prior: CategoricalPrior | None = None):
        self.probabilities, self.sizes = probabilities, tuple(int(size) for size in sizes)
        self.prior = CategoricalPrior(None, 0.0) if prior is None else prior

    @property
    def features(self) -> int:
        """Number of columns D."""
        return len(self.sizes)

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> CategoricalPrior:
        """So many rows with the categories' shares."""
        return CategoricalPrior(strength, columns.shares)

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: CategoricalPrior) -> Self:
        """The categories' shares as probabilities."""
        return cls(np.broadcast_to(np.asarray(columns.shares), (*shape, sum(columns.sizes))), columns.sizes, prior)

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Indicators of the categories."""
        return np.asarray(Indicators(columns.sizes)(rows, float))[:-1].T

    def pooled(self, moments: Moments, centres: np.ndarray) -> Columns:
        """Shares of the categories over all classes, one row spread over all added."""
        counts = np.asarray(moments.total[:-1]).sum(-1)
        nothing = np.zeros(self.features)
        return Columns(nothing, nothing + 1, False, self.sizes, softened(counts, np.cumsum(self.sizes)[:-1]))

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """What is negative, or does not sum to 1."""
        if (values < 0).any():
            return "holds negative numbers; they are at least 0"
        return None if np.allclose(values.sum(-1), 1) else "must sum to 1 in each component"

    def _log(self) -> Array:
        return jnp.log(jnp.maximum(self.probabilities, jnp.finfo(jnp.result_type(self.probabilities)).eps))

    def form(self, centred: bool) -> Natural:
        """Natural parameters: the log-probabilities, of indicators of the categories."""
        natural = self._log()
        return Natural(jnp.concatenate([natural, jnp.zeros_like(natural[..., :1])], -1), Indicators(self.sizes))

    def missing_form(self, centred: bool) -> Natural:
        """The same: a missing cell is in no category."""
        return self.form(centred)

    def numbers_per_row(self) -> int:
        """Indicators, and the columns they are made of."""
        return 2 * sum(self.sizes)

    def maximize(self, moments: Moments) -> tuple[Self, Bool[Array, "... K"]]:
        """Weighted shares of the categories among observed cells, the prior's rows included."""
        seen = 0.0 if self.prior.strength is None else self.prior.strength
        counts = jnp.moveaxis(moments.total[:-1], 0, -1) + seen * self.prior.mean
        total = per_column(counts, self.sizes)
        share = jnp.where(total > 0, counts / jnp.where(total > 0, total, 1), self.probabilities)
        return type(self)(share, self.sizes, self.prior), moments.total[-1] + seen > 0

    def averaged_moments(self, moments: Moments, labels: Labels) -> Moments:
        """Counts of the categories, averaged over components of one label."""
        counts = group_means(jnp.moveaxis(moments.total[:-1], 0, -1), self.labels_of_numbers(labels))
        return Moments(jnp.concatenate([jnp.moveaxis(counts, -1, 0), moments.total[-1:]]), None, moments.about)

    def labels_of_numbers(self, labels: Labels) -> Labels:
        """Those of each category's column."""
        return labels if labels.shape[1] == 1 else np.repeat(labels, self.sizes, axis=1)

    def shared_parameter_count(self, labels: Labels) -> int:
        """For each column and label, its categories less one."""
        return int(distinct(labels, self.features) @ (np.array(self.sizes) - 1))

    def moments_at(self, counts: Float[Array, "... K"]) -> Moments:
        """Counts of the categories, less the prior's rows."""
        seen = 0.0 if self.prior.strength is None else self.prior.strength
        cells = (counts + seen)[..., None] * self.probabilities - seen * self.prior.mean
        return Moments(jnp.moveaxis(jnp.concatenate([cells, counts[..., None]], -1), -1, 0), None, "zero")

    def log_prior(self) -> Float[Array, ...] | float:
        """Expected log-density of the prior's rows."""
        if self.prior.strength is None:
            return 0.0
        return self.prior.strength * (self._log() * self.prior.mean).sum((-1, -2))

    def completed(
        self, form: Any, features: Any, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """The most probable category of every cell, and the probability of any other, (n, D) each."""
        chance = jnp.split(share.T @ self.probabilities, np.cumsum(self.sizes)[:-1], axis=-1)
        best = jnp.stack([part.argmax(-1) for part in chance], -1).astype(share.dtype)
        return best, 1 - jnp.stack([part.max(-1) for part in chance], -1)

    def by_column(self) -> list[np.ndarray]:
        """Probabilities of the categories of each column, (..., K, C) each."""
        return np.split(np.asarray(self.probabilities), np.cumsum(self.sizes)[:-1], axis=-1)

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Probabilities of the categories of each column, (..., K, C)."""
        return [{"probabilities": chance} for chance in self.by_column()]

    def with_columns(self, given: Sequence[Mapping[str, Any]], origin: np.ndarray) -> Self:
        """The same with the probabilities given."""
        chances = [
            np.broadcast_to(own.get("probabilities", whole), whole.shape)
            for own, whole in zip(given, self.by_column(), strict=True)
        ]
        return type(self)(np.concatenate(chances, -1), self.sizes, self.prior)

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """p and p (1 - p) of each category; of two, which sum to one, of the second."""
        chance = np.concatenate([part[..., 1:] if part.shape[-1] == 2 else part for part in self.by_column()], -1)
        return chance, chance * (1 - chance)

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Sums of the probabilities of the codes up to each value."""
        chance = np.asarray(self.probabilities)
        below = np.concatenate([np.zeros((*chance.shape[:-1], 1)), np.cumsum(chance, -1)], -1)
        return below[..., np.clip(values + 1, 0, chance.shape[-1]).astype(int)]

    def marginal(self, columns: Sequence[int]) -> Self:
        """Probabilities of these columns, and the prior's mean of them."""
        start = np.cumsum((0, *self.sizes))
        kept = np.concatenate([np.arange(start[c], start[c + 1]) for c in columns])
        mean = np.broadcast_to(np.asarray(self.prior.mean), (sum(self.sizes),))[kept]
        prior = CategoricalPrior(self.prior.strength, mean)
        return type(self)(np.asarray(self.probabilities)[..., kept], [self.sizes[c] for c in columns], prior)

    def without_prior(self) -> Self:
        """The same probabilities without a prior."""
        return type(self)(self.probabilities, self.sizes)

    def refused(self, column: int, value: float) -> str | None:
        """Codes are whole numbers."""
        size = self.sizes[column]
        return None if value in range(size) else f"a code from 0 to {size - 1}"

    def draw(self, component: Any, generator: Any) -> Any:
        """Rows of codes, (n, D)."""
        return np.stack([_drawn(part[component], generator) for part in self.by_column()], -1)

    def parameter_count(self) -> int:
        """For each column and component, its categories less one."""
        return self.probabilities.shape[-2] * (sum(self.sizes) - self.features)


class Indicators(NamedTuple):
    """T(x) = [x_d = c for every category c of every column d, 1], (F + 1, n)."""

    sizes: tuple[int, ...]

    def __call__(self, rows: Array | MaskedRows, dtype: Any) -> Array:
        values = rows.values if isinstance(rows, MaskedRows) else rows
        column = np.repeat(np.arange(len(self.sizes)), self.sizes)
        code = np.concatenate([np.arange(size) for size in self.sizes]).astype(values.dtype)
        inside = values.T[column] == code[:, None]
        return jnp.concatenate([inside, jnp.ones((1, len(values)), bool)]).astype(dtype)


def per_column(values: Array, sizes: tuple[int, ...]) -> Array:
    """Sums over the categories of each column, repeated for each category, (..., F)."""
    column = np.repeat(np.arange(len(sizes)), sizes)
    member = (column[:, None] == np.arange(len(sizes))).astype(values.dtype)
    return (values @ member)[..., column]


def _drawn(chance: np.ndarray, generator: Any) -> np.ndarray:
    level = np.cumsum(chance, -1)
    return (generator.random((len(chance), 1)) * level[:, -1:] >= level).sum(-1).astype(float)
