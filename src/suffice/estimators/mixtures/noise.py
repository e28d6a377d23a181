"""Noise beside Gaussian components: what cannot be asked of it."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np


def check_noise(noise: Any, frozen: Any, tied: Any) -> None:
    """Refuse what is no volume, and parameters that are held beside it."""
    if not isinstance(noise, bool | np.bool_) and not (isinstance(noise, Real) and 0 < float(noise) < np.inf):
        raise ValueError(
            f"noise={noise!r} was given; True (uniform over the box of the data), False, or a volume above 0 is expected."
        )
    if noise and (frozen or tied):
        raise ValueError("noise was given with frozen or tied, which go without it; leave one out.")


def refuse_flat_box(constant: str) -> None:
    """Refuse columns of one value, named, which make a box flat."""
    if constant:
        raise ValueError(
            f"Columns {constant} are constant, so that noise has no box to be in; drop them, or set noise=False."
        )
