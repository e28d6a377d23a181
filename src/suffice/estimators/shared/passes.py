"""How long a fit by batches goes on where nothing is said: by steps, since an epoch of few rows is next to nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Passes(NamedTuple):
    """Steps that a fit takes by default, within bounds on epochs; rows in a batch, a share of all rows within bounds."""

    steps: int
    epochs: tuple[int, int]
    share: int
    rows: tuple[int, int]

    def batch_size(self, given: int | None, count: int) -> int:
        """Rows in a batch of ``count`` rows: those given, else a power of two below this share of them: few programs do."""
        if given is not None:
            return int(given)
        return 1 << (int(np.clip(count // self.share, *self.rows)).bit_length() - 1)

    def epochs_of(self, given: int | None, count: int, batch_size: int) -> int:
        """Epochs of ``count`` rows: those given, else as many as make the steps."""
        batches = -(-count // batch_size)
        return int(np.clip(-(-self.steps // batches), *self.epochs)) if given is None else int(given)


def still_falling(curve: np.ndarray) -> float:
    """Share of the whole fall of a curve that its last tenth brought; 0 where it is short, or falls no more than it trembles."""
    tenth = len(curve) // 10
    if tenth == 0 or not curve[0] > curve[-1]:
        return 0.0
    before, last = curve[-2 * tenth : -tenth], curve[-tenth:]
    trembling = np.sqrt((before.var() + last.var()) / tenth)
    fell = before.mean() - last.mean() > 2 * trembling
    return float((curve[-1 - tenth] - curve[-1]) / np.ptp(curve)) if fell else 0.0


FALLING = 0.02
"""Share above which an outcome says that the curve was still falling."""
