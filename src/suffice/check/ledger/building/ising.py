"""The Ising field of the documents: literal sums, limits of its parameters, and a denoiser."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import call
from suffice.check.problems.energies import ISING, ising_energy, neighbours


def half(x: Any, y: Any, h: Any, beta: Any, eta: Any) -> Any:
    """½ exp(−E(x, y))."""
    return 0.5 * np.exp(-ising_energy(x, y, h, beta, eta))


def literal_sums() -> tuple[bool, str]:
    """E(x_k = 1) of a pixel whose pairs stay in the sum over i ≠ k and are counted again."""
    point = ISING.draw(np.random.default_rng(0))
    x, place = point["x"].copy(), (0, 1)
    x[place] = 1.0
    right = float(call(ising_energy, {**point, "x": x}))
    literal = right - float(point["beta"] * neighbours(x)[place])
    return bool(np.isclose(right, literal)), f"{literal:.4g} literally, {right:.4g} in truth"


def _all_states(size: int) -> np.ndarray:
    return 2 * ((np.arange(2**size)[:, None] >> np.arange(size)) & 1) - 1.0


def _energies(eta: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y = np.random.default_rng(0).choice([-1.0, 1.0], (3, 3))
    states = _all_states(9).reshape(-1, 3, 3)
    return y, states, np.array([ising_energy(x, y, 0.0, 0.0, eta) for x in states])


def copies() -> tuple[bool, str]:
    """Least energy of 512 states at h = β = 0, η = 0.7."""
    y, states, energies = _energies(0.7)
    least = states[energies.argmin()]
    return bool(
        (least == y).all() and (energies == energies.min()).sum() == 1
    ), "the one least of 512 energies is that of x = y"


def ties() -> tuple[bool, str]:
    """The same at η = 0."""
    _, _, energies = _energies(0.0)
    many = int((energies == energies.min()).sum())
    return many == 1, f"{many} of 512 states have the least energy"


def restores() -> tuple[bool, str]:
    """Pixels set one by one on an image of a disc with a tenth of the pixels flipped."""
    from suffice import IsingDenoiser

    rows, columns = np.mgrid[-1:1:64j, -1:1:64j]
    clean = np.where(rows**2 + columns**2 < 0.5, 1, -1)
    generator = np.random.default_rng(0)
    noisy = np.where(generator.random(clean.shape) < 0.1, -clean, clean)
    restored = IsingDenoiser(h=0.0, beta=1.0, eta=2.1, method="icm").denoise(noisy)
    before, after = float((noisy != clean).mean()), float((restored.images != clean).mean())
    falls = bool((np.diff(restored.trace) <= 1e-9).all())
    return falls and after < before / 2, f"wrong pixels {before:.1%} → {after:.1%}; the energy never rises"
