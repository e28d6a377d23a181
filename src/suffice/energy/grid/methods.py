"""Five ways to lower the energy of an Ising field, given (h, beta, eta) and noisy spins (B, H, W) of -1 and +1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np

from suffice.choices import IsingMethod
from suffice.energy.grid.restored import EXACT, UNFINISHED, Restored
from suffice.energy.grid.spin_sums import energies, sums
from suffice.validation import check_strength

if TYPE_CHECKING:
    from suffice.energy.grid.relaxation import Relaxed


LARGEST_CUT = 2**24
FIXED = "Approximate: a local minimum, no single pixel lowers the energy."
METHODS = get_args(IsingMethod)
FLIPPED = 0.15
"""Share of pixels flipped from which on the image of least energy loses whole parts, which a minimum near the noisy one keeps."""
ORDERED = 0.4407
"""Neighbours that agree more strongly form large areas of one value without any image (Onsager 1944)."""


class Field(NamedTuple):
    """Parameters of an Ising field: preference for -1, how strongly neighbours agree, and clean with noisy pixels."""

    h: float
    beta: float
    eta: float

    def energy(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Energy of each image (B,) of spins x and y (B, H, W)."""
        return energies(sums(x, y), self)

    def of_neighbours(self) -> np.ndarray:
        """beta sum_j x_j + eta y - h for y = -1, +1 and sums from -4 to 4, (2, 9)."""
        return self.beta * np.arange(-4, 5) + self.eta * np.array([[-1.0], [1.0]]) - self.h

    def signs(self) -> np.ndarray:
        """Signs of ``of_neighbours`` (2, 9), 0 where rounding alone makes one."""
        fields = self.of_neighbours()
        rounding = 8 * np.finfo(float).eps * (4 * self.beta + self.eta + abs(self.h))
        return np.where(np.abs(fields) <= rounding, 0, np.sign(fields)).astype(np.int8)


def cut(field: Field, noisy: np.ndarray) -> Restored:
    """The least energy, by a minimum cut an image."""
    from suffice.energy.grid.cut import minimum_cut

    if noisy[0].size > LARGEST_CUT:
        raise ValueError(
            f"An image has {noisy[0].size:,} pixels; method='cut' takes at most {LARGEST_CUT:,}. Use method='icm', or cut tiles "
            "that overlap by some 30 pixels."
        )
    cost = 2 * field.beta
    cuts = [minimum_cut(2 * (field.h - field.eta * y), cost, cost, cost, cost) for y in noisy.astype(float)]
    images = np.stack([np.where(found.ones, np.int8(1), np.int8(-1)) for found in cuts])
    energy, start = field.energy(images, noisy), field.energy(noisy, noisy)
    gap, exact = np.array([found.gap for found in cuts]), all(found.proven for found in cuts)
    near = f"Approximate: at most {gap.max():.2g} above the least energy, where rounding hides the rest."
    said = " ".join(filter(None, (EXACT if exact else near, lost_by_cut(field))))
    return Restored(images, energy, np.stack([start, energy], 1), exact, said, lower_bound=energy - gap)


def lost_by_cut(field: Field) -> str:
    """Whether the least energy may be far from the fewest wrong pixels, a sentence or nothing."""
    from scipy.special import expit

    flipped = float(expit(-2 * field.eta))
    if flipped <= FLIPPED or field.beta <= ORDERED:
        return ""
    return (
        f"With eta={field.eta:.3g}, {flipped:.0%} of the pixels flipped, the image of least energy may lose whole parts, which "
        "method='mean_field' keeps."
    )


def with_method(settings: dict[str, Any], flipped: float) -> dict[str, Any]:
    """Settings with the method that errs less where this share of the pixels is flipped, unless they name one."""
    return {"method": "mean_field" if flipped > FLIPPED else "cut"} | settings


def icm(field: Field, noisy: np.ndarray, *, order: str, max_iter: int) -> Restored:
    """Iterated conditional modes."""
    descent = _raster if order == "sequential" else _checkerboard
    relaxed, images = descent(noisy, field.signs(), max_iter)
    return _approximate(field, images, relaxed, FIXED)


def gibbs(field: Field, noisy: np.ndarray, first: int, *, temperatures: np.ndarray, random_state: int) -> Restored:
    """Gibbs sweeps at falling temperatures, of images of which the first has this number."""
    from suffice.energy.grid.checkerboard import join
    from suffice.energy.grid.spins import annealed, thresholds
    from suffice.runtime.keys import as_key
    from suffice.runtime.precision import scope

    tables = np.stack([thresholds(field.of_neighbours() / temperature) for temperature in temperatures])
    spins, seen, layout = _prepared(noisy, first)
    with scope("float64"):
        spins, totals = annealed(spins, as_key(random_state), tables, seen, layout)
        images, totals = join(spins, layout), np.asarray(totals)
    trace = np.concatenate([field.energy(noisy, noisy)[:, None], energies(totals, field).T], 1)
    said = f"Approximate: where {len(tables)} sweeps ended as the temperature fell."
    return Restored(images, trace[:, -1], trace, False, said)


def mean_field(field: Field, noisy: np.ndarray, *, max_iter: int, tol: float) -> Restored:
    """Independent pixels closest to the posterior."""
    from suffice.energy.grid.checkerboard import join
    from suffice.energy.grid.mean_field import labels
    from suffice.energy.grid.mean_field import mean_field as relax_means
    from suffice.runtime.precision import scope

    spins, seen, layout = _prepared(noisy)
    with scope("float64"):
        start = tuple(colour.astype(float) for colour in spins)
        relaxed = relax_means(start, np.array(field, float), seen, layout, max_iter, np.float64(tol))
        images = join(labels(relaxed.state, seen, layout), layout)
        probability = (1 + join(relaxed.state, layout)) / 2
    found = _approximate(field, images, relaxed, "Approximate: signs of mean-field means, which no longer move.")
    free_energy = np.asarray(relaxed.trace)[: found.trace.shape[1], :, 3].T
    return found._replace(probability=probability, free_energy=free_energy)


def bp(field: Field, noisy: np.ndarray, *, damping: float, max_iter: int, tol: float) -> Restored:
    """Likeliest value of each pixel by loopy belief propagation."""
    from suffice.energy.grid.belief_propagation import belief_propagation, labels
    from suffice.runtime.precision import scope

    pixels = noisy.astype(float)
    with scope("float64"):
        relaxed, total = belief_propagation(
            pixels, np.array(field, float), np.float64(damping), max_iter, np.float64(tol)
        )
        images = np.asarray(labels(total, pixels)).astype(np.int8)
    chain = min(noisy.shape[1:]) == 1
    said = "probabilities are exact, since the grid is a chain" if chain else "messages no longer move"
    found = _approximate(field, images, relaxed, f"Approximate: likeliest value of each pixel; {said}.")
    return found._replace(probability=(1 + np.tanh(np.asarray(total))) / 2)


def _prepared(noisy: np.ndarray, first: int = 0) -> tuple[Any, Any, Any]:
    from suffice.energy.grid.checkerboard import Layout, split
    from suffice.energy.grid.spins import observed

    return split(noisy), observed(noisy, first), Layout(*noisy.shape)


def _raster(noisy: np.ndarray, table: np.ndarray, max_iter: int) -> tuple[Relaxed, np.ndarray]:
    from suffice.energy.grid.raster import raster_descent, slanted, upright
    from suffice.runtime.precision import scope

    diagonals = slanted(noisy)
    with scope("float64"):
        relaxed = raster_descent(diagonals, table, diagonals, max_iter)
        return relaxed, upright(np.asarray(relaxed.state), noisy.shape[2])


def _checkerboard(noisy: np.ndarray, table: np.ndarray, max_iter: int) -> tuple[Relaxed, np.ndarray]:
    from suffice.energy.grid.checkerboard import join
    from suffice.energy.grid.spins import descent
    from suffice.runtime.precision import scope

    spins, seen, layout = _prepared(noisy)
    with scope("float64"):
        relaxed = descent(spins, table, seen, layout, max_iter)
        return relaxed, join(relaxed.state, layout)


def _approximate(field: Field, images: np.ndarray, relaxed: Relaxed, said: str) -> Restored:
    """The result of sweeps that went on until nothing moved, or to their limit."""
    iterations = np.asarray(relaxed.iterations)
    totals = np.asarray(relaxed.trace)[: iterations.max() + 1, :, :3]
    trace = energies(totals, field).T
    still = bool(np.asarray(relaxed.still).all())
    return Restored(images, trace[:, -1], trace, False, said if still else UNFINISHED)


def check_temperature(temperature: tuple[float, float]) -> None:
    """Refuse what is no first and last temperature."""
    if not isinstance(temperature, tuple | list) or len(temperature) != 2:
        raise ValueError(
            f"temperature={temperature!r} was given; the first and the last one are expected, as (3.0, 0.1)."
        )
    for value in temperature:
        check_strength("temperature", value, positive=True)
