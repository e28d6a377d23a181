"""Online expectation-maximisation against iterations over all rows: how far two passes come, and how long they take.

``python benchmarks/online.py`` draws 500,000 x 10 rows from 8 Gaussians; ``--rows 5000000`` takes ten times as many. Both learn
from the first batch's start. A gap is that of the mean log-likelihood of all rows, as a share of the one it is compared with;
the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from measure import machine, timed
from scipy.stats import wishart

from suffice import GaussianMixture
from suffice.latent import Gaussian, Mixture


def world(features: int, components: int, seed: int) -> Mixture:
    """Components that overlap a little, of unequal weights and shapes."""
    draw = np.random.default_rng(seed)
    covariances = wishart(features + 2, np.eye(features) / features).rvs(components, random_state=draw)
    weights = draw.dirichlet(np.full(components, 5.0))
    return Mixture(weights, Gaussian(1.5 * draw.standard_normal((components, features)), covariances))


def rows_of(truth: Mixture, count: int, batch: int, seed: int) -> np.ndarray:
    """Rows drawn batch by batch."""
    draw = np.random.default_rng([seed, 1])
    sizes = [min(batch, count - start) for start in range(0, count, batch)]
    parts = (draw.choice(len(truth.weights), size, p=truth.weights) for size in sizes)
    return np.concatenate([truth.components.draw(component, draw) for component in parts])


def passed(mixture: GaussianMixture, X: np.ndarray, batch: int) -> Callable[[], None]:
    """One pass over the rows, to be timed."""

    def run() -> None:
        for start in range(0, len(X), batch):
            mixture.partial_fit(X[start : start + batch])

    return run


def case(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Gaps after one and two passes to a fit and to the truth, and seconds."""
    truth = world(options.features, options.components, seed)
    X = rows_of(truth, options.rows, options.batch, seed)
    online = GaussianMixture(
        options.components, n_init=5, random_state=0, tol=1e-6, max_iter=500, warm_start=True,
        learning_decay=options.decay, learning_offset=options.offset,
    ).partial_fit(X[: options.batch])  # fmt: skip
    full = deepcopy(online)
    result: dict[str, Any] = {"seed": seed, "fit_seconds": timed(lambda: full.fit(X)), "iterations": full.n_iter_}
    fitted, true = full.score(X), float(np.mean(truth.log_density(X)))
    for number in (1, 2):
        seconds = timed(passed(online, X, options.batch))
        reached = online.score(X)
        result |= {f"pass_{number}_seconds": seconds, f"gap_{number}": (fitted - reached) / abs(fitted),
                   f"gap_{number}_truth": (true - reached) / abs(true)}  # fmt: skip
    return {**result, "log_likelihood": fitted, "truth": true}


def main() -> None:
    """Run every world asked for and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("rows", 500_000), ("features", 10), ("components", 8), ("batch", 10_000), ("worlds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in (("decay", 0.7), ("offset", 10.0)):
        parser.add_argument(f"--{name}", type=float, default=default)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # a fit that stops at the limit says so in its number of iterations
    began, results = time.perf_counter(), []
    for seed in range(options.worlds):
        results.append(case(options, seed))
        print("  ".join(f"{name} {value:.5g}" for name, value in results[-1].items()), flush=True)
    print(
        json.dumps({**vars(options), "machine": machine(), "seconds": time.perf_counter() - began, "worlds": results})
    )


if __name__ == "__main__":
    main()
