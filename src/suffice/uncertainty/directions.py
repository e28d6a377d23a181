"""Directions in which the parameters of a model are free."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import null_space

from suffice.model import Hyperparameters
from suffice.runtime import tree
from suffice.uncertainty.neighbourhood import STEP, Neighbourhood
from suffice.uncertainty.restricted import restrictions
from suffice.validation import check_matrix

RANK = 1e-9
CLIPPED = 0.01
"""Of a step to one side, as a share of that to the other, what is left of it where a floor is in the way."""


def free_directions(near: Neighbourhood, held: np.ndarray) -> np.ndarray:
    """Steps (P, F), in coordinates, along all that is free: no redundant direction, no coordinate held, all restrictions kept."""
    check_matrix("The information of all parameters", len(held), "give fewer columns or components")
    stays = np.eye(len(held))[held]
    redundant = (near.model.chart.redundant(near.model) * near.units[:, None]).T
    rows = np.concatenate([stays, np.where(held, 0.0, redundant), np.where(held, 0.0, restrictions(near))])
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows[length[:, 0] > 0] / length[length > 0][:, None]
    found = null_space(rows, rcond=RANK) if len(rows) else np.eye(len(held))
    return near.units[:, None] * found


def at_floor(near: Neighbourhood) -> np.ndarray:
    """Coordinates (P,) in one direction of which the model stays as it is: a floor or another bound holds it there."""
    steps = STEP * np.diag(near.units)
    up, down = (_numbers(near.models(near.position + sign * steps)) for sign in (1, -1))
    here = _numbers(near.models(near.position[None]))
    size = np.abs(here) + np.abs(up - down).max(0)
    changes = [np.max(np.abs(moved - here) / np.where(size > 0, size, 1.0), 1) for moved in (up, down)]
    return np.minimum(*changes) < CLIPPED * np.maximum(*changes)


def _numbers(many: Any) -> np.ndarray:
    """All numbers (R, Q) of models that are restarts, but for what they hold fixed."""
    leaves = tree.leaves(many, lambda part: isinstance(part, Hyperparameters))
    parts = [np.asarray(leaf) for leaf in leaves if not isinstance(leaf, Hyperparameters)]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], 1)
