"""Finite differences as a second opinion on automatic differentiation, and what kinks allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from suffice.check.case import Case
from suffice.check.derivatives import Differentiable, one_sided, slope
from suffice.check.problem import Point
from suffice.check.report import CheckReport

DIRECTIONS = 3
MOST_TRIED = 40
"""Elements of a claim that are held against the slopes on both sides, at most."""


class SecondOpinion:
    """Richardson's differences of a model along random directions."""

    def __init__(self, function: Differentiable, seed: int):
        self.function, self.seed = function, seed

    def confirmed(self, report: CheckReport, point: Point) -> CheckReport:
        """The report with how well the reference agrees with finite differences; in doubt where it does not."""
        if report.verdict == "not comparable":
            return report
        gap, allowed, smooth = self._gap(point)
        said = f"finite differences agree to {gap:.0e}" if gap > 1e-15 else "finite differences agree to rounding"
        if gap > allowed and smooth and report.verdict in ("right", "wrong", "approximate"):
            return replace(
                report,
                verdict="inconclusive",
                message=DISAGREES,
                findings=(),
                second_opinion=f"finite differences differ by {gap:.1g}",
            )
        return replace(report, second_opinion=said if gap <= allowed else "the model has a kink near the point")

    def doubt(self, case: Case, index: int) -> str:
        """``"right"`` where a kink allows what is claimed; why the reference is in doubt; or nothing."""
        point = case.points[index]
        if not self._kinked(point, case.right[index], case.claimed[index]):
            return ""
        return "right" if self._allowed(case, index) else ""

    def _gap(self, point: Point) -> tuple[float, float, bool]:
        gradient = self.function.answer(point)
        generator = np.random.default_rng(self.seed)
        worst, allowed, smooth = 0.0, 1e-6, True
        for _ in range(DIRECTIONS):
            direction = self._direction(point, generator)
            found, error = slope(self.function.value, point, self.function.wrt, direction)
            size = float(np.sum(np.abs(gradient * direction))) or 1.0
            worst = max(worst, abs(found - float(np.sum(gradient * direction))) / size) if np.isfinite(found) else worst
            allowed = max(allowed, 100 * error / size) if np.isfinite(error) else 1.0
            if worst > allowed:
                near = one_sided(self.function.value, point, self.function.wrt, direction)
                smooth &= _is_smooth(near, float(np.sum(gradient * direction)), 1e-4 * size)
        return worst, allowed, smooth

    def _direction(self, point: Point, generator: np.random.Generator) -> np.ndarray:
        here = np.asarray(point[self.function.wrt])
        return generator.normal(size=here.shape) * np.where(here == 0, 1.0, np.abs(here))

    def _kinked(self, point: Point, right: np.ndarray, claimed: np.ndarray) -> bool:
        """Whether slopes to the left and to the right differ along the difference of claim and reference."""
        if right.shape != claimed.shape or not np.all(np.isfinite(claimed)):
            return False
        gap = claimed - right
        left, ahead = one_sided(self.function.value, point, self.function.wrt, gap / np.max(np.abs(gap)))
        return abs(left - ahead) > 1e-5 * (abs(left) + abs(ahead))

    def _allowed(self, case: Case, index: int) -> bool:
        """Whether the claim lies between the slopes on both sides, in each element that differs and in all together."""
        point, claimed, right = case.points[index], case.claimed[index], case.right[index]
        gap = claimed - right
        places = np.argwhere(np.abs(gap) > case.tolerances[index])[:MOST_TRIED]
        directions: list[Any] = [gap / np.max(np.abs(gap)), claimed / (np.max(np.abs(claimed)) or 1.0)]
        for place in places:
            unit = np.zeros_like(gap)
            unit[tuple(place)] = 1.0
            directions.append(unit)
        return all(self._between(point, claimed, direction) for direction in directions)

    def _between(self, point: Point, claimed: np.ndarray, direction: np.ndarray) -> bool:
        left, right = one_sided(self.function.value, point, self.function.wrt, direction)
        slack = 1e-5 * (abs(left) + abs(right) + 1e-12)
        return min(left, right) - slack <= float(np.sum(claimed * direction)) <= max(left, right) + slack


def _is_smooth(near: tuple[float, float], slope: float, slack: float) -> bool:
    """Whether no kink explains that differences differ: at the point the slopes on both sides are one, and not the gradient's."""
    left, right = near
    return abs(left - right) <= slack and abs(0.5 * (left + right) - slope) > slack


DISAGREES = (
    "Nothing can be said: automatic differentiation of the model disagrees with its finite differences "
    "(a stopped gradient, a rule of its own, or rounding to whole numbers), so the reference is in doubt."
)
