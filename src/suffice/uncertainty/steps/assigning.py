"""Classes that rows are assigned to, how often that is wrong, and what makes up for it."""

from __future__ import annotations

import numpy as np

ALIKE = 1e8
"""Condition of the classification errors beyond which classes are not told apart."""


def assigned(share: np.ndarray, how: str) -> np.ndarray:
    """Weights (n, K) with which rows are assigned: 1 of the most probable class (``"modal"``), or responsibilities."""
    return np.eye(share.shape[1])[share.argmax(1)] if how == "modal" else share


def classification_errors(share: np.ndarray, to: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Chances (K, K) that a row of each class (line) is assigned to each: sums of both over sums of the first."""
    sums = (share * weight[:, None]).T @ to
    return sums / sums.sum(1, keepdims=True)


def unmixed(to: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Weights (n, K) whose sums over rows are those of the classes rather than of assignments; some are below 0."""
    return to @ np.linalg.inv(errors)


def check_told_apart(errors: np.ndarray, how: str) -> None:
    """Refuse assignments that say too little of the classes."""
    nobody = np.flatnonzero(errors.sum(0) == 0)
    if len(nobody):
        raise ValueError(
            f"No row is assigned to class {nobody[0]}, which is never the most probable one; use assignment='soft', or fewer "
            "classes."
        )
    if not np.linalg.cond(errors) < ALIKE:
        raise ValueError(
            f"Rows are assigned ({how}) in the same way whatever their class is, so that nothing tells classes apart; use fewer "
            "classes, or more columns."
        )
