"""Resident memory over fits and partial fits of ever new shapes: ``python benchmarks/programs.py rbm|mlp [fits] [calls]``."""

import sys
import time
import warnings

import numpy as np

from suffice import RBM, NeuralClassifier

warnings.filterwarnings("ignore")


def megabytes() -> float:
    """Resident memory of this process."""
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * 4096 / 1e6


def made(kind: str, units: int) -> RBM | NeuralClassifier:
    """An estimator with so many hidden units."""
    if kind == "rbm":
        return RBM(units, epochs=1, random_state=0)
    return NeuralClassifier("mlp", hidden_sizes=(units,), epochs=1, random_state=0)


def main(kind: str, fits: int = 300, calls: int = 2000) -> None:
    """Fits of new numbers of rows, columns and units; then batches of 5 to 200 rows."""
    draw, begun = np.random.default_rng(0), time.perf_counter()
    for number in range(1, fits + 1):
        rows = (draw.random((int(draw.integers(50, 900)), 4 + number % 40)) < 0.5).astype(float)
        made(kind, 3 + number).fit(rows, np.arange(len(rows)) % 3)
        if number in (1, 20, 50, 100, 200, fits):
            print(f"{number} fits: {megabytes():.0f} MB, {time.perf_counter() - begun:.1f} s", flush=True)
    model, seconds = made(kind, 100), []
    for number in range(1, calls + 1):
        rows = (draw.random((int(draw.integers(5, 201)), 64)) < 0.5).astype(float)
        begun = time.perf_counter()
        model.partial_fit(rows, np.arange(len(rows)) % 3, **({} if kind == "rbm" else {"classes": [0, 1, 2]}))
        seconds.append(time.perf_counter() - begun)
        if number in (1, 20, 200, calls):
            print(f"{number} calls: {megabytes():.0f} MB, {1e3 * np.median(seconds[-50:]):.2f} ms a call", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
