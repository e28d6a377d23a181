"""What a bootstrap test found: its p-value, and whether more samples could change what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv

LEVEL = 0.05
SURE = 0.9999
"""Confidence with which the p-value is on one side of the level where sampling stops."""


@dataclass(frozen=True)
class BootstrapTest:
    """What ``suffice.bootstrap_test`` found.

    Parameters
    ----------
    p_value
        Share of samples, the rows themselves counted as one, whose statistic is at least that of the rows.
    standard_error
        Its Monte Carlo error.
    statistic
        Twice the difference of the log-likelihoods of the two models for the rows.
    statistics
        The same for each sample drawn from the smaller model, ``(S,)``.
    n_components
        Components of the smaller and of the larger model.
    outcome
        A sentence: how many samples there were, and why no more.
    interrupted
        Whether Ctrl-C ended it before its time.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.selection import BootstrapTest
    >>> BootstrapTest(0.01, 0.007, 25.0, np.zeros(199), (1, 2), "Clear.").p_value
    0.01
    """

    p_value: float
    standard_error: float
    statistic: float
    statistics: np.ndarray
    n_components: tuple[int, int]
    outcome: str
    interrupted: bool = False


def reached(statistic: float, found: Any) -> int:
    """Samples whose statistic is at least this, or as good as that."""
    return int((np.asarray(found) >= statistic - 1e-6).sum())


def is_clear(statistic: float, found: list[float]) -> bool:
    """Whether the share of samples that reach the statistic is surely above or below the level (Clopper and Pearson, 1934)."""
    count, high_ones = len(found), reached(statistic, found)
    low = betaincinv(high_ones, count - high_ones + 1, (1 - SURE) / 2) if high_ones else 0.0
    high = betaincinv(high_ones + 1, count - high_ones, (1 + SURE) / 2) if high_ones < count else 1.0
    return count > 0 and bool(low > LEVEL or high < LEVEL)


def test_of(
    statistic: float, found: np.ndarray, sizes: tuple[int, int], asked: int, interrupted: bool
) -> BootstrapTest:
    """The result of the samples found, of so many asked for."""
    high_ones, count = reached(statistic, found), len(found)
    p_value = (high_ones + 1) / (count + 1)
    share = (high_ones + 1) / (count + 2)
    error = float(np.sqrt(share * (1 - share) / count))
    said = (
        f"{sizes[1]} components fit better than {sizes[0]} by {statistic:.4g} (twice the log-likelihood), and {high_ones} of "
        f"{count} samples from {sizes[0]} did as well: p = {p_value:.3g} +- {error:.1g}. "
    )
    said += _why(p_value, count, asked, interrupted)
    return BootstrapTest(p_value, error, statistic, found, sizes, said, interrupted)


def _why(p_value: float, count: int, asked: int, interrupted: bool) -> str:
    """Why there are no more samples."""
    if interrupted:
        return f"It was interrupted after {count} of {asked} samples."
    if count < asked:
        side = "above" if p_value > LEVEL else "below"
        return f"Sampling stopped early, after {count} of {asked}, since this is clearly {side} {LEVEL}."
    return "All samples asked for were drawn."
