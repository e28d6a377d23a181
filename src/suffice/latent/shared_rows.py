"""The E-step of restarts each of which has its own share of every row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.latent.expectation import MixtureStatistics
from suffice.rows.row_function import RowFunction, prepare
from suffice.runtime.arrays import Array
from suffice.runtime.module import replaced


class SharedRows(RowFunction):
    """Statistics by the E-step ``expectation`` of restarts: rows are a pair of rows and shares (n, G).

    ``groups`` says for each restart whose share it has.
    """

    expectation: Any
    groups: np.ndarray

    @property
    def ready(self) -> bool:
        """What rows share has to be worked out."""
        return False

    def prepare(self) -> Callable[..., Any]:
        """The same with the E-step prepared."""
        return replaced(self, expectation=prepare(self.expectation))

    def __call__(self, rows: tuple[Any, Array], weight: Array) -> MixtureStatistics:
        return self.expectation(rows[0], rows[1].T[self.groups] * weight)
