"""The five ways of ``IsingDenoiser`` to lower the energy: ``method(denoiser, spins (B, H, W), number of the first image)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.energy.grid.restored import UNFINISHED, Restored
from suffice.energy.grid.spin_sums import energies

if TYPE_CHECKING:
    from suffice.energy.grid.ising import IsingDenoiser

LARGEST_CUT = 2**24
EXACT = "Exact: no labelling has less energy."
FIXED = "Approximate: a local minimum, no single pixel lowers the energy."


def cut(denoiser: IsingDenoiser, noisy: np.ndarray, _: int) -> Restored:
    """The least energy, by a minimum cut an image."""
    from suffice.energy.grid.cut import minimum_cut

    if noisy[0].size > LARGEST_CUT:
        raise ValueError(
            f"An image has {noisy[0].size:,} pixels; method='cut' takes at most {LARGEST_CUT:,}. Use method='icm', or cut tiles "
            "that overlap by some 30 pixels."
        )
    cost = 2 * denoiser.beta
    cuts = [minimum_cut(2 * (denoiser.h - denoiser.eta * y), cost, cost, cost, cost) for y in noisy.astype(float)]
    images = np.stack([np.where(found.ones, np.int8(1), np.int8(-1)) for found in cuts])
    energy, start = denoiser.energy(images, noisy), denoiser.energy(noisy, noisy)
    gap, exact = np.array([found.gap for found in cuts]), all(found.proven for found in cuts)
    said = (
        EXACT
        if exact
        else f"Approximate: at most {gap.max():.2g} above the least energy, where rounding hides the rest."
    )
    return Restored(images, energy, np.stack([start, energy], 1), exact, said, lower_bound=energy - gap)


def icm(denoiser: IsingDenoiser, noisy: np.ndarray, _: int) -> Restored:
    """Iterated conditional modes."""
    table = _signs(denoiser)
    if denoiser.order == "sequential":
        relaxed, images = _raster(noisy, table, denoiser.max_iter)
    else:
        relaxed, images = _checkerboard(noisy, table, denoiser.max_iter)
    return _approximate(denoiser, images, relaxed, FIXED)


def gibbs(denoiser: IsingDenoiser, noisy: np.ndarray, first: int) -> Restored:
    """Gibbs sweeps at falling temperatures."""
    from suffice.energy.grid.checkerboard import join
    from suffice.energy.grid.spins import annealed, thresholds
    from suffice.runtime.keys import as_key
    from suffice.runtime.precision import scope

    temperatures = np.geomspace(*denoiser.temperature, num=denoiser.max_iter)
    tables = np.stack([thresholds(_fields(denoiser) / temperature) for temperature in temperatures])
    spins, seen, layout = _prepared(noisy, first)
    with scope("float64"):
        spins, totals = annealed(spins, as_key(denoiser.random_state), tables, seen, layout, True)
        images, totals = join(spins, layout), np.asarray(totals)
    after = energies(totals, (denoiser.h, denoiser.beta, denoiser.eta)).T
    trace = np.concatenate([denoiser.energy(noisy, noisy)[:, None], after], 1)
    said = f"Approximate: where {denoiser.max_iter} sweeps ended as the temperature fell."
    return Restored(images, trace[:, -1], trace, False, said)


def mean_field(denoiser: IsingDenoiser, noisy: np.ndarray, _: int) -> Restored:
    """Independent pixels closest to the posterior."""
    from suffice.energy.grid.checkerboard import join
    from suffice.energy.grid.mean_field import labels
    from suffice.energy.grid.mean_field import mean_field as relax_means
    from suffice.runtime.precision import scope

    spins, seen, layout = _prepared(noisy)
    with scope("float64"):
        start = tuple(colour.astype(float) for colour in spins)
        relaxed = relax_means(start, _parameters(denoiser), seen, layout, denoiser.max_iter, denoiser.tol)
        images = join(labels(relaxed.state, seen, layout), layout)
        probability = (1 + join(relaxed.state, layout)) / 2
    found = _approximate(denoiser, images, relaxed, "Approximate: signs of mean-field means, which no longer move.")
    free_energy = np.asarray(relaxed.trace)[: found.trace.shape[1], :, 3].T
    return found._replace(probability=probability, free_energy=free_energy)


def bp(denoiser: IsingDenoiser, noisy: np.ndarray, _: int) -> Restored:
    """Likeliest value of each pixel by loopy belief propagation."""
    from suffice.energy.grid.belief_propagation import belief_propagation, labels
    from suffice.runtime.precision import scope

    pixels = noisy.astype(float)
    with scope("float64"):
        relaxed, field = belief_propagation(
            pixels, _parameters(denoiser), denoiser.damping, denoiser.max_iter, denoiser.tol
        )
        images = np.asarray(labels(field, pixels)).astype(np.int8)
    chain = min(noisy.shape[1:]) == 1
    said = "probabilities are exact, since the grid is a chain" if chain else "messages no longer move"
    found = _approximate(denoiser, images, relaxed, f"Approximate: likeliest value of each pixel; {said}.")
    return found._replace(probability=(1 + np.tanh(np.asarray(field))) / 2)


METHODS: dict[str, Callable[[IsingDenoiser, np.ndarray, int], Restored]] = {
    "icm": icm,
    "gibbs": gibbs,
    "mean_field": mean_field,
    "bp": bp,
    "cut": cut,
}


def gibbs_probability(
    denoiser: IsingDenoiser, noisy: np.ndarray, first: int, *, n_sweeps: int, burn_in: int
) -> np.ndarray:
    """Share of sweeps at temperature 1 in which each pixel is +1, (B, H, W)."""
    from suffice.energy.grid.checkerboard import join
    from suffice.energy.grid.spins import counted, thresholds
    from suffice.runtime.keys import as_key
    from suffice.runtime.precision import scope

    spins, seen, layout = _prepared(noisy, first)
    table = thresholds(_fields(denoiser))
    with scope("float64"):
        counts = counted(spins, as_key(denoiser.random_state), table, seen, layout, n_sweeps, burn_in)
        return join(counts, layout) / n_sweeps


def _parameters(denoiser: IsingDenoiser) -> np.ndarray:
    return np.array([denoiser.h, denoiser.beta, denoiser.eta], float)


def _fields(denoiser: IsingDenoiser) -> np.ndarray:
    """beta sum_j x_j + eta y - h for y = -1, +1 and sums from -4 to 4, (2, 9)."""
    return denoiser.beta * np.arange(-4, 5) + denoiser.eta * np.array([[-1.0], [1.0]]) - denoiser.h


def _signs(denoiser: IsingDenoiser) -> np.ndarray:
    """Signs of the fields, 0 where rounding alone makes one."""
    fields = _fields(denoiser)
    rounding = 8 * np.finfo(float).eps * (4 * denoiser.beta + denoiser.eta + abs(denoiser.h))
    return np.where(np.abs(fields) <= rounding, 0, np.sign(fields)).astype(np.int8)


def _prepared(noisy: np.ndarray, first: int = 0) -> tuple[Any, Any, Any]:
    from suffice.energy.grid.checkerboard import Layout, split
    from suffice.energy.grid.spins import observed

    return split(noisy), observed(noisy, first), Layout(*noisy.shape)


def _raster(noisy: np.ndarray, table: np.ndarray, max_iter: int) -> tuple[Any, np.ndarray]:
    from suffice.energy.grid.raster import raster_descent, slanted, upright
    from suffice.runtime.precision import scope

    diagonals = slanted(noisy)
    with scope("float64"):
        relaxed = raster_descent(diagonals, table, diagonals, max_iter)
        return relaxed, upright(np.asarray(relaxed.state), noisy.shape[2])


def _checkerboard(noisy: np.ndarray, table: np.ndarray, max_iter: int) -> tuple[Any, np.ndarray]:
    from suffice.energy.grid.checkerboard import join
    from suffice.energy.grid.spins import descent
    from suffice.runtime.precision import scope

    spins, seen, layout = _prepared(noisy)
    with scope("float64"):
        relaxed = descent(spins, table, seen, layout, max_iter)
        return relaxed, join(relaxed.state, layout)


def _approximate(denoiser: IsingDenoiser, images: np.ndarray, relaxed: Any, said: str) -> Restored:
    """The result of sweeps that went on until nothing moved, or to their limit."""
    iterations = np.asarray(relaxed.iterations)
    totals = np.asarray(relaxed.trace)[: iterations.max() + 1, :, :3]
    trace = energies(totals, (denoiser.h, denoiser.beta, denoiser.eta)).T
    still = bool(np.asarray(relaxed.still).all())
    return Restored(images, trace[:, -1], trace, False, said if still else UNFINISHED)
