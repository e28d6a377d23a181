"""Rotations of factor loadings towards simple structure: each factor with few large loadings.

Loadings come over the columns' standard deviations, and criteria see each column's scaled to length 1 (Kaiser, 1958), so that
neither the units of a column nor how much of it the factors explain decides where they turn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEPS = 1000
CLOSE = 1e-10
POWER = 4
"""To which the loadings of varimax are raised for the target of promax."""

Criterion = Callable[[np.ndarray], tuple[float, np.ndarray]]


def rotation(standardised: np.ndarray, name: str) -> np.ndarray:
    """T for which the loadings :math:`L = W T^{-\top}` are simple; latent variables z become :math:`T^\top z`."""
    if standardised.shape[1] == 1:
        return np.eye(1)
    return ROTATIONS[name](standardised)


def of_length_one(loadings: np.ndarray) -> np.ndarray:
    """Each column's loadings, a line (k,), over their length; those of a column on which no factor acts stay 0."""
    length = np.linalg.norm(loadings, axis=1, keepdims=True)
    return loadings / np.where(length > 0, length, 1.0)


def varimax(loadings: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus the variance of the squared loadings of each factor, summed, over 4; and its gradient."""
    square = np.square(loadings)
    apart = square - square.mean(0)
    return -np.square(apart).sum() / 4, -loadings * apart


def quartimax(loadings: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus the sum of fourth powers, over 4; and its gradient."""
    return -(loadings**4).sum() / 4, -(loadings**3)


def oblimin(loadings: np.ndarray) -> tuple[float, np.ndarray]:
    """The products of squared loadings of every two factors, summed, over 4; and its gradient."""
    square = np.square(loadings)
    others = square.sum(1, keepdims=True) - square
    return (square * others).sum() / 4, loadings * others


def _orthogonal(loadings: np.ndarray, criterion: Criterion) -> np.ndarray:
    turn, step = np.eye(loadings.shape[1]), 1.0
    value, slope = criterion(loadings)
    for _ in range(STEPS):
        gradient = loadings.T @ slope
        inner = turn.T @ gradient
        direction = gradient - turn @ (inner + inner.T) / 2
        size = np.square(direction).sum()
        if size < CLOSE**2 * max(1.0, value**2):
            break
        step *= 2
        for _ in range(60):
            left, _, right = np.linalg.svd(turn - step * direction)
            new = left @ right
            new_value, slope = criterion(loadings @ new)
            if new_value < value - step * size / 2:
                break
            step /= 2
        else:
            break
        turn, value = new, new_value
    return turn


def _oblique(loadings: np.ndarray, criterion: Criterion) -> np.ndarray:
    turn, step = np.eye(loadings.shape[1]), 1.0
    rotated = loadings
    value, slope = criterion(rotated)
    for _ in range(STEPS):
        gradient = -np.linalg.solve(turn.T, slope.T @ rotated)
        direction = gradient - turn * (turn * gradient).sum(0)
        size = np.square(direction).sum()
        if size < CLOSE**2 * max(1.0, value**2):
            break
        step *= 2
        for _ in range(60):
            new = turn - step * direction
            new = new / np.linalg.norm(new, axis=0)
            rotated = np.linalg.solve(new, loadings.T).T
            new_value, slope = criterion(rotated)
            if new_value < value - step * size / 2:
                break
            step /= 2
        else:
            break
        turn, value = new, new_value
    return turn


def _promax(loadings: np.ndarray) -> np.ndarray:
    turn = _orthogonal(of_length_one(loadings), varimax)
    rotated = loadings @ turn
    target = rotated * np.abs(rotated) ** (POWER - 1)
    slope = np.linalg.lstsq(rotated, target, rcond=None)[0]
    if np.linalg.matrix_rank(slope) < len(slope):
        return turn
    oblique = turn @ np.linalg.inv(slope).T
    return oblique / np.sqrt(np.square(oblique).sum(0))


ROTATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "varimax": lambda loadings: _orthogonal(of_length_one(loadings), varimax),
    "quartimax": lambda loadings: _orthogonal(of_length_one(loadings), quartimax),
    "promax": _promax,
    "oblimin": lambda loadings: _oblique(of_length_one(loadings), oblimin),
}
