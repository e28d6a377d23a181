"""Categorical components as tables, starts and pictures see them: shares of each column's categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from suffice.latent.families.columns import Columns, softened
from suffice.latent.families.independent_columns import IndependentColumns
from suffice.latent.families.prior_rows import PriorRows
from suffice.latent.forms.indicators import Indicators
from suffice.latent.forms.natural import Moments
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module, field


class CategoricalPrior(PriorRows):
    r"""Conjugate prior as ``strength`` rows seen beforehand in each component, with category shares ``mean`` (F,).

    Without them, ``strength`` is None.

    .. math:: p_{kf} = \frac{\sum_n r_{nk} x_{nf} + s\, m_f}{\sum_n r_{nk} + s}

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import Categorical, CategoricalPrior, Mixture
    >>> prior = CategoricalPrior(2.0, np.array([0.5, 0.5]))
    >>> start = Mixture(np.ones(1), Categorical(np.array([[0.5, 0.5]]), (2,), prior))
    >>> em(start, np.zeros((8, 1))).model.components.probabilities
    array([[0.9, 0.1]])
    """


class CategoricalColumns(IndependentColumns):
    """Probabilities (..., K, F) and a prior, and what they say of single columns; ``Categorical`` has the mathematics."""

    probabilities: Array
    sizes: tuple[int, ...] = field(static=True)
    prior: CategoricalPrior

    kind: ClassVar[str] = "categorical"
    title: ClassVar[str] = "categorical"
    column_names: ClassVar[dict[str, str]] = {"probabilities": "probabilities"}
    centre_name: ClassVar[str] = "probability"
    labels: ClassVar[float] = np.inf

    @property
    def features(self) -> int:
        """Number of columns D."""
        return len(self.sizes)

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> CategoricalPrior:
        """So many rows with the categories' shares."""
        return CategoricalPrior(strength, columns.shares)

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Indicators of the categories."""
        return np.asarray(Indicators(columns.sizes)(rows, float))[:-1].T

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """What is infinite; which codes there are only a column says."""
        return np.isinf(values)

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """What is negative, or does not sum to 1."""
        if (values < 0).any():
            return "holds negative numbers; they are at least 0"
        return None if np.allclose(values.sum(-1), 1) else "must sum to 1 in each component"

    def refused(self, column: int, value: float) -> str | None:
        """Codes are whole numbers."""
        size = self.sizes[column]
        return None if value in range(size) else f"a code from 0 to {size - 1}"

    def pooled(self, moments: Moments, centres: np.ndarray) -> Columns:
        """Shares of the categories over all classes, one row spread over all added."""
        counts = np.asarray(moments.total[:-1]).sum(-1)
        nothing = np.zeros(self.features)
        return Columns(nothing, nothing + 1, False, self.sizes, softened(counts, np.cumsum(self.sizes)[:-1]))

    def by_column(self) -> list[np.ndarray]:
        """Probabilities of the categories of each column, (..., K, C) each."""
        return np.split(np.asarray(self.probabilities), np.cumsum(self.sizes)[:-1], axis=-1)

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Probabilities of the categories of each column, (..., K, C)."""
        return [{"probabilities": chance} for chance in self.by_column()]

    def with_columns(self, given: Sequence[Mapping[str, ArrayLike]], origin: np.ndarray) -> Self:
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

    def completed(
        self, form: Module, features: object, share: Float[Array, "... K n"]
    ) -> tuple[Float[Array, "... n D"], Float[Array, "... n D"]]:
        """The most probable category of every cell, and the probability of any other, (n, D) each."""
        chance = jnp.split(share.T @ self.probabilities, np.cumsum(self.sizes)[:-1], axis=-1)
        best = jnp.stack([part.argmax(-1) for part in chance], -1).astype(share.dtype)
        return best, 1 - jnp.stack([part.max(-1) for part in chance], -1)

    def marginal(self, columns: Sequence[int]) -> Self:
        """Probabilities of these columns, and the prior's mean of them."""
        start = np.cumsum((0, *self.sizes))
        kept = np.concatenate([np.arange(start[c], start[c + 1]) for c in columns])
        prior = self.prior.among(kept, sum(self.sizes))
        return type(self)(np.asarray(self.probabilities)[..., kept], tuple(self.sizes[c] for c in columns), prior)

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Rows of codes, (n, D)."""
        return np.stack([_drawn(part[component], generator) for part in self.by_column()], -1)


def _drawn(chance: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    level = np.cumsum(chance, -1)
    return (generator.random((len(chance), 1)) * level[:, -1:] >= level).sum(-1).astype(float)
