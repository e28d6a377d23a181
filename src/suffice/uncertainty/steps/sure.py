"""What of a regression of membership is held: where covariates tell a class surely, and no coefficient is large enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, null_space

from suffice.latent.charts.membership import LARGEST
from suffice.uncertainty.steps.logit import Logit

ROWS = 1e-2
"""What has the information of so few rows does not tell a direction: where no class is sure it has that of some."""
SHARE = 1e-6
"""Of a coefficient, in squares, what lies along held directions where it counts as held."""


@dataclass(frozen=True)
class HeldLogit:
    """A regression at coefficients (P,), of which those along ``along`` (P, U) are held, and those ``across`` (P, G) told."""

    problem: Logit
    at: np.ndarray
    along: np.ndarray

    @property
    def across(self) -> np.ndarray:
        """Directions that are told."""
        return null_space(self.along.T) if self.along.size else np.eye(len(self.at))

    @property
    def weight(self) -> np.ndarray:
        """Of the rows, as the regression has them."""
        return self.problem.weight

    def scores(self, moved: np.ndarray) -> np.ndarray:
        """The slope (n, G) by each row, from coefficients moved along the directions that are told."""
        return self.problem.scores(self.at + self.across @ moved) @ self.across

    def moved_to_maximum(self, problem: Logit) -> np.ndarray:
        """How far (G,) the maximum of another regression is."""
        return self.across.T @ (problem.maximum(self.at, self.across) - self.at)

    def holds(self, turn: np.ndarray) -> np.ndarray:
        """Which of some combinations (Q, P) of the coefficients lie along what is held."""
        metric = _squares(self.problem)
        own = np.einsum("qp,pr,qr->q", turn, np.linalg.inv(metric), turn)
        inside = np.linalg.inv(self.along.T @ metric @ self.along)
        found = turn @ self.along
        return np.einsum("qu,uv,qv->q", found, inside, found) > SHARE * own


def held(problem: Logit, at: np.ndarray) -> HeldLogit:
    """A regression at its maximum, with the coefficients at their bound held, and directions along which it is flat."""
    free = np.flatnonzero(np.abs(at) < LARGEST)
    bounded = np.delete(np.eye(len(at)), free, axis=1)
    inside = np.ix_(free, free)
    values, vectors = eigh(problem.information(at)[inside], _squares(problem)[inside])
    flat = np.eye(len(at))[:, free] @ vectors[:, values * problem.weight.sum() < ROWS]
    return HeldLogit(problem, at, np.concatenate([bounded, flat], 1))


def _squares(problem: Logit) -> np.ndarray:
    """Weighted squares and products of the covariates, for each class but the first."""
    return np.kron(np.eye(problem.size[0]), (problem.design.T * problem.weight) @ problem.design)
