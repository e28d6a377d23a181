"""What tables, starts and pictures need to know of a family: the kind of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float

from suffice.latent.families.columns import Columns
from suffice.model import Hyperparameters
from suffice.runtime.arrays import Array


class Kind(eqx.Module):
    """A kind of columns, and how a family of them begins; defaults suit columns of numbers that are independent."""

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

    movable: ClassVar[bool] = False
    """Whether a shift of the data only shifts the parameters, so that rows may be centred."""

    @classmethod
    def prior_from(cls, columns: Columns, strength: float | None, floor: float = 0.0) -> Hyperparameters:
        """Conjugate prior like so many rows of the columns' overall distribution, with a floor relative to their variances."""
        raise NotImplementedError

    @classmethod
    def overall(cls, columns: Columns, shape: tuple[int, ...], prior: Any) -> Self:
        """All components, (..., K) as ``shape`` says, like the rows as a whole."""
        raise NotImplementedError

    @classmethod
    def coordinates(cls, rows: np.ndarray, columns: Columns, alone: bool = True) -> np.ndarray:
        """Rows as k-means sees them, (n, C); where columns of other kinds stand beside them, all of about the same spread."""
        return rows / np.sqrt(columns.variance)

    @classmethod
    def refused_cells(cls, values: np.ndarray) -> np.ndarray:
        """Which numbers no row can have; NaN is a missing cell."""
        return np.isinf(values)

    @classmethod
    def refused_parameter(cls, name: str, values: np.ndarray) -> str | None:
        """What is wrong with values given for a parameter, and how they ought to be; None where they can be used."""
        return None

    @property
    def features(self) -> int:
        """Number of columns D."""
        raise NotImplementedError

    def cell_moments(self) -> tuple[Float[Array, "... K D"], Float[Array, "... K D"]]:
        """Mean and variance of every column, (..., K, D) each, where columns are independent."""
        raise NotImplementedError

    def kinds(self) -> list[str]:
        """Kind of each column."""
        return [self.kind] * self.features

    def parameters_of_columns(self) -> list[dict[str, np.ndarray]]:
        """Parameters of each column by what a column calls them, (..., K) each."""
        named = {key: np.moveaxis(np.asarray(getattr(self, name)), -1, 0) for key, name in self.column_names.items()}
        return [{key: values[column] for key, values in named.items()} for column in range(self.features)]

    def with_columns(self, given: Sequence[Mapping[str, Any]], origin: np.ndarray) -> Self:
        """The same with the parameters given for each column put in; rows are measured from ``origin`` (D,)."""
        names = [name for key, name in self.column_names.items() if any(key in own for own in given)]
        values = [
            in_columns(getattr(self, name), given, key) for key, name in self.column_names.items() if name in names
        ]
        return eqx.tree_at(lambda family: [getattr(family, name) for name in names], self, values) if names else self

    def feature_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (..., K, F) of each feature: a column of numbers, or the indicator of a category."""
        mean, variance = self.cell_moments()
        return np.asarray(mean), np.asarray(variance)

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Probability under each component of a cell up to each value, (K, G), where there is one column only."""
        raise NotImplementedError

    def collapsed(self, columns: Columns, floor: float) -> np.ndarray:
        """Which components (K,) have no spread in some direction, where variances need a floor."""
        return np.zeros(len(jax.tree.leaves(self)[0]), bool)


def in_columns(values: Any, given: Sequence[Mapping[str, Any]], key: str) -> np.ndarray:
    """Values (..., K, D) with those that the columns were given under this key in their places."""
    values = np.array(values, float)
    for column, own in enumerate(given):
        if key in own:
            values[..., column] = own[key]
    return values
