"""What the last gains of plain steps say of what is still to come."""

from __future__ import annotations

import numpy as np

from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp

PLAIN_NATS = 0.01
"""Plain steps end where their rate promises less than this, over all rows, twice in a row."""


def by_rate(gain: Array | float, before: Array | float) -> Array:
    """What is to come where gains go on falling at the rate of the last two (Aitken's extrapolation); infinite of one gain."""
    two = (before > 0) & jnp.isfinite(before)
    rate = gain / jnp.where(two, before, 1.0)
    rest = gain * rate / jnp.where(rate < 1, 1 - rate, 1.0)
    return jnp.where(gain <= 0, 0.0, jnp.where(two & (rate < 1), rest, jnp.inf))


class Gains:
    """Whether an objective has settled: by a tolerance a row, or by the rate of its gains."""

    def __init__(self, tol: float | None, weight: float):
        self.tol, self.weight = tol, weight
        self.value, self.gain, self.calm, self.settled = -np.inf, np.inf, 0, False

    def add(self, value: float) -> None:
        """The objective after one more step, in nats of all rows."""
        before, self.gain, self.value = self.gain, value - self.value, value
        with np.errstate(invalid="ignore"):
            near = max(self.gain, float(by_rate(self.gain, before))) < PLAIN_NATS
        self.calm = self.calm + 1 if near else 0
        self.settled = self.calm >= 2 if self.tol is None else self.gain < self.tol * self.weight
