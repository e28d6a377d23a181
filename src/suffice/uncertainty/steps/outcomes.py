"""Means, or shares of categories, of an outcome in each class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

NATS = 1e-10
LONGEST = 2000
EDGE = 1e-8
"""Shares of a category below this have no error of their own."""


@dataclass(frozen=True)
class ByShares:
    """Of rows with an outcome (n, C), numbers or indicators of categories, and weights of classes (n, K): their means."""

    outcome: np.ndarray
    shares: np.ndarray
    weight: np.ndarray

    def estimate(self) -> np.ndarray:
        """Means, class after class, (K C,)."""
        sums = (self.shares * self.weight[:, None]).T @ self.outcome
        return (sums / (self.weight @ self.shares)[:, None]).ravel()

    def scores(self, at: np.ndarray) -> np.ndarray:
        """Weighted deviations of each row, (n, K C)."""
        means = at.reshape(self.shares.shape[1], -1)
        return (self.shares[..., None] * (self.outcome[:, None] - means)).reshape(len(self.outcome), -1)

    def read(self, at: np.ndarray) -> np.ndarray:
        """The means among the parameters."""
        return at

    def settled(self, at: np.ndarray) -> bool:
        """Always: the means are in closed form."""
        return True


class ByEvidence(ABC):
    """Of rows with an outcome and the logarithm of what was seen given each class (n, K): expectation-maximisation."""

    evidence: np.ndarray

    def estimate(self) -> np.ndarray:
        """Parameters, by expectation-maximisation from classes told by the evidence."""
        share, before = _normalised(self.evidence)[0], -np.inf
        for _ in range(LONGEST):
            at = self._maximised(share)
            share, value = self._told(at)
            if value - before < _least(value):
                break
            before = value
        return at

    def settled(self, at: np.ndarray) -> bool:
        """Whether a further step gains nothing."""
        share, value = self._told(at)
        return self._told(self._maximised(share))[1] - value < 2 * _least(value)

    @abstractmethod
    def _maximised(self, share: np.ndarray) -> np.ndarray:
        """Parameters for shares of classes (n, K)."""

    @abstractmethod
    def _told(self, at: np.ndarray) -> tuple[np.ndarray, float]:
        """Shares of classes (n, K), and the log-likelihood."""


@dataclass(frozen=True)
class NumbersByEvidence(ByEvidence):
    """Of rows with a number (n,) and the logarithm of what was seen given each class (n, K): normal in each class.

    Parameters are means, logarithms of variances, and log-ratios of the classes' weights to the first's.
    """

    outcome: np.ndarray
    evidence: np.ndarray
    weight: np.ndarray

    def scores(self, at: np.ndarray) -> np.ndarray:
        """Slopes of each row's log-likelihood."""
        means, logs, weights = self._parts(at)
        share, _ = self._told(at)
        standard = (self.outcome[:, None] - means) / np.exp(logs / 2)
        of_weights = (share - np.exp(weights))[:, 1:]
        return np.concatenate(
            [share * standard / np.exp(logs / 2), share * (np.square(standard) - 1) / 2, of_weights], 1
        )

    def read(self, at: np.ndarray) -> np.ndarray:
        """The means among the parameters."""
        return at[: self.evidence.shape[1]]

    def _maximised(self, share: np.ndarray) -> np.ndarray:
        counts = self.weight @ share
        means = (self.weight * self.outcome) @ share / counts
        squares = np.square(self.outcome[:, None] - means)
        variances = np.maximum((self.weight[:, None] * share * squares).sum(0) / counts, 1e-300)
        return np.concatenate([means, np.log(variances), np.log(counts[1:] / counts[0])])

    def _told(self, at: np.ndarray) -> tuple[np.ndarray, float]:
        means, logs, weights = self._parts(at)
        density = -(np.square(self.outcome[:, None] - means) / np.exp(logs) + logs) / 2
        share, total = _normalised(self.evidence + weights + density)
        return share, float(self.weight @ total)

    def _parts(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = self.evidence.shape[1]
        weights = np.append(0.0, at[2 * count :])
        return at[:count], at[count : 2 * count], weights - logsumexp(weights)


@dataclass(frozen=True)
class CategoriesByEvidence(ByEvidence):
    """The same with indicators of categories (n, C): parameters are shares, class after class, and the log-ratios."""

    outcome: np.ndarray
    evidence: np.ndarray
    weight: np.ndarray

    def scores(self, at: np.ndarray) -> np.ndarray:
        """Slopes along shares that sum to 1, and in the log-ratios; none in shares at their edge."""
        chances, weights = self._parts(at)
        share, _ = self._told(at)
        each = np.where(chances > EDGE, share[..., None] * (self.outcome[:, None] - chances), 0.0)
        return np.concatenate([each.reshape(len(each), -1), (share - np.exp(weights))[:, 1:]], 1)

    def read(self, at: np.ndarray) -> np.ndarray:
        """The shares among the parameters."""
        return at[: self.evidence.shape[1] * self.outcome.shape[1]]

    def _maximised(self, share: np.ndarray) -> np.ndarray:
        counts = self.weight @ share
        chances = (share * self.weight[:, None]).T @ self.outcome / counts[:, None]
        return np.concatenate([chances.ravel(), np.log(counts[1:] / counts[0])])

    def _told(self, at: np.ndarray) -> tuple[np.ndarray, float]:
        chances, weights = self._parts(at)
        seen = self.outcome @ np.maximum(chances, 1e-300).T
        share, total = _normalised(self.evidence + weights + np.log(seen))
        return share, float(self.weight @ total)

    def _parts(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        classes, kinds = self.evidence.shape[1], self.outcome.shape[1]
        weights = np.append(0.0, at[classes * kinds :])
        return at[: classes * kinds].reshape(classes, kinds), weights - logsumexp(weights)


def _least(value: float) -> float:
    """Least gain in a log-likelihood, in nats, that is more than rounding."""
    return max(NATS, 1e-13 * abs(value))


def _normalised(joint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares (n, K) and the logarithm of their sum (n,)."""
    total = np.asarray(logsumexp(joint, axis=1))
    return np.exp(joint - total[:, None]), total
