"""Energy models: Ising fields, ours and the peers in one run.

``python benchmarks/energy.py`` prints each case and ends with one JSON line; ``--help`` has the options. The extra ``bench``
brings Numba and OR-Tools; they are named and skipped where they are not installed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import jax
import numpy as np
from measure import interleaved, machine
from mixtures import CONSOLE, say

from suffice import IsingDenoiser
from suffice.energy.grid.checkerboard import Layout, split
from suffice.energy.grid.cut import minimum_cut
from suffice.energy.grid.spins import annealed, descent, observed, thresholds
from suffice.runtime.keys import as_key
from suffice.runtime.precision import scope

H, BETA, ETA = 0.03, 1.4, 1.2
FLIPPED = 0.1
FIELDS = BETA * np.arange(-4, 5) + ETA * np.array([[-1.0], [1.0]]) - H


def noisy(count: int, height: int, width: int) -> np.ndarray:
    """Images of -1 and +1, with smooth shapes and a tenth of the pixels flipped."""
    draw = np.random.default_rng(0)
    waves = draw.standard_normal((count, height // 8 + 2, width // 8 + 2))
    clean = np.sign(np.kron(waves, np.ones((1, 8, 8)))[:, :height, :width])
    return np.where(draw.random(clean.shape) < FLIPPED, -clean, clean).astype(np.int8)


def our_sweeps(images: np.ndarray, sweeps: int) -> Callable[[], Any]:
    """Gibbs sweeps over a batch, compiled."""
    tables = np.repeat(thresholds(FIELDS)[None], sweeps, 0)
    spins, seen = jax.device_put((split(images), observed(images)))
    layout = Layout(*images.shape)

    def run() -> Any:
        return jax.block_until_ready(annealed(spins, as_key(0), tables, seen, layout, False))

    run()
    return run


def numba_sweeps() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Sweeps of Gibbs sampling and of ICM pixel by pixel: probabilities and signs by a table, neighbours by their places."""
    import numba

    @numba.njit
    def total(x: Any, i: int, j: int) -> int:
        found = 0
        if i > 0:
            found += x[i - 1, j]
        if i < x.shape[0] - 1:
            found += x[i + 1, j]
        if j > 0:
            found += x[i, j - 1]
        if j < x.shape[1] - 1:
            found += x[i, j + 1]
        return found

    @numba.njit
    def gibbs(x: Any, y: Any, chance: Any, sweeps: int) -> None:
        for _ in range(sweeps):
            for i in range(x.shape[0]):
                for j in range(x.shape[1]):
                    p = chance[(y[i, j] + 1) // 2, total(x, i, j) + 4]
                    x[i, j] = 1 if np.random.random() < p else -1  # noqa: NPY002

    @numba.njit
    def icm(x: Any, y: Any, signs: Any, sweeps: int) -> int:
        for sweep in range(sweeps):
            changed = False
            for i in range(x.shape[0]):
                for j in range(x.shape[1]):
                    sign = signs[(y[i, j] + 1) // 2, total(x, i, j) + 4]
                    if sign != 0 and sign != x[i, j]:
                        x[i, j], changed = sign, True
            if not changed:
                return sweep + 1
        return sweeps

    return gibbs, icm


def gibbs_case(size: int, sweeps: int, repeats: int) -> dict[str, Any]:
    """A Gibbs sweep of one image: ours by colours, Numba's pixel by pixel."""
    image = noisy(1, size, size)
    ours = our_sweeps(image, sweeps)
    runs: dict[str, Callable[[], Any]] = {"suffice": ours}
    if find_spec("numba"):
        sweep, chance, x = numba_sweeps()[0], 1 / (1 + np.exp(-2 * FIELDS)), image[0].copy()
        sweep(x, image[0], chance, 1)
        runs["numba"] = lambda: sweep(x, image[0], chance, sweeps)
    seconds = {name: found["seconds"] / sweeps for name, found in interleaved(runs, repeats).items()}
    return compared(f"a Gibbs sweep of {size} x {size}", seconds, "numba")


def icm_case(size: int, repeats: int) -> dict[str, Any]:
    """A sweep of ICM, of runs to its end: ours by colours, Numba's pixel by pixel."""
    image = noisy(1, size, size)
    table, layout = np.sign(FIELDS).astype(np.int8), Layout(*image.shape)
    spins, seen = jax.device_put((split(image), observed(image)))

    def ours() -> int:
        with scope("float64"):
            return int(jax.block_until_ready(descent(spins, table, seen, layout, 100)).iterations[0])

    runs: dict[str, Callable[[], Any]] = {"suffice": ours}
    ours()
    if find_spec("numba"):
        sweep = numba_sweeps()[1]
        sweep(image[0].copy(), image[0], table, 1)
        runs["numba"] = lambda: sweep(image[0].copy(), image[0], table, 100)
    found = interleaved(runs, repeats)
    seconds = {name: run["seconds"] / run["result"] for name, run in found.items()}
    return compared(f"a sweep of ICM, {size} x {size}", seconds, "numba")


def batch_case(count: int, size: int, sweeps: int, repeats: int) -> dict[str, Any]:
    """Gibbs sweeps of a batch, in single images' worth."""
    images = noisy(count, size, size)
    denoiser = IsingDenoiser(H, BETA, ETA, method="gibbs", max_iter=sweeps)
    runs = {"batch": lambda: denoiser.denoise(images), "single": lambda: denoiser.denoise(images[0])}
    for run in runs.values():
        run()
    together, alone = (found["seconds"] for found in interleaved(runs, repeats).values())
    said = f"{1e3 * together:.1f} ms in one batch, {1e3 * alone:.2f} ms one image: as long as {together / alone:.1f} images"
    return say(f"{sweeps} Gibbs sweeps of {count} images, {size} x {size}", said, batch=together, single=alone)


def cut_case(height: int, width: int, repeats: int) -> dict[str, Any]:
    """The minimum cut of one image, graph and all; the peer's capacities are whole numbers, ours are proven real ones."""
    image = noisy(1, height, width)[0]
    unary, cost = 2 * (H - ETA * image.astype(float)), 2 * BETA
    runs: dict[str, Callable[[], Any]] = {"suffice": lambda: minimum_cut(unary, cost, cost, cost, cost).ones}
    if find_spec("ortools"):
        runs["ortools"] = lambda: ortools_cut(unary, cost)
    found = interleaved(runs, repeats)
    denoiser = IsingDenoiser(H, BETA, ETA)
    energy = {name: denoiser.energy(np.where(run["result"], 1, -1), image) for name, run in found.items()}
    seconds = {name: run["seconds"] for name, run in found.items()}
    return compared(f"a minimum cut of {height} x {width}", seconds, "ortools") | {"energy": energy}


def noise_case(height: int, width: int) -> dict[str, Any]:
    """The minimum cut of pure noise to which pixels hold weakly, against scipy's flow of whole numbers."""
    image = np.random.default_rng(1).choice([-1, 1], (height, width))
    unary, cost = -0.6 * image, 2.0
    runs = {"suffice": lambda: minimum_cut(unary, cost, cost, cost, cost), "scipy": lambda: scipy_flow(unary, cost)}
    found = interleaved(runs, 1)
    seconds = {name: run["seconds"] for name, run in found.items()}
    value = found["suffice"]["result"].energy - np.minimum(unary, 0).sum()
    case = compared(f"a minimum cut of {height} x {width}, pure noise", seconds, "scipy")
    return case | {"cut": {"suffice": value, "scipy": found["scipy"]["result"]}}


def scipy_flow(unary: np.ndarray, cost: float, scale: float = 10) -> float:
    """The maximum flow, with capacities in steps of 1 / scale."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    number, flat = np.arange(unary.size).reshape(unary.shape), np.rint(scale * unary.ravel())
    tails = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    heads = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    source, sink = unary.size, unary.size + 1
    ends = np.where(flat < 0, source, number.ravel()), np.where(flat < 0, number.ravel(), sink)
    places = np.concatenate([tails, heads, ends[0]]), np.concatenate([heads, tails, ends[1]])
    capacity = np.concatenate([np.full(2 * len(tails), scale * cost), np.abs(flat)]).astype(np.int32)
    graph = coo_array((capacity, places), (sink + 1, sink + 1)).tocsr()
    return maximum_flow(graph, source, sink).flow_value / scale


def ortools_cut(unary: np.ndarray, cost: float, scale: float = 1e6) -> np.ndarray:
    """Pixels on the source's side, by OR-Tools' maximum flow with capacities in steps of 1 / scale."""
    from ortools.graph.python import max_flow

    number = np.arange(unary.size, dtype=np.int32).reshape(unary.shape)
    tails = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    heads = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    between = np.full(2 * len(tails), round(scale * cost))
    flat, pixels = np.round(scale * unary.ravel()).astype(np.int64), number.ravel()
    source, sink = np.full(unary.size, unary.size, np.int32), np.full(unary.size, unary.size + 1, np.int32)
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate([tails, heads, np.where(flat < 0, source, pixels)]),
        np.concatenate([heads, tails, np.where(flat < 0, pixels, sink)]),
        np.concatenate([between, np.abs(flat)]),
    )
    solver.solve(unary.size, unary.size + 1)
    ones = np.zeros(unary.size + 2, bool)
    ones[solver.get_source_side_min_cut()] = True
    return ones[: unary.size].reshape(unary.shape)


def compared(name: str, seconds: dict[str, float], peer: str) -> dict[str, Any]:
    """A line that says how long ours and a peer took."""
    said = f"suffice {1e3 * seconds['suffice']:.3f} ms"
    if peer not in seconds:
        return say(name, f"{said}; {peer} is not installed", **seconds)
    return say(name, f"{said}, {peer} {1e3 * seconds[peer]:.3f} ms: {seconds[peer] / seconds['suffice']:.1f} times",
               **seconds)  # fmt: skip


def ising_cases(quick: bool) -> list[dict[str, Any]]:
    """Every case of Ising fields."""
    repeats = 3 if quick else 5
    return [
        gibbs_case(64 if quick else 512, 20 if quick else 200, repeats),
        icm_case(64 if quick else 512, repeats),
        batch_case(8 if quick else 64, 64, 50 if quick else 200, repeats),
        cut_case(40 if quick else 311, 50 if quick else 420, repeats),
        noise_case(60 if quick else 600, 80 if quick else 800),
    ]


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cases, to see that everything runs")
    quick = parser.parse_args().quick
    CONSOLE.print(machine())
    print(json.dumps({"machine": machine(), "cases": ising_cases(quick)}))


if __name__ == "__main__":
    main()
