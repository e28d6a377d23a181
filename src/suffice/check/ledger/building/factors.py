"""Probabilistic PCA with one factor: moments by quadrature, and where EM ends."""

from __future__ import annotations

import numpy as np

from suffice.check.problem import call
from suffice.check.problems.factors import ONE_FACTOR


def moments() -> tuple[bool, str]:
    """First and second posterior moments of one row against a fine grid."""
    point = ONE_FACTOR.complete(ONE_FACTOR.draw(np.random.default_rng(0)))
    one = {**point, "X": point["X"][:1]}
    grid = np.linspace(-12, 12, 24_001)
    logs = np.array([call(ONE_FACTOR.log_joint, {**one, "z": grid[i : i + 1]}) for i in range(len(grid))])  # type: ignore[arg-type]
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    found = weights @ grid, weights @ grid**2
    worst = max(abs(found[0] - point["m"][0]), abs(found[1] - point["s"][0]))
    return bool(worst < 1e-9), f"m = {found[0]:.6f}, s = {found[1]:.6f} by sums over a grid, off by {worst:.1g}"


def converges() -> tuple[bool, str]:
    """Both steps, repeated, against √(λ1 − σ²) v1."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(200, 5)) * [2.0, 1.0, 0.8, 0.7, 0.5]
    sigma2, u = 0.3, generator.normal(size=5)
    for _ in range(500):
        m = X @ u / (sigma2 + u @ u)
        u = X.T @ m / np.sum(sigma2 / (sigma2 + u @ u) + m**2)
    values, vectors = np.linalg.eigh(X.T @ X / len(X))
    ends = np.sqrt(values[-1] - sigma2) * vectors[:, -1]
    worst = float(min(np.abs(u - ends).max(), np.abs(u + ends).max()))
    return worst < 1e-9, f"off by {worst:.1g} after 500 rounds"
