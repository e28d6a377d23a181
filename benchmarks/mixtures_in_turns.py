"""Seconds of expectation-maximisation: of two checkouts in turns, or of default fits beside plain EM.

python benchmarks/mixtures_in_turns.py BEFORE AFTER   # an iteration with tol given, processor time, in two checkouts
python benchmarks/mixtures_in_turns.py                # default fits, and plain EM until within 0.05 nats of where they end

A checkout is a folder with ``src/suffice`` in it, such as ``git worktree add FOLDER COMMIT`` makes. Every turn is a process of
its own; an iteration is what a fit of more takes longer than one of fewer, from the same given start, over their difference.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measure import fresh_process, processor, timed
from sklearn.base import clone

TURNS = 5
FEWER, MORE = 3, 23
CASES = {
    "100,000 x 8, K = 16, full": (100_000, 8, 16, "full", 0.0),
    "20,000 x 64, K = 4, full": (20_000, 64, 4, "full", 0.0),
    "200,000 x 2, K = 8, full": (200_000, 2, 8, "full", 0.0),
    "100,000 x 32, K = 8, diag": (100_000, 32, 8, "diag", 0.0),
    "20,000 x 8, K = 4, full, a fifth missing": (20_000, 8, 4, "full", 0.2),
    "1,800 x 4, K = 3, full": (1_800, 4, 3, "full", 0.0),
}


def iteration(count: int, features: int, components: int, covariance_type: str, missing: float) -> float:
    """Processor seconds of an iteration of plain EM in this process, the best of three."""
    from suffice import GaussianMixture

    draw = np.random.default_rng(0)
    means = 2 * draw.standard_normal((components, features))
    rows = means[draw.integers(components, size=count)] + draw.standard_normal((count, features))
    rows[draw.random(rows.shape) < missing] = np.nan
    unit = np.eye(features) if covariance_type == "full" else np.ones(features)
    start = {"means_init": means, "precisions_init": np.stack([unit] * components), "tol": 0.0,
             "weights_init": np.full(components, 1 / components), "covariance_type": covariance_type}  # fmt: skip

    def fit(steps: int) -> float:
        begun = time.process_time()
        GaussianMixture(components, max_iter=steps, **start).fit(rows)
        return time.process_time() - begun

    fit(FEWER), fit(MORE)
    fewer, more = (min(fit(steps) for _ in range(3)) for steps in (FEWER, MORE))
    return (more - fewer) / (MORE - FEWER)


def in_turns(before: Path, after: Path, turns: int) -> None:
    """Print each case's medians, and the median and quartiles of the ratios of neighbours."""
    print(
        f"{processor()}; processor time, medians of {turns} turns\n\n"
        "| an iteration | before, ms | after, ms | ratio |\n|---|---|---|---|"
    )
    for name in CASES:
        pairs = [[_of_checkout(folder, name) for folder in (before, after)] for _ in range(turns)]
        one, other = np.array(pairs).T
        low, middle, high = np.quantile(other / one, (0.25, 0.5, 0.75))
        print(
            f"| {name} | {1e3 * median(one):.2f} | {1e3 * median(other):.2f} | {middle:.2f} ({low:.2f} to {high:.2f}) |",
            flush=True,
        )


def _of_checkout(folder: Path, name: str) -> float:
    command = [sys.executable, str(Path(__file__).resolve()), "--case", name]
    return json.loads(fresh_process(command, {"PYTHONPATH": str(folder.resolve() / "src")})[1].splitlines()[-1])


def whole_fits() -> None:
    """Print seconds of default fits, and of plain EM from the same start to within 0.05 nats of where they end."""
    print(
        f"{processor()}\n\n| data | E-steps | seconds | plain EM's E-steps | seconds | ratio |\n|---|---|---|---|---|---|"
    )
    ratios = [whole_fit(one) for one in _data_sets()]
    print(f"\nof medium and hard cases: ratio {median(r for r in ratios if r):.2f} (median)")


def whole_fit(one: Any) -> float | None:
    """The ratio of one data set, None where plain EM takes 15 E-steps or fewer, or ends elsewhere."""
    start = clone(one.estimator).set_params(random_state=0)
    weight = {} if one.weight is None else {"sample_weight": one.weight}
    total = float(len(one.rows) if one.weight is None else one.weight.sum())
    ours = clone(start).fit(one.rows, **weight)
    plain = clone(start).set_params(tol=1e-13, max_iter=20_000).fit(one.rows, **weight)
    near = plain.lower_bounds_ > ours.lower_bound_ - 0.05 / total
    steps = int(near.argmax()) + 1
    if steps <= 15 or not near.any():
        return None
    shorter = clone(start).set_params(tol=0.0, max_iter=steps)
    pairs = [[timed(lambda fit=fit: clone(fit).fit(one.rows, **weight)) for fit in (start, shorter)] for _ in range(3)]
    own, other = np.median(pairs, 0)
    print(f"| {one.name} | {ours.n_iter_} | {own:.3f} | {steps} | {other:.3f} | {own / other:.2f} |", flush=True)
    return own / other


def _data_sets() -> list[Any]:
    from convergence import FACTORS, generated, of_scikit_learn, published

    every = [*published(), *of_scikit_learn(), *generated()]
    return [one for one in every if not isinstance(one.estimator, FACTORS)]


def main() -> None:
    """Compare checkouts, or default fits with plain EM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="two checkouts: before and after")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.case:
        print(json.dumps(iteration(*CASES[options.case])))
    elif not options.folders:
        whole_fits()
    elif len(options.folders) == 2 and all((folder / "src" / "suffice").is_dir() for folder in options.folders):
        in_turns(*options.folders, options.turns)
    else:
        parser.error("two folders with src/suffice in them are expected, before and after, or none")


if __name__ == "__main__":
    main()
