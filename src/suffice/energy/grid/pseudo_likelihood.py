"""Parameters of an Ising field from clean images, or from clean and noisy ones, by maximum pseudo-likelihood."""

from __future__ import annotations

import numpy as np

from suffice.energy.grid.spin_sums import neighbour_sum


def learn(clean: np.ndarray, noisy: np.ndarray | None) -> tuple[float, ...]:
    """h, beta and, given noisy images, eta with the largest pseudo-likelihood under a N(0, 1) prior on each."""
    from scipy.optimize import minimize

    features, ups, downs = _counts(clean) if noisy is None else _joint_counts(clean, noisy)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        field = features @ w
        value = ups @ np.logaddexp(0, -2 * field) + downs @ np.logaddexp(0, 2 * field) + w @ w / 2
        return float(value), features.T @ (downs * (1 + np.tanh(field)) - ups * (1 - np.tanh(field))) + w

    def curvature(w: np.ndarray) -> np.ndarray:
        weight = (ups + downs) * (1 - np.tanh(features @ w) ** 2)
        return (features.T * weight) @ features + np.eye(len(w))

    found = minimize(loss, np.zeros(features.shape[1]), jac=True, hess=curvature, method="trust-exact")
    h, beta, *eta = map(float, found.x)
    if beta < 0:
        raise ValueError(
            f"In clean, neighbours differ more often than they agree (beta={beta:.3g}); a field of agreeing neighbours cannot "
            "restore such images. Flip every second pixel, as on a checkerboard, and learn again."
        )
    if eta and eta[0] <= 0:
        raise ValueError(
            f"noisy says nothing of clean, or the opposite of it (eta={eta[0]:.3g}); give the pairs in the same order, and the "
            "lower value for the same colour in both."
        )
    return h, beta, *eta


def _counts(clean: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of neighbours, as (-1, sum), and how many clean pixels with each are +1 and -1."""
    ups, downs = _tally(neighbour_sum(clean) + 4, clean, 9)
    return np.stack([np.full(9, -1.0), np.arange(-4.0, 5.0)], 1), ups, downs


def _joint_counts(clean: np.ndarray, noisy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same with noisy pixels, as (-1, sum, noisy pixel); and, as (0, 0, 1), how many noisy pixels are right and wrong."""
    ups, downs = _tally(neighbour_sum(clean) + 4 + 9 * (noisy > 0), clean, 18)
    sums, pixels = np.tile(np.arange(-4.0, 5.0), 2), np.repeat([-1.0, 1.0], 9)
    features = np.vstack([np.stack([np.full(18, -1.0), sums, pixels], 1), [0.0, 0.0, 1.0]])
    right = float((clean == noisy).sum())
    return features, np.append(ups, right), np.append(downs, clean.size - right)


def _tally(numbers: np.ndarray, clean: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    up, down = (np.bincount(numbers[clean == spin].astype(np.intp), minlength=size) for spin in (1, -1))
    return up.astype(float), down.astype(float)
