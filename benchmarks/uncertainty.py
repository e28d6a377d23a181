"""Standard errors and bootstrap refits of a latent class model, beside StepMix and statsmodels' numerical Hessian.

    python benchmarks/uncertainty.py
    python benchmarks/uncertainty.py --rows 300 --refits 5   # whether it runs

Peers that are not installed are left out. Each figure is one run after one that compiles; first runs are shown beside.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy.special import expit

from suffice import BernoulliMixture


def table(rows: int, columns: int = 10) -> np.ndarray:
    """Answers of four classes."""
    draw = np.random.default_rng(0)
    chances = draw.uniform(0.1, 0.9, (4, columns))
    return (draw.random((rows, columns)) < chances[draw.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])]).astype(float)


def timed(name: str, run: Callable[[], object]) -> None:
    """Seconds of a first and of a second run."""
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    print(f"{name:60s} {seconds[0]:8.2f} {seconds[1]:8.2f}")


def numerical_hessian(rows: np.ndarray, fitted: BernoulliMixture) -> Callable[[], object] | None:
    """Statsmodels' Hessian of the same log-likelihood, in log-odds."""
    try:
        from statsmodels.tools.numdiff import approx_hess
    except ImportError:
        return None
    chances, weights = fitted.probabilities_, fitted.weights_
    at = np.concatenate([np.log(weights[1:] / weights[0]), np.log(chances / (1 - chances)).ravel()])

    def log_likelihood(position: np.ndarray) -> float:
        share = np.exp(np.r_[0.0, position[:3]])
        chance = expit(position[3:].reshape(4, -1))
        logs = rows @ np.log(chance).T + (1 - rows) @ np.log1p(-chance).T
        return float(np.log(np.exp(logs) @ (share / share.sum())).sum())

    return lambda: approx_hess(at, log_likelihood)


def stepmix(rows: np.ndarray, refits: int) -> Callable[[], object] | None:
    """Fits of StepMix to resampled rows."""
    try:
        from stepmix.stepmix import StepMix
    except ImportError:
        return None

    def run() -> None:
        draw = np.random.default_rng(0)
        for seed in range(refits):
            model = StepMix(4, measurement="binary", max_iter=1000, random_state=seed, verbose=0, progress_bar=0)
            model.fit(rows[draw.integers(0, len(rows), len(rows))])

    return run


def main() -> None:
    """Both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--refits", type=int, default=100)
    asked = parser.parse_args()
    rows, refits = table(asked.rows), asked.refits
    fitted = BernoulliMixture(4, n_init=5, binarize=None, random_state=0).fit(rows)
    print(f"{len(rows):,} x {rows.shape[1]}, 4 classes; seconds{'first':>43s} {'second':>8s}")
    timed("standard errors, observed", lambda: fitted.standard_errors(rows))
    timed("standard errors, robust", lambda: fitted.standard_errors(rows, method="robust"))
    if (peer := numerical_hessian(rows, fitted)) is not None:
        timed("statsmodels' numerical Hessian of the same likelihood", peer)
    timed(f"{refits} bootstrap refits", lambda: fitted.standard_errors(rows, method="bootstrap", samples=refits))
    if (peer := stepmix(rows, refits)) is not None:
        timed(f"{refits} fits of StepMix to resampled rows, one start each", peer)


if __name__ == "__main__":
    main()
