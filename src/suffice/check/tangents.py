"""Constraints: what a gradient may differ by where its variable is not free."""

from __future__ import annotations

import numpy as np

from suffice.check.case import Case, difference

CONSTRAINTS = ("simplex", "positive", "unit", "spd", "orthonormal", "unit norm", "spin mean")


def along(constraint: str, point: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """A direction without what leaves the constraint: its projection on the tangent space."""
    if constraint == "simplex":
        return direction - np.mean(direction, axis=-1, keepdims=True)
    if constraint == "unit norm":
        return direction - point * np.sum(point * direction, axis=-1, keepdims=True) / np.sum(
            point * point, axis=-1, keepdims=True
        )
    if constraint in ("spd", "symmetric"):
        return 0.5 * (direction + np.swapaxes(direction, -1, -2))
    if constraint == "orthonormal":
        inner = np.swapaxes(point, -1, -2) @ direction
        return direction - point @ (0.5 * (inner + np.swapaxes(inner, -1, -2)))
    return direction


def multiplier_term(case: Case, wrt: str, constraint: str) -> str:
    """The convention under which a claim is right that differs from the gradient off the constraint alone; else nothing."""
    if not constraint or not case.same_shape:
        return ""
    if constraint in ("spd", "symmetric") and _agrees(
        case, lambda c, r, x: (c, 2 * _halved(r) - _diagonal(_halved(r)))
    ):
        return "2 G - diag(G), which counts the two elements of a symmetric matrix once"
    if not _agrees(case, lambda c, r, x: (along(constraint, x, c), along(constraint, x, r)), wrt):
        return ""
    return SAID.get(constraint, "")


SAID = {
    "simplex": "up to the multiplier term: it differs by one constant, which the constraint takes up",
    "unit norm": "up to the multiplier term: it differs along the variable itself, which the constraint takes up",
    "orthonormal": "up to the multiplier term, which the constraint takes up",
    "spd": "for a symmetric matrix: it is the symmetric part of the gradient",
    "symmetric": "for a symmetric matrix: it is the symmetric part of the gradient",
}


def _halved(matrix: np.ndarray) -> np.ndarray:
    return 0.5 * (matrix + np.swapaxes(matrix, -1, -2))


def _diagonal(matrix: np.ndarray) -> np.ndarray:
    return matrix * np.eye(matrix.shape[-1])


def _agrees(case: Case, pair: object, wrt: str = "") -> bool:
    for index, (claimed, right) in enumerate(zip(case.claimed, case.right, strict=True)):
        a, b = pair(claimed, right, case.points[index].get(wrt))  # type: ignore[operator]
        if difference(a, b) > case.tolerances[index] + 1e-9 * float(np.max(np.abs(claimed), initial=0.0)):
            return False
    return True
