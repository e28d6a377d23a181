"""Exact probabilities of the pixels of a narrow Ising field, by sums over the states of its frontier."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

WIDEST = 16
MOST_NUMBERS = 2**24


def affordable(height: int, width: int) -> bool:
    """Whether the frontier of an image has few enough states, and all of its messages fit into memory."""
    narrow, long = sorted((height, width))
    return narrow <= WIDEST and narrow * long * 2**narrow <= MOST_NUMBERS


def marginals(fields: np.ndarray, beta: float) -> np.ndarray:
    """Probability of +1 at each pixel (H, W) that receives its field, for couplings ``beta`` between neighbours.

    Pixels are taken row by row; log-sums over all pixels before, and over all after, are kept for each state of the frontier, the
    last W pixels, the earliest first (elimination of variables along a grid, exact).
    """
    if fields.shape[1] > fields.shape[0]:
        return marginals(fields.T, beta).T
    width, flat = fields.shape[1], fields.ravel()
    before = [_nothing_yet(width)]
    for place, field in enumerate(flat):
        before.append(np.logaddexp(*_joined(before[-1], beta, field, place, width)).reshape(-1))
    probability, after = np.empty(flat.size), np.zeros(2**width)
    for place in range(flat.size - 1, -1, -1):
        low, high = np.moveaxis((before[place + 1] + after).reshape(-1, 2), -1, 0)
        probability[place] = expit(np.logaddexp.reduce(high) - np.logaddexp.reduce(low))
        later = after.reshape(1, 2 ** (width - 1), 2)
        terms = _joined(np.zeros(2**width), beta, flat[place], place, width) + later
        after = np.logaddexp(terms[..., 0], terms[..., 1]).reshape(-1)
    return probability.reshape(fields.shape)


def _nothing_yet(width: int) -> np.ndarray:
    """Log-weights of the frontier before the first pixel, whose places stand for none."""
    weights = np.full(2**width, -np.inf)
    weights[0] = 0.0
    return weights


def _joined(weights: np.ndarray, beta: float, field: float, place: int, width: int) -> np.ndarray:
    """Log-weights with one pixel more: (2 of the one above, 2^(W-1) of the others, 2 of the new one)."""
    spin = np.array([-1.0, 1.0])
    joined = weights.reshape(2, -1, 1) + field * spin
    if place >= width:
        joined = joined + beta * spin[:, None, None] * spin
    if place % width:
        joined = (joined.reshape(2, -1, 2, 2) + beta * spin[:, None] * spin).reshape(2, -1, 2)
    return joined
