"""Slopes of each row's log-likelihood, and their products summed over rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from suffice.latent.expectation import Expectation, log_priors, normalised
from suffice.latent.membership import MembershipExpectation
from suffice.model import EStep
from suffice.rows.row_function import RowFunction, prepare
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import replaced
from suffice.uncertainty.neighbourhood import DIFFERENCE, STEP, Neighbourhood, around


class ScoreProducts(RowFunction):
    """Sums over rows of s s' (F, F), s the slope of a row's log-likelihood along F steps, from models ``around`` one."""

    expectation: Any

    @property
    def ready(self) -> bool:
        """Whether the E-step is prepared."""
        return not isinstance(self.expectation, EStep)

    def prepare(self) -> Callable[..., Any]:
        """With the prepared E-step."""
        return replaced(self, expectation=prepare(self.expectation))

    def __call__(self, rows: Any, weight: Array) -> Array:
        values = evidence(self.expectation, rows)
        parts = values.reshape(len(DIFFERENCE), -1, values.shape[-1])
        slopes = jnp.where(weight > 0, jnp.tensordot(DIFFERENCE[:, 1] / STEP, parts, 1), 0.0)
        return (slopes * weight) @ slopes.T


def evidence(expectation: Any, rows: Any) -> Array:
    """log p(x) of each row, (R, n), under each of the restarts; of rows with known components that of both."""
    if isinstance(expectation, MembershipExpectation):
        return normalised(expectation.joint(rows))[0]
    if not isinstance(expectation, Expectation):
        return lax.map(lambda restart: restart.inferred(rows).log_density, expectation)
    rows, given = rows if isinstance(rows, tuple) else (rows, None)
    joint = expectation.joint(rows)
    return normalised(joint if given is None else joint + log_priors(given, joint.shape[-2]))[0]


def score_products(near: Neighbourhood, steps: np.ndarray) -> np.ndarray:
    """Sums over rows of s s' (F, F) along steps (P, F)."""
    return near.total(ScoreProducts, around(near.position, steps))
