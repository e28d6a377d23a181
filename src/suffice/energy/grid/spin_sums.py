"""The sums that the energy of an Ising field consists of."""

from __future__ import annotations

import numpy as np
from jaxtyping import Num


def neighbour_sum(x: np.ndarray) -> np.ndarray:
    """Sum of the neighbours of each pixel of (B, H, W), int8."""
    total = np.zeros_like(x)
    total[:, 1:] += x[:, :-1]
    total[:, :-1] += x[:, 1:]
    total[:, :, 1:] += x[:, :, :-1]
    total[:, :, :-1] += x[:, :, 1:]
    return total


def sums(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Sums over each image of x_i, of x_i x_j over neighbours, and of x_i y_i, whole numbers (B, 3)."""
    beside = (x[:, 1:] * x[:, :-1]).sum((1, 2), dtype=np.int64) + (x[:, :, 1:] * x[:, :, :-1]).sum(
        (1, 2), dtype=np.int64
    )
    return np.stack([x.sum((1, 2), dtype=np.int64), beside, (x * y).sum((1, 2), dtype=np.int64)], 1)


def energies(totals: Num[np.ndarray, "... 3"], parameters: tuple[float, float, float]) -> np.ndarray:
    """Energies from ``sums`` (..., 3), for h, beta and eta."""
    h, beta, eta = parameters
    return h * totals[..., 0] - beta * totals[..., 1] - eta * totals[..., 2]
