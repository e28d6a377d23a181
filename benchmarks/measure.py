"""What the benchmarks share: the machine, interleaved timings, the matrix-product peak, processes of their own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

TILE = 2048
PACKAGES = (
    "suffice",
    "jax",
    "numpy",
    "scikit-learn",
    "torch",
    "pomegranate",
    "stepmix",
    "numba",
    "ortools",
    "pyagrum",
    "pgmpy",
)


def machine() -> dict[str, Any]:
    """Processor, cores and versions of this run."""
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES if version(package)},
    }


def processor() -> str:
    """Model of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def version(package: str) -> str | None:
    """Installed version of a package, None where it is absent."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def interleaved(fits: dict[str, Callable[[], Any]], repeats: int) -> dict[str, dict[str, Any]]:
    """Median seconds and last result of every fit; the fits take turns, so that a slow moment hits all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in fits}
    results = {}
    for _ in range(repeats):
        for name, fit in fits.items():
            start = time.perf_counter()
            results[name] = fit()
            seconds[name].append(time.perf_counter() - start)
    return {name: {"seconds": median(seconds[name]), "result": results[name]} for name in fits}


def timed(action: Callable[[], Any]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def product_rate(n_statistics: int, n_components: int, tiles: int = 32) -> float:
    """Flops a second of an EM iteration's two products, (K, F) x (F, n) and (F, n) x (n, K), in float64, n = 2048."""
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        statistics = jnp.asarray(rng.standard_normal((n_statistics, TILE)))
        natural = jnp.asarray(rng.standard_normal((n_components, n_statistics)))
        weights = jnp.asarray(rng.standard_normal((TILE, n_components)))
        seconds = sum(product_seconds(*pair, tiles) for pair in ((natural, statistics), (statistics, weights)))
    return 4 * n_statistics * n_components * TILE / seconds


def product_seconds(left: jax.Array, right: jax.Array, tiles: int) -> float:
    """Seconds of one product, the best of several runs of ``tiles`` products each."""

    def run() -> None:
        jax.block_until_ready([product(left, right) for _ in range(tiles)])

    run()
    return min(timed(run) for _ in range(5)) / tiles


@jax.jit
def product(left: jax.Array, right: jax.Array) -> jax.Array:
    """Matrix product under ``jit``."""
    return left @ right


def fresh_process(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, str]:
    """Seconds from start to end of a process, and what it printed; it may keep bytecode, as installed packages have theirs."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(command, env={**given, **(environment or {})}, capture_output=True, text=True, timeout=1800)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return seconds, done.stdout


def fresh_fit(name: str, *arguments: Any) -> dict[str, Any]:
    """Run one of the fits of ``fresh.py`` in its own process."""
    script = Path(__file__).with_name("fresh.py")
    seconds, printed = fresh_process([sys.executable, str(script), name, *map(str, arguments)])
    return {"process_seconds": seconds, **json.loads(printed)}
