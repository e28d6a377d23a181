"""What a fitted mixture says of the classes of rows to a step after it: weights of classes, or evidence of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.latent.expectation import normalised
from suffice.latent.mixture import Mixture
from suffice.latent.readers import LogJoint, read
from suffice.uncertainty.steps.assigning import assigned, check_told_apart, classification_errors, unmixed
from suffice.validation import check_choice

CORRECTIONS = ("bch", "ml")
ASSIGNMENTS = ("modal", "soft")


@dataclass(frozen=True)
class Steps:
    """How classes are taken over: in two steps, or assigned, with a correction or none."""

    n_steps: int = 3
    correction: str | None = "bch"
    assignment: str = "modal"

    def __post_init__(self) -> None:
        if self.n_steps not in (2, 3):
            raise ValueError(
                f"n_steps={self.n_steps!r} was given; 2 or 3 is expected: fit(X, covariates=Z) is the fit in one step."
            )
        if self.correction is not None:
            check_choice("correction", self.correction, CORRECTIONS)
        check_choice("assignment", self.assignment, ASSIGNMENTS)

    @property
    def by_shares(self) -> bool:
        """Whether rows get weights of classes, rather than evidence of them."""
        return self.n_steps == 3 and self.correction != "ml"

    @property
    def corrected(self) -> bool:
        """Whether errors of assignment are made up for."""
        return self.n_steps == 2 or self.correction is not None

    @property
    def named(self) -> str:
        """In words."""
        if self.n_steps == 2:
            return "two steps"
        how = {"bch": "BCH correction", "ml": "ML correction", None: "no correction for errors of assignment"}
        return f"three steps, {self.assignment} assignment, {how[self.correction]}"


@dataclass(frozen=True)
class Seen:
    """What is seen of the classes of rows: ``shares`` (n, K), or ``evidence`` (n M, K) with weights (n M,), M lines for a row."""

    shares: np.ndarray | None
    evidence: np.ndarray | None
    lines: np.ndarray
    errors: np.ndarray


def seen(model: Mixture, rows: Any, weight: np.ndarray, steps: Steps, to: np.ndarray | None = None) -> Seen:
    """By a mixture, of which ``to`` (n, K) has the assignments where these stay as they were."""
    joint = read(model, [rows], LogJoint)
    share = np.asarray(normalised(joint.T)[1]).T
    to = assigned(share, steps.assignment) if to is None else to
    errors = classification_errors(share, to, weight)
    if steps.n_steps == 2:
        with np.errstate(divide="ignore"):
            evidence = joint - np.log(np.asarray(model.weights))
        return Seen(None, evidence - evidence.max(1, keepdims=True), weight, errors)
    if steps.corrected:
        check_told_apart(errors, steps.assignment)
    if steps.by_shares:
        return Seen(unmixed(to, errors) if steps.corrected else to, None, weight, errors)
    return _by_errors(to, errors, weight)


def _by_errors(to: np.ndarray, errors: np.ndarray, weight: np.ndarray) -> Seen:
    """Evidence of a row is the class that it is assigned to; where it is several, a line for each, with its weight."""
    with np.errstate(divide="ignore"):
        logs = np.maximum(np.log(errors), -700.0)
    if (to.max(1) == 1).all():
        return Seen(None, logs.T[to.argmax(1)], weight, errors)
    count = to.shape[1]
    return Seen(None, np.tile(logs.T, (len(to), 1)), (to * weight[:, None]).reshape(len(to) * count), errors)
