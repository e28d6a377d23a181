"""Fits that want their own process, for memory or the first call: ``python fresh.py NAME ARGUMENTS`` prints JSON."""

from __future__ import annotations

import json
import resource
import sys
import warnings
from functools import partial

import numpy as np
from measure import timed

import suffice
from suffice.data import stream_parquet

MEGABYTE = 1 << 20
CHUNK = 1 << 16


def peak() -> float:
    """Largest resident memory of this process so far, in megabytes."""
    unit = 1 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def blobs(n_rows: int, n_features: int, n_components: int) -> np.ndarray:
    """Separated Gaussian clusters, filled in chunk by chunk so that nothing beside the data is held."""
    rng = np.random.default_rng(0)
    means = 3 * rng.standard_normal((n_components, n_features))
    X = np.empty((n_rows, n_features))
    for start in range(0, n_rows, CHUNK):
        chunk = X[start : start + CHUNK]
        chunk[:] = means[rng.integers(n_components, size=len(chunk))] + rng.standard_normal(chunk.shape)
    return X


def memory(n_rows: int, n_features: int, n_components: int) -> dict[str, float]:
    """Peak above data and imports of two iterations from the default start, compilation included."""
    X = blobs(n_rows, n_features, n_components)
    before = peak()
    suffice.GaussianMixture(n_components, max_iter=2, tol=0.0, random_state=0).fit(X)
    return {"before_megabytes": before, "above_megabytes": peak() - before}


def stream(path: str, n_components: int) -> dict[str, float]:
    """Peak of two iterations over a Parquet file, imports included."""
    model = suffice.GaussianMixture(n_components, max_iter=2, tol=0.0, random_state=0).fit(stream_parquet(path))
    return {"peak_megabytes": peak(), "log_likelihood": float(model.lower_bound_)}


def first() -> dict[str, float]:
    """A first fit of 1,800 x 4 rows."""
    model = suffice.GaussianMixture(3, random_state=0).fit(blobs(1800, 4, 3))
    return {"iterations": int(model.n_iter_)}


def seconds() -> dict[str, float]:
    """A first fit, imports left out, and the best of three of ten iterations at 100,000 x 32 with 32 components, warm."""
    options = {"max_iter": 10, "tol": 0.0, "init_params": "random_from_data", "random_state": 0}
    first = timed(partial(suffice.GaussianMixture(3, random_state=0).fit, blobs(1800, 4, 3)))
    fit = partial(suffice.GaussianMixture(32, **options).fit, blobs(100_000, 32, 32))
    fit()
    return {"first_fit": first, "large_fit": min(timed(fit) for _ in range(3))}


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # two iterations do not converge
    name, *arguments = sys.argv[1:]
    fits = {"memory": memory, "stream": stream, "first": first, "seconds": seconds}
    print(json.dumps(fits[name](*(int(a) if a.isdigit() else a for a in arguments))))
