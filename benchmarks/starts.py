"""Starts: how many of 20 seeds reach the best optimum of 20 data sets, with each type of covariance, beside scikit-learn's.

``python benchmarks/starts.py`` prints a table in Markdown; ``--quick`` takes five data sets and five seeds. Every fit has one
start and the defaults of its library, but ``tol=1e-5`` and ``max_iter=300``, so that it ends at its own optimum, and floors of
variances of next to nothing. The best optimum is the highest likelihood of any sound fit of either library to the data set; one
whose components have collapsed has missed it.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture as Theirs
from threadpoolctl import threadpool_limits

from suffice import GaussianMixture
from suffice.runtime import computed_by

COVARIANCES = ("full", "tied", "diag", "spherical")
NEAR = 1e-3
"""Nats a row within which a fit has reached the best optimum, or half a nat in all where that is more."""
QUICK = ("iris", "wine", "blobs apart", "long column", "noise columns")
COLLAPSED = 1e-5
"""Smallest variance of a sound fit in any direction, of a column's overall."""


def data_sets() -> dict[str, tuple[np.ndarray, int]]:
    """Rows and a number of components by name: scikit-learn's sets, and rows drawn with a fixed seed."""
    digits = datasets.load_digits().data
    measured = {
        "iris": (datasets.load_iris().data, 3),
        "wine": (datasets.load_wine().data, 3),
        "breast cancer, means": (datasets.load_breast_cancer().data[:, :10], 2),
        "diabetes": (np.delete(datasets.load_diabetes().data, 1, axis=1), 3),
        "linnerud": (np.hstack(datasets.load_linnerud(return_X_y=True)), 2),
        "digits, 5 axes": (PCA(5, random_state=0).fit_transform(digits), 10),
        "digits 0 to 4, 15 axes": (PCA(15, random_state=0).fit_transform(datasets.load_digits(n_class=5).data), 5),
    }
    return measured | shaped() | drawn(np.random.default_rng(0))


def shaped() -> dict[str, tuple[np.ndarray, int]]:
    """Sets in the plane that scikit-learn draws."""
    blobs, _ = datasets.make_blobs(400, random_state=170, centers=3)
    return {
        "slanted blobs": (blobs @ np.array([[0.6, -0.6], [-0.4, 0.8]]), 3),
        "blobs of three sizes": (datasets.make_blobs(400, cluster_std=[1, 2.5, 0.5], random_state=170)[0], 3),
        "moons": (datasets.make_moons(400, noise=0.05, random_state=30)[0], 4),
        "circles": (datasets.make_circles(400, factor=0.5, noise=0.05, random_state=30)[0], 6),
    }


def drawn(draw: np.random.Generator) -> dict[str, tuple[np.ndarray, int]]:
    """Sets that lie around centres drawn at random, and some that are hard for a start."""

    def around(count: int, columns: int, apart: float, each: int) -> np.ndarray:
        centres = apart * draw.normal(size=(count, columns))
        return np.concatenate([centre + draw.normal(size=(each, columns)) for centre in centres])

    slants = draw.normal(size=(4, 6, 6))
    long = [draw.normal((x, 0.0), (0.3, 10.0), (200, 2)) for x in (-1.0, 1.0)]
    grid = [draw.normal((4 * i, 4 * j), 1.0, (20, 2)) for i in range(4) for j in range(4)]
    return {
        "blobs apart": (around(5, 4, 4.0, 60), 5),
        "eight blobs": (around(8, 2, 5.0, 40), 8),
        "overlapping blobs": (around(4, 3, 1.5, 120), 4),
        "unequal clusters": (np.concatenate([draw.normal(0, 1, (400, 2)), draw.normal(6, 1, (40, 2)),
                                             draw.normal((0, 8), 0.5, (20, 2))]), 3),
        "correlated columns": (np.concatenate([4 * draw.normal(size=6) + draw.normal(size=(100, 6)) @ slant
                                               for slant in slants]), 4),
        "noise columns": (np.hstack([around(3, 2, 4.0, 100), 3 * draw.normal(size=(300, 6))]), 3),
        "log-normal": (np.exp(np.concatenate([draw.normal(0, 0.5, (150, 3)), draw.normal(1.5, 0.4, (150, 3))])), 3),
        "long column": (np.concatenate(long), 2),
        "grid of 16": (np.concatenate(grid), 16),
    }  # fmt: skip


def ends(make: Callable[..., Any], rows: np.ndarray, seeds: int) -> np.ndarray:
    """Mean log-likelihood at which the fit of each seed ended, minus infinity where a component had collapsed."""
    fits = [make(random_state=seed).fit(rows) for seed in range(seeds)]
    return np.array([fit.score(rows) if sound(fit, rows) else -np.inf for fit in fits])


def sound(fit: Any, rows: np.ndarray) -> bool:
    """Whether every component varies in every direction and holds a row."""
    scale, covariances = rows.std(0), fit.covariances_
    if fit.covariance_type in ("full", "tied"):
        least = np.linalg.eigvalsh(covariances / np.outer(scale, scale)).min()
    else:
        least = (covariances / (scale**2 if fit.covariance_type == "diag" else np.square(scale).mean())).min()
    return least > COLLAPSED and fit.weights_.min() * len(rows) >= 1 - 1e-6


def shares(rows: np.ndarray, components: int, covariance_type: str, seeds: int) -> tuple[float, float]:
    """Share of the seeds that reach the best optimum: ours, scikit-learn's."""
    settings = {"covariance_type": covariance_type, "tol": 1e-5, "max_iter": 300}

    def ours(**seed: Any) -> Any:
        return GaussianMixture(components, **settings, **seed)

    def theirs(**seed: Any) -> Any:
        return Theirs(components, reg_covar=1e-6 * rows.var(0).min(), **settings, **seed)

    found = [ends(make, rows, seeds) for make in (ours, theirs)]
    best = max(part.max() for part in found)
    near = max(NEAR, 0.5 / len(rows))
    return tuple(float(np.mean(part > best - near)) for part in found)  # type: ignore[return-value]


def line(data_set: tuple[np.ndarray, int], seeds: int) -> list[tuple[float, float]]:
    """The shares for each type of covariance, on one core and by NumPy, so that nothing is compiled for a single fit."""
    with warnings.catch_warnings(), threadpool_limits(1), computed_by("numpy"):
        warnings.simplefilter("ignore")
        return [shares(*data_set, kind, seeds) for kind in COVARIANCES]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="five data sets, five seeds")
    quick, begin = parser.parse_args().quick, time.perf_counter()
    chosen = {name: value for name, value in data_sets().items() if not quick or name in QUICK}
    print(
        "| rows x columns, components: ours, scikit-learn's | "
        + " | ".join(COVARIANCES)
        + " |\n|---|"
        + "---|" * len(COVARIANCES)
    )
    every = []
    with ProcessPoolExecutor() as pool:
        lines = pool.map(partial(line, seeds=5 if quick else 20), chosen.values())
        for (name, (rows, components)), found in zip(chosen.items(), lines, strict=True):
            every.append(found)
            cells = " | ".join(f"{ours:.2f}, {theirs:.2f}" for ours, theirs in found)
            print(f"| {name}: {len(rows)} x {rows.shape[1]}, {components} | {cells} |", flush=True)
    mean = np.mean(every, axis=0)
    print("| mean | " + " | ".join(f"{ours:.2f}, {theirs:.2f}" for ours, theirs in mean) + " |")
    print(f"\n{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
