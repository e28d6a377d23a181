"""A box over which uniform noise is spread."""

from __future__ import annotations

import numpy as np

from suffice.model import Hyperparameters
from suffice.rows.missing import MaskedRows, PatternRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import replaced


class NoiseBox(Hyperparameters):
    r"""A box from ``low`` (D,), with ``sides`` (D,) above 0, in the columns' units; a fit leaves it as it is.

    .. math:: V = \prod_d s_d

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import NoiseBox
    >>> box = NoiseBox(np.zeros(2), np.array([2.0, 4.0]))
    >>> print(box.middle, round(float(np.exp(box.log_volume()))))
    [1. 2.] 8
    """

    low: Array
    sides: Array

    @property
    def middle(self) -> Array:
        """Its centre, (D,)."""
        return self.low + self.sides / 2

    def translated(self, shift: Array) -> NoiseBox:
        """The box for rows moved by ``shift`` (D,)."""
        return replaced(self, low=self.low + shift)

    def among(self, columns: list[int]) -> NoiseBox:
        """The box of some columns."""
        return NoiseBox(np.asarray(self.low)[columns], np.asarray(self.sides)[columns])

    def log_volume(self) -> Array:
        """Logarithm of the product of the sides."""
        return jnp.log(self.sides).sum()

    def draw(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """So many rows (n, D), uniformly."""
        return np.asarray(self.low) + generator.random((count, len(self.sides))) * np.asarray(self.sides)


def box_around(bounds: np.ndarray, volume: bool | float) -> NoiseBox:
    """The box within bounds (2, D), or one of the same middle and proportions with this volume."""
    low, sides = bounds[0], bounds[1] - bounds[0]
    if isinstance(volume, bool | np.bool_):
        return NoiseBox(low, sides)
    grown = sides * np.exp((np.log(volume) - np.log(sides).sum()) / len(sides))
    return NoiseBox(low + (sides - grown) / 2, grown)


def log_volumes(log_sides: Array, rows: Array | MaskedRows | PatternRows) -> Array:
    """Logarithms (n,), or () where no cell is missing, of the volumes of the boxes of each row's observed columns."""
    if isinstance(rows, MaskedRows):
        return rows.observed().astype(log_sides.dtype) @ log_sides
    if not isinstance(rows, PatternRows):
        return log_sides.sum()
    beyond = jnp.concatenate([log_sides, jnp.zeros(1, log_sides.dtype)])
    return (log_sides.sum() - jnp.take(beyond, rows.missing, axis=0).sum(1))[rows.pattern]
