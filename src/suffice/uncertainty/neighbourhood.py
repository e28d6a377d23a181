"""A model and its log-likelihood in the neighbourhood of its parameters: many models, seen by one pass over the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from suffice.fit.restarts import one_restart, restarts_at
from suffice.latent.readers import centred, placed
from suffice.model import EStep
from suffice.rows.base import Place
from suffice.rows.host import Host
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import cast, scope, to_numpy

MODELS = 64
"""As many at a time share a pass: restarts, to the E-step."""
STEP = 1e-3
DIFFERENCE = np.array([[1.0, 8 / 12], [-1.0, -8 / 12], [2.0, -1 / 12], [-2.0, 1 / 12]])
"""Places, in steps, and shares of the central difference whose error is of fourth order."""


@dataclass(frozen=True)
class Neighbourhood:
    """A model, of rows measured from its centre (``origin``), and rows with weights, or pairs of rows and known components."""

    model: Any
    origin: np.ndarray | None
    data: Any
    weight: np.ndarray | None
    _places: dict[int, Place] = field(default_factory=dict)

    @cached_property
    def position(self) -> np.ndarray:
        """Coordinates (P,) of the model."""
        with scope("float64"):
            return np.asarray(self.model.chart.position(self.model))

    @cached_property
    def units(self) -> np.ndarray:
        """How far (P,) coordinates go until distributions differ clearly."""
        with scope("float64"):
            return np.maximum(self.model.chart.units(self.model), np.finfo(float).tiny)

    def moved(self, position: np.ndarray) -> Neighbourhood:
        """That of the model at other coordinates (P,)."""
        model = restarts_at(self.models(position[None]), 0)
        return Neighbourhood(model, self.origin, self.data, self.weight, self._places)

    def models(self, positions: np.ndarray) -> Any:
        """Models at coordinates (R, P), as restarts."""
        with scope("float64"), np.errstate(all="ignore"):
            many = restarts_at(one_restart(self.model), np.zeros(len(positions), int))
            return to_numpy(many.chart.at(many, positions))

    def slopes(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-likelihood plus log-prior (R,) at coordinates (R, P), and the slope (R, P) there."""
        parts = [self._seen(part) for part in self._parts(positions)]
        values, slopes = (np.concatenate(part)[: len(positions)] for part in zip(*parts, strict=True))
        return values, slopes

    def total(self, fn: Callable[[Any], Any], positions: np.ndarray) -> Any:
        """The sum over rows of the row function that ``fn`` makes of the E-step of models at coordinates (R, P)."""
        many = self.models(positions)
        with one_blas_thread(), scope("float64"):
            return to_numpy(self._place(many).total(fn(EStep(many, self.model.needs_centring()))))

    def restored(self) -> Any:
        """The model of the rows as they are."""
        return self.model if self.origin is None else self.model.translated(self.origin)

    def _parts(self, positions: np.ndarray) -> list[np.ndarray]:
        """At most so many models at a time, and always as many where a program would be compiled for another number."""
        parts = [positions[start : start + MODELS] for start in range(0, len(positions), MODELS)]
        if isinstance(self._place(self.models(parts[0])), Host):
            return parts
        return [np.concatenate([part, np.repeat(part[-1:], MODELS - len(part), 0)]) for part in parts]

    def _seen(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sums, many = self.total(lambda step: step, positions), self.models(positions)
        with scope("float64"), np.errstate(all="ignore"):
            slope = np.asarray(many.chart.slope(many, sums))
            return np.asarray(sums.log_likelihood + many.log_prior()), slope

    def _place(self, many: Any) -> Place:
        count = many.restarts[0]
        if count not in self._places:
            self._places[count] = placed(self.data, self.weight, many, self.origin, "float64")
        return self._places[count]


def neighbourhood(model: Any, data: Any, weight: np.ndarray | None) -> Neighbourhood:
    """That of a fitted model."""
    with scope("float64"):
        moved, origin = centred(model, "float64")
        return Neighbourhood(cast(moved, "float64"), origin, data, weight)


def around(position: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Coordinates (4 F, P) at which a function is asked for its differences along steps (P, F)."""
    return np.concatenate([position + STEP * place * steps.T for place, _ in DIFFERENCE])


def differences(values: np.ndarray) -> np.ndarray:
    """Derivatives (F, ...) along the steps, of values (4 F, ...) ``around`` a position."""
    parts = values.reshape(len(DIFFERENCE), -1, *values.shape[1:])
    return np.tensordot(DIFFERENCE[:, 1], parts, 1) / STEP
