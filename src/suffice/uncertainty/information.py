"""The observed information of a model at the maximum of the likelihood nearby."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from suffice.uncertainty.directions import at_floor, free_directions
from suffice.uncertainty.neighbourhood import Neighbourhood, around, differences
from suffice.uncertainty.scores import score_products

NATS = 1e-11
"""A maximum is there where a step of Newton's promises less, over all rows."""
FAR = 0.5
"""Nats: where a step promises more, parameters are not those of a maximum."""
STEPS = 8
HALVES = 0.5 ** np.arange(8)
EDGE = 1e-5
"""A coordinate that is at least 0 is at 0 where going there changes so little, in squares of its standard error."""
FREE = 1e-6
"""Share of a coordinate that restrictions leave free, below which it is fixed."""
FLAT = 1e-8
"""Eigenvalues of the information, in units of its diagonal, below which nothing tells a direction."""
MOST = 2000


@dataclass(frozen=True)
class Information:
    """Where the likelihood is highest (``near``), the free steps (P, F) there and the information (F, F) along them.

    ``held`` are coordinates (P,) at an edge; ``left`` is what could still be gained, in nats of all rows.
    """

    near: Neighbourhood
    steps: np.ndarray
    matrix: np.ndarray
    held: np.ndarray
    left: float

    @cached_property
    def size(self) -> np.ndarray:
        """What one unit of each step is multiplied by so that the information's diagonal is 1, (F,)."""
        diagonal = np.abs(np.diagonal(self.matrix))
        return 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))

    @cached_property
    def spectrum(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues (F,) and vectors of the information in those units."""
        return np.linalg.eigh(self.matrix * self.size * self.size[:, None])

    @property
    def told(self) -> np.ndarray:
        """Which eigenvalues (F,) tell where the parameters are."""
        return self.spectrum[0] > FLAT

    @property
    def root(self) -> np.ndarray:
        """R (F, G), of which R R' is the inverse of the information along the G directions that are told."""
        values, vectors = self.spectrum
        return (self.size[:, None] * vectors)[:, self.told] / np.sqrt(values[self.told])

    @property
    def untold(self) -> np.ndarray:
        """Directions (F, U) along which the likelihood is flat, or does not fall."""
        return (self.size[:, None] * self.spectrum[1])[:, ~self.told]

    def robust_root(self) -> np.ndarray:
        """The same of the sandwich: the inverse information, the products of the rows' scores, and the inverse again."""
        root = self.root
        if not root.shape[1]:
            return root
        values, vectors = np.linalg.eigh(root.T @ score_products(self.near, self.steps) @ root)
        return root @ vectors * np.sqrt(np.maximum(values, 0.0))


def information(near: Neighbourhood) -> Information:
    """The information at the maximum that Newton's steps find from a fit, or where they end."""
    _check_size(near.model.parameter_count())
    found = _measured(near)
    for _ in range(STEPS):
        if found.left < NATS or not found.left < FAR:
            break
        further = _measured(_uphill(found))
        if not further.left < found.left:
            break
        found = further
    return found


def _uphill(found: Information) -> Neighbourhood:
    """The best of a step of Newton's and parts of it."""
    near = found.near
    rise = found.steps @ found.root @ _rise(found, near.slopes(near.position[None])[1][0])
    trials = np.where(found.held, near.position, near.position + HALVES[:, None] * rise)
    values = np.nan_to_num(near.slopes(trials)[0], nan=-np.inf)
    return near.moved(trials[values.argmax()])


def _measured(near: Neighbourhood) -> Information:
    held = np.asarray(at_floor(near))
    steps = free_directions(near, held)
    _check_size(steps.shape[1])
    _, slopes = near.slopes(around(near.position, steps))
    matrix = _symmetric(-differences(slopes) @ steps)
    edge = _at_edge(near, steps, matrix) & ~held
    if edge.any():
        kept = free_directions(near, held | edge)
        turn = np.linalg.lstsq(steps / near.units[:, None], kept / near.units[:, None], rcond=None)[0]
        steps, matrix = kept, _symmetric(turn.T @ matrix @ turn)
    found = Information(near, steps, matrix, held | edge, 0.0)
    rise = _rise(found, near.slopes(near.position[None])[1][0])
    return replace(found, left=float(rise @ rise) / 2)


def _rise(found: Information, slope: np.ndarray) -> np.ndarray:
    """The slope (G,) in units in which the information is 1 in every direction."""
    return (found.steps @ found.root).T @ slope


def _at_edge(near: Neighbourhood, steps: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Coordinates (P,) that are at least 0 and as good as there."""
    turn = steps / near.units[:, None]
    free = np.square(turn).sum(1)
    bend = np.einsum("pf,fg,pg->p", turn, matrix, turn) / np.where(free > 0, free, 1.0)
    near_0 = bend * np.square(near.position / near.units) < EDGE
    return near.model.chart.limited(near.model) & (free > FREE) & near_0


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    return (matrix + matrix.T) / 2


def _check_size(parameters: int) -> None:
    if parameters > MOST:
        raise ValueError(
            f"The model has {parameters} free parameters; standard errors from the information take at most {MOST}: use "
            "method='bootstrap', or a simpler model."
        )
