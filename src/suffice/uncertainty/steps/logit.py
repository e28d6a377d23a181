"""A multinomial logit of classes on covariates, where classes are weights of the rows or only told by evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, logsumexp

from suffice.latent.charts.membership import LARGEST

NATS = 1e-12
STEPS = 200
HALVES = 0.5 ** np.arange(12)
RIDGE = 1e-8


@dataclass(frozen=True)
class Logit:
    r"""Rows' covariates (n, C), the first of which is 1, and what is known of their classes.

    ``shares`` (n, K): the criterion is :math:`\sum_n w_n \sum_t s_{nt} \log P_t(z_n)`. ``evidence`` (n, K) is the logarithm of
    what was seen given each class, and the criterion :math:`\sum_n w_n \log \sum_t P_t(z_n) e_{nt}`. The first class is the
    reference.
    """

    design: np.ndarray
    weight: np.ndarray
    shares: np.ndarray | None = None
    evidence: np.ndarray | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Classes but the first, and covariates."""
        known = self.shares if self.shares is not None else self.evidence
        return known.shape[1] - 1, self.design.shape[1]  # type: ignore[union-attr]

    def value(self, at: np.ndarray) -> float:
        """The criterion at coefficients ((K - 1) C,)."""
        logs = self._logs(at)
        each = (self.shares * logs).sum(1) if self.evidence is None else logsumexp(logs + self.evidence, axis=1)
        return float(self.weight @ each)

    def scores(self, at: np.ndarray) -> np.ndarray:
        """Its slope by each row, (n, (K - 1) C)."""
        told, chance = self._told(at)
        rise = told - chance * told.sum(1, keepdims=True)
        return (rise[:, 1:, None] * self.design[:, None]).reshape(len(rise), -1)

    def information(self, at: np.ndarray) -> np.ndarray:
        """Minus its second derivatives."""
        told, chance = self._told(at)
        spread = _spread(chance) * told.sum(1)[:, None, None]
        if self.evidence is not None:
            spread = spread - _spread(told)
        found = np.einsum("n,njk,nc,nd->jckd", self.weight, spread, self.design, self.design, optimize=True)
        return found.reshape(np.prod(self.size), -1)

    def maximum(self, start: np.ndarray, across: np.ndarray | None = None) -> np.ndarray:
        """Coefficients where the criterion is highest near a start, within ``LARGEST`` of 0; steps go ``across`` (P, G) alone."""
        at = start
        for _ in range(STEPS):
            step, gain = self._newton(at, across)
            trials = np.clip(at + HALVES[:, None] * step, -LARGEST, LARGEST)
            values = np.array([self.value(trial) for trial in trials])
            best = int(values.argmax())
            if not values[best] > self.value(at) or gain < NATS:
                break
            at = trials[best]
        return at

    def _newton(self, at: np.ndarray, across: np.ndarray | None) -> tuple[np.ndarray, float]:
        """A step of Newton's, of coefficients that may go where the slope leads, and what it promises."""
        slope, bend = self.weight @ self.scores(at), self.information(at)
        if across is None:
            across = np.eye(len(at))[:, (np.abs(at) < LARGEST) | (slope * at < 0)]
        step = across @ _uphill(across.T @ bend @ across, across.T @ slope)
        return step, float(slope @ step)

    def _logs(self, at: np.ndarray) -> np.ndarray:
        logits = self.design @ at.reshape(self.size).T
        return log_softmax(np.concatenate([np.zeros((len(logits), 1)), logits], 1), axis=1)

    def _told(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is known of the classes (n, K), covariates counted where it is evidence, and chances by covariates alone."""
        logs = self._logs(at)
        if self.shares is not None:
            return self.shares, np.exp(logs)
        joint = logs + self.evidence
        return np.exp(joint - logsumexp(joint, axis=1, keepdims=True)), np.exp(logs)


def _spread(chance: np.ndarray) -> np.ndarray:
    """Covariances (n, K - 1, K - 1) of the classes but the first."""
    own = chance[:, 1:]
    return own[:, :, None] * np.eye(own.shape[1]) - own[:, :, None] * own[:, None]


def _uphill(information: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Newton's step, in directions in which the criterion bends down; elsewhere along the slope."""
    values, vectors = np.linalg.eigh(information)
    bend = np.maximum(np.abs(values), RIDGE * np.abs(values).max(initial=1e-300))
    return vectors @ ((vectors.T @ slope) / bend)
