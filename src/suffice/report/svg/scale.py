"""From the coordinates of the data to points on the page."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from suffice.plot.panel import Axis

LARGEST, FINEST, LEAST, MOST_POWER = 1e300, 1e-9, 1e-290, 300.0


@dataclass(frozen=True)
class Scale:
    """Numbers from ``low`` to ``high`` laid evenly, or their logarithms, from ``begin`` to ``end``, which may run backwards."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def __call__(self, values: np.ndarray | float) -> np.ndarray:
        """Where numbers lie; NaN where they are none."""
        values, low, high = np.asarray(values, dtype=float), self.low, self.high
        values = np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), np.nan)
        if self.log:
            values = np.log(np.where(values > 0, values, np.nan))
            low, high = np.log(low), np.log(high)
        with np.errstate(over="ignore"):
            share = np.clip((values / 2 - low / 2) / (high / 2 - low / 2), -1e4, 1e4)
        return self.begin + share * (self.end - self.begin)

    def turned(self, begin: float, end: float) -> Scale:
        """The same numbers between two other places."""
        return Scale(self.low, self.high, begin, end, self.log)


def reach(axis: Axis, values: np.ndarray, room: float = 0.05) -> tuple[float, float]:
    """The ends of an axis: those asked for, else the values with some room beside them; two different finite numbers."""
    seen = np.clip(values[np.isfinite(values)], -LARGEST, LARGEST)
    if axis.log:
        seen = np.log10(seen[seen >= 10.0**-MOST_POWER])
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
    beside = room * (high - low) if high > low else 0.0
    low, high = low - beside, high + beside
    if axis.log:
        low, high = (low, high) if high > low else (low - 0.3, high + 0.3)
        low, high = 10.0 ** max(low, -MOST_POWER), 10.0 ** min(high, MOST_POWER)
    low, high = _asked(axis.low, low), _asked(axis.high, high)
    if axis.low is not None and axis.high is not None and low > high:
        return low, high
    return apart(low, high)


def _asked(end: float | None, found: float) -> float:
    return found if end is None or not isfinite(end) else float(np.clip(end, -LARGEST, LARGEST))


def apart(low: float, high: float) -> tuple[float, float]:
    """Two ends so far from each other that numbers between them can be told apart."""
    least = max(FINEST * max(abs(low), abs(high)), LEAST)
    if high - low >= least:
        return low, high
    middle = low / 2 + high / 2
    room = max(0.05 * abs(middle), least) if middle else 0.5
    return middle - room, middle + room
