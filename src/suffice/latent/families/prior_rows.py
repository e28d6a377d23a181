"""Conjugate priors of independent columns: rows seen beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Self

import numpy as np

from suffice.model import Hyperparameters
from suffice.runtime.arrays import Array


class PriorRows(Hyperparameters):
    """``strength`` rows in each component, None for none, whose statistics T(x) have the mean ``mean`` (D,).

    Columns that differ in how many rows they have seen have a strength each, (D,).
    """

    strength: Array | float | None
    mean: Array | float

    @property
    def seen(self) -> Array | float:
        """How many rows, 0 without them."""
        return 0.0 if self.strength is None else self.strength

    def expected_log_density(self, natural: Callable[[], tuple[Array, Array | float]]) -> Array | float:
        """Log-density of the rows, summed over components (...): ``natural`` gives a cell's as slope times T(x) plus constant."""
        if self.strength is None:
            return 0.0
        slope, constant = natural()
        return (self.strength * (slope * self.mean + constant)).sum((-1, -2))

    def among(self, columns: Sequence[int] | np.ndarray, features: int) -> Self:
        """The part of some of so many columns."""
        names = [field.name for field in fields(self) if field.name != "strength" or np.ndim(self.seen)]
        whole = {name: np.broadcast_to(np.asarray(getattr(self, name)), features) for name in names}
        return replace(self, **{name: values[list(columns)] for name, values in whole.items()})
