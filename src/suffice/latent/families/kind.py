"""What tables, starts and pictures need to know of a family: the kind of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from suffice.latent.families.columns import Columns
from suffice.latent.forms.natural import Moments
from suffice.model import Hyperparameters
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.module import Module


class Kind(Module):
    """A kind of columns, and how a family of them begins: questions that tables, starts and pictures ask."""

    kind: ClassVar[str] = ""
    """What tables call columns of it; empty where no table has any."""

    title: ClassVar[str] = ""
    """What sentences call it."""

    column_names: ClassVar[dict[str, str]] = {}
    """What a single column calls its parameters, and the family's names of them."""

    centre_name: ClassVar[str] = "mean"
    """What a column's expected value is called."""

    discrete: ClassVar[bool] = True
    """Whether cells have probabilities rather than densities."""

    labels: ClassVar[float] = 0
    """Most labels that a column may hold; 0 where cells are numbers."""

    cells: ClassVar[tuple[str, str]] = ("a finite number", "numbers")
    """What a cell, and a column, holds."""

    floored: ClassVar[bool] = False
    """Whether variances need a floor, or a component could shrink to a point; starts then need no row like all rows."""

    one_pass: ClassVar[bool] = True
    """Whether one maximisation finds the best parameters of rows whose components are known."""

    noise_components: ClassVar[int] = 0
    """How many components, the last ones, are noise and no clusters."""

    movable: ClassVar[bool] = False
    """Whether a shift of the data only shifts the parameters, so that rows may be centred."""

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> Hyperparameters:
        """Conjugate prior like so many rows of the columns' overall distribution, with a floor relative to their variances."""
        raise NotImplementedError

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: Hyperparameters | None) -> Self:
        """All components, (..., K) as ``shape`` says, like the rows as a whole."""
        raise NotImplementedError

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Rows as k-means sees them, (n, C); where columns of other kinds stand beside them, all of about the same spread."""
        raise NotImplementedError

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """Which numbers no row can have; NaN is a missing cell."""
        raise NotImplementedError

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """What is wrong with values given for a parameter, and how they ought to be; None where they can be used."""
        raise NotImplementedError

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """Names of what maximisation sets."""
        raise NotImplementedError

    @property
    def features(self) -> int:
        """Number of columns D."""
        raise NotImplementedError

    def other_columns(self, columns: Sequence[int]) -> list[int]:
        """Positions of all columns but these, in order."""
        return [column for column in range(self.features) if column not in set(columns)]

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """Mean and variance of every column, (..., K, D) each, where columns are independent."""
        raise NotImplementedError

    def kinds(self) -> list[str]:
        """Kind of each column."""
        raise NotImplementedError

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Parameters of each column by what a column calls them, (..., K) each."""
        raise NotImplementedError

    def with_columns(self, given: Sequence[Mapping[str, ArrayLike]], origin: np.ndarray) -> Self:
        """The same with the parameters given for each column put in; rows are measured from ``origin`` (D,)."""
        raise NotImplementedError

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (..., K, F) of each feature: a column of numbers, or the indicator of a category."""
        raise NotImplementedError

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Probability under each component of a cell up to each value, (K, G), where there is one column only."""
        raise NotImplementedError

    def collapsed(self, columns: Columns, floor: float) -> np.ndarray:
        """Columns (K, D) of each component in which it has no spread; probabilities, unlike densities, rise to no peak there."""
        return (
            np.zeros((len(tree.leaves(self)[0]), self.features), bool) if self.discrete else self.flat(columns, floor)
        )

    def flat(self, columns: Columns, floor: float) -> np.ndarray:
        """The same (K, D) of columns whose cells have densities."""
        raise NotImplementedError

    def pooled(self, moments: Moments, centres: np.ndarray) -> Columns:
        """The overall distribution of columns, from sums over the rows of each class about its centre (K, D)."""
        raise NotImplementedError

    def refused(self, column: int, value: float) -> str | None:
        """What is expected in place of a value that no row can have in a column; None where a row can."""
        raise NotImplementedError

    def marginal(self, columns: Sequence[int]) -> Self:
        """The distributions of these columns alone, in this order, with the prior's part for them."""
        raise NotImplementedError

    def draw(self, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """One row from each of the components named, (n, D)."""
        raise NotImplementedError


def in_units(rows: np.ndarray, columns: Columns) -> np.ndarray:
    """Rows (n, D) in units of the columns' standard deviations."""
    return rows / np.sqrt(columns.variance)


def expected_number(kind: type[Kind], value: float) -> str | None:
    """What a column of numbers expects in place of a value; None where that is one."""
    return None if np.isfinite(value) and not kind.refused_cells(np.asarray(value)) else kind.cells[0]


def in_columns(values: Array, given: Sequence[Mapping[str, ArrayLike]], key: str) -> np.ndarray:
    """Values (..., K, D) with those that the columns were given under this key in their places."""
    values = np.array(values, float)
    for column, own in enumerate(given):
        if key in own:
            values[..., column] = own[key]
    return values
