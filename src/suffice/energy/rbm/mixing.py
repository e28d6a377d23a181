"""How well Markov chains have mixed, read from a figure of each chain at each step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from suffice.runtime.arrays import Array
from suffice.runtime.types import ArrayLike


class Mixing(NamedTuple):
    """Diagnostics of chains by their free energies ``(steps, chains)``.

    ``r_hat`` near 1 says that chains, and their halves, agree in distribution (Gelman et al., 2013, section 11.4); far from 1
    they remember where they began. ``effective_size`` is how many independent draws say as much of the mean free energy as all
    steps of all chains together.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.energy import mixing
    >>> found = mixing(np.random.default_rng(0).normal(size=(400, 8)))
    >>> found.free_energy.shape, 1000 < found.effective_size < 2400
    ((400, 8), True)
    """

    r_hat: float
    effective_size: float
    free_energy: Float[Array, "steps chains"]


def mixing(trace: ArrayLike) -> Mixing:
    r"""Diagnostics of the second half of a trace.

    .. math:: \hat R = \sqrt{\frac{(n - 1) / n \; W + B}{W}}

    W is the mean variance within halves of chains of n steps, B the variance of their means.

    Parameters
    ----------
    trace
        One figure for each step and chain, shape (steps, chains), at least 8 steps and 2 chains; with fewer both are NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.energy import mixing
    >>> round(mixing(np.random.default_rng(0).normal(size=(400, 8))).r_hat, 1)
    1.0
    """
    trace = np.asarray(trace, np.float64)
    if len(trace) < 8 or trace.shape[1] < 2:
        return Mixing(float("nan"), float("nan"), trace)
    half = len(trace) // 4
    late = trace[len(trace) - 2 * half :]
    split = np.concatenate([late[:half], late[half:]], axis=1)
    within = split.var(axis=0, ddof=1).mean()
    between = split.mean(axis=0).var(ddof=1)
    if within == 0:
        return Mixing(1.0 if between == 0 else float("inf"), float(late.size if between == 0 else 0), trace)
    total = (half - 1) / half * within + between
    return Mixing(float(np.sqrt(total / within)), _effective_size(split, total), trace)


def _effective_size(split: np.ndarray, total: float) -> float:
    """Geyer's initial positive sequence: correlations are summed while pairs of them are positive."""
    steps, chains = split.shape
    centred = split - split.mean(axis=0)
    spectrum = np.abs(np.fft.rfft(centred, 2 * steps, axis=0)) ** 2
    covariance = np.fft.irfft(spectrum, axis=0)[:steps].mean(axis=1) / steps
    correlation = 1 - (split.var(axis=0, ddof=1).mean() - covariance) / total
    pairs = correlation[: steps // 2 * 2].reshape(-1, 2).sum(axis=1)
    positive = pairs[: int(np.argmax(pairs < 0))] if (pairs < 0).any() else pairs
    return float(min(steps * chains, steps * chains / max(2 * positive.sum() - 1, 1 / (steps * chains))))
