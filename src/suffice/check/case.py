"""A claim held against the truth at every point: the numbers, their noise, and what explains them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from suffice.check.claims import Claim
from suffice.check.problem import Point

Values = Sequence[Any]
EXPLAINED = 1e-8
"""Relative error up to which an explanation holds."""


@dataclass(frozen=True)
class Subject:
    """How sentences speak of an answer.

    ``name`` is what is claimed (``"∂f/∂weights"``), ``of`` the variable that it has the axes of, ``known`` which variables the
    points give.
    """

    name: str
    of: str = ""
    kind: str = "gradient"
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """Claimed and right values at each point.

    ``tolerances`` are what rounding explains, ``floors`` the noise itself; ``first`` is the number of points of the first
    shapes; ``rivals`` are rules for this kind of question, tried first; ``early`` ones before those that ask the model.
    """

    subject: Subject
    claim: Claim
    points: tuple[Point, ...]
    claimed: tuple[np.ndarray, ...]
    right: tuple[np.ndarray, ...]
    floors: tuple[float, ...]
    rough: tuple[float, ...]
    truth: Callable[[Any], np.ndarray]
    complete: Callable[[Point], Point]
    constraint: str = ""
    layout: str = "any"
    rivals: tuple[Callable[[Case], Any], ...] = ()
    early: tuple[Callable[[Case], Any], ...] = ()
    extra: Any = field(default=None, compare=False)
    memory: dict[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def scales(self) -> tuple[float, ...]:
        """Largest right value at each point."""
        return tuple([float(np.max(np.abs(right), initial=0.0)) for right in self.right])

    @cached_property
    def tolerances(self) -> tuple[float, ...]:
        """Differences that rounding may explain, at each point."""
        return tuple(
            [
                50 * noise + 1e-9 * scale + rough
                for noise, scale, rough in zip(self.floors, self.scales, self.rough, strict=True)
            ]
        )

    @cached_property
    def errors(self) -> tuple[float, ...]:
        """Largest difference at each point; infinite where the claim is not finite or of another shape."""
        return tuple([difference(c, r) for c, r in zip(self.claimed, self.right, strict=True)])

    @cached_property
    def allowances(self) -> tuple[float, ...]:
        """Differences up to which an explanation holds, at each point."""
        largest = [float(np.max(np.abs(claimed), initial=0.0)) for claimed in self.claimed]
        scales = [max(pair) for pair in zip(largest, self.scales, strict=True)]
        return tuple(
            [
                min(EXPLAINED * max(scale, 1e-300), 1e-3 * error) + 50 * noise + rough
                for scale, error, noise, rough in zip(scales, self.errors, self.floors, self.rough, strict=True)
            ]
        )

    @cached_property
    def same_shape(self) -> bool:
        """Whether all answers have the shapes of the right ones."""
        return all(c.shape == r.shape for c, r in zip(self.claimed, self.right, strict=True))

    @property
    def agrees(self) -> bool:
        """Whether the claim equals the truth at all points, to rounding."""
        return all(error <= tolerance for error, tolerance in zip(self.errors, self.tolerances, strict=True))

    def explains(self, values: Values) -> bool:
        """Whether values equal the claim at all points."""
        return all(self.explains_at(index, value) for index, value in enumerate(values))

    def explains_at(self, index: int, value: Any) -> bool:
        """Whether a value equals the claim at one point."""
        return difference(self.claimed[index], np.asarray(value)) <= self.allowances[index]

    def explained_by(self, value: Callable[[Point, np.ndarray], Any]) -> bool:
        """Whether a function of point and right answer gives the claim at all points."""
        return self._lazily(lambda index: value(self.points[index], self.right[index]))

    def _lazily(self, value: Callable[[int], Any]) -> bool:
        for index in range(len(self.points)):
            try:
                with np.errstate(all="ignore"):
                    found = value(index)
            except (ValueError, IndexError, TypeError, KeyError, ZeroDivisionError, np.linalg.LinAlgError):
                return False
            if found is None or not self.explains_at(index, found):
                return False
        return True

    def with_claimed(self, claimed: Sequence[np.ndarray]) -> Case:
        """The case with answers laid out otherwise."""
        return replace(self, claimed=tuple(claimed), memory={})

    def evidence(self) -> str:
        """How many points an explanation was tried at."""
        many = len(self.points)
        return "exact at the one point given" if many == 1 else f"exact at {many} of {many} points"


def difference(claimed: np.ndarray, right: np.ndarray) -> float:
    """Largest difference of two arrays, infinite where shapes differ or a number is not finite."""
    if claimed.shape != right.shape:
        return float("inf")
    if not claimed.size:
        return 0.0
    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs(claimed - right)))
    return largest if np.isfinite(largest) else float("inf")
