"""Energy models and networks of two checkouts in turns, at equal work: ``python benchmarks/two_checkouts.py BEFORE AFTER``.

Each is a folder with ``src/suffice`` in it, such as ``git worktree add FOLDER COMMIT`` makes. Every turn is a process of its own
for each; a case is seconds of one epoch (or sweep, or call) more, compilation apart. ``--processor`` counts seconds of the
processor instead of the clock's, which other work on the machine disturbs less. Ends with one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

TURNS = 7
SLOWER = 1.05
Run = Callable[[int], Any]
"""A fit, or the like, of so many epochs, sweeps or calls."""


def cases() -> dict[str, tuple[Run, int, int]]:
    """By name: what runs, and the fewer and the more of its epochs, whose difference counts."""
    return {**machines(), **estimators(), **networks(), **fields()}


def machines() -> dict[str, tuple[Run, int, int]]:
    """Epochs of RBMs as modules, with and without gaps."""
    from suffice.energy import RBM
    from suffice.fit import Ascent, Gibbs, contrast

    draw = np.random.default_rng(0)
    rows = (draw.random((6_000, 784)) < 0.3).astype(np.float32)
    gaps = np.where(draw.random((6_000, 200)) < 0.2, np.nan, rows[:, :200])

    def learn(data: np.ndarray, persistent: bool, epochs: int) -> Any:
        net = RBM(data.shape[1], 300, key=0)
        return contrast(net, data, sampling=Gibbs(persistent=persistent), ascent=Ascent(0.05), epochs=epochs)

    return {
        "RBM 784-300, an epoch of CD-1": (partial(learn, rows, False), 1, 5),
        "RBM 784-300, an epoch of PCD-1": (partial(learn, rows, True), 1, 5),
        "RBM 200-300, an epoch, a fifth missing": (partial(learn, gaps, False), 1, 7),
    }


def estimators() -> dict[str, tuple[Run, int, int]]:
    """Epochs of estimators, all that is measured after each of them included, and readings of fitted ones."""
    from suffice import RBM, Autoencoder, NeuralClassifier

    X, y = load_digits(return_X_y=True)
    X, sizes = X / 16, {"batch_size": 50, "random_state": 0}
    binary = (X > 0.5).astype(np.float32)
    rbm = RBM(100, epochs=2, sampler="pcd", **sizes).fit(binary)
    net = NeuralClassifier(hidden_sizes=(100,), epochs=2, **sizes).fit(X, y)
    return {
        "RBM().fit, an epoch": (lambda n: RBM(100, epochs=n, sampler="pcd", **sizes).fit(binary), 5, 45),
        "RBM.transform, a call": (lambda n: [rbm.transform(binary) for _ in range(n)], 1, 41),
        "NeuralClassifier().fit, an epoch": (
            lambda n: NeuralClassifier(hidden_sizes=(100,), epochs=n, **sizes).fit(X, y),
            5,
            65,
        ),
        "NeuralClassifier.predict, a call": (lambda n: [net.predict(X) for _ in range(n)], 1, 41),
        "Autoencoder().fit, an epoch": (lambda n: Autoencoder(32, epochs=n, **sizes).fit(X), 5, 45),
    }


def networks() -> dict[str, tuple[Run, int, int]]:
    """Epochs of networks as modules."""
    import optax

    from suffice.fit import descend
    from suffice.nets import MLP, ResNet, classification_loss

    digits = load_digits()
    flat, labels = (digits.data / 16).astype(np.float32), digits.target
    images, sgd = flat.reshape(-1, 1, 8, 8), optax.sgd(0.1)

    def learn(net: Any, rows: np.ndarray, batch: int, epochs: int) -> Any:
        return descend(
            net,
            (rows, labels),
            loss=classification_loss,
            optimizer=sgd,
            batch_size=batch,
            epochs=epochs,
            random_state=0,
        )

    return {
        "MLP 64-100-10, an epoch, batches of 32": (partial(learn, MLP(64, [100], 10, key=0), flat, 32), 1, 41),
        "ResNet(8), an epoch, batches of 128": (partial(learn, ResNet(8, key=0), images, 128), 1, 4),
    }


def fields() -> dict[str, tuple[Run, int, int]]:
    """Sweeps of Ising and Potts fields, and minimum cuts."""
    from suffice import IsingDenoiser, PottsDenoiser
    from suffice.energy.grid.cut import minimum_cut

    draw = np.random.default_rng(0)
    image = np.where(np.kron(draw.random((16, 16)) < 0.5, np.ones((16, 16), bool)), 1, -1)
    image = np.where(draw.random(image.shape) < 0.1, -image, image)
    labels = np.where(draw.random(image.shape) < 0.1, 2, (image + 1) // 2)

    def sweeps(method: str, count: int) -> Any:
        return IsingDenoiser(0.0, 1.0, 1.1, method=method, max_iter=count).denoise(image)

    return {
        "Ising 256 x 256, a Gibbs sweep": (partial(sweeps, "gibbs"), 20, 1020),
        "Ising 256 x 256, a sweep of mean field": (partial(sweeps, "mean_field"), 3, 23),
        "Ising 256 x 256, a minimum cut": (lambda n: [minimum_cut(-2.2 * image, 2.0, 2.0, 2.0, 2.0) for _ in range(n)], 1, 5),
        "Potts 256 x 256, an expansion": (lambda n: [PottsDenoiser(1.0, 1.1).denoise(labels) for _ in range(n)], 1, 3),
    }  # fmt: skip


def measured(clock: Callable[[], float]) -> dict[str, float]:
    """Seconds of each case, in this process."""
    found = {}
    for name, (run, fewer, more) in cases().items():
        for count in (fewer, more):
            run(count)
        seconds = {count: min(_seconds(clock, run, count) for _ in range(3)) for count in (fewer, more)}
        found[name] = (seconds[more] - seconds[fewer]) / (more - fewer)
    return found


def _seconds(clock: Callable[[], float], run: Run, count: int) -> float:
    start = clock()
    run(count)
    return clock() - start


def in_turns(folders: list[Path], turns: int, processor: bool) -> list[list[dict[str, float]]]:
    """What each checkout measured in each turn."""
    from measure import fresh_process

    found: list[list[dict[str, float]]] = [[] for _ in folders]
    for _ in range(turns):
        for folder, own in zip(folders, found, strict=True):
            command = [
                sys.executable,
                str(Path(__file__).resolve()),
                "--measure",
                *(["--processor"] if processor else []),
            ]
            printed = fresh_process(command, {"PYTHONPATH": str(folder.resolve() / "src")})[1]
            own.append(json.loads(printed.splitlines()[-1]))
    return found


def report(found: list[list[dict[str, float]]]) -> None:
    """Print medians and the median ratio of a turn, with how far turns lie apart."""
    for name in found[0][0]:
        before, after = (np.array([own[name] for own in turns]) for turns in found)
        ratio, low, high = median(after / before), *np.quantile(after / before, [0.25, 0.75])
        verdict = "slower" if ratio > SLOWER else "not slower"
        print(
            f"{name}: {1e3 * median(before):.3f} ms before, {1e3 * median(after):.3f} after: {ratio:.2f} times "
            f"({low:.2f} to {high:.2f}), {verdict}"
        )


def main() -> None:
    """Run every case, or measure those of one checkout."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="two checkouts: before and after")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--processor", action="store_true", help="seconds of the processor, not of the clock")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.measure:
        return print(json.dumps(measured(time.process_time if options.processor else time.perf_counter)))
    if len(options.folders) != 2 or not all((folder / "src" / "suffice").is_dir() for folder in options.folders):
        parser.error("two folders with src/suffice in them are expected: before and after")
    found = in_turns(options.folders, options.turns, options.processor)
    report(found)
    print(json.dumps({"cores": os.cpu_count(), "before": found[0], "after": found[1]}))


if __name__ == "__main__":
    main()
