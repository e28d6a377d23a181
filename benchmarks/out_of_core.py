"""Memory and time of fits to rows in a file: networks and machines that learn by batches, from a memory-mapped array.

``python benchmarks/out_of_core.py`` writes 4,000,000 x 64 numbers (1 GB, in the temporary folder, removed at the end) and fits
one epoch of each learner in a process of its own; ``--rows`` takes another number. Memory is what the process has of its own at
most (RssAnon), beyond what it had once everything was imported and few rows were fitted; pages of the file, which the system
takes back when it likes, do not count.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from measure import machine

from suffice import RBM, Autoencoder, NeuralClassifier

COLUMNS, CLASSES, PIECE = 64, 4, 100_000
LEARNERS = {
    "NeuralClassifier": lambda X, y: NeuralClassifier(epochs=1, batch_size=128, random_state=0, standardize=False).fit(
        X, y
    ),
    "Autoencoder": lambda X, y: Autoencoder(32, visible="bernoulli", epochs=1, batch_size=128, random_state=0).fit(X),
    "RBM": lambda X, y: RBM(32, sampler="cd", epochs=1, batch_size=128, random_state=0).fit(X),
}


def write(folder: Path, rows: int) -> None:
    """Rows of numbers from 0 to 1 in order of their classes, and these."""
    X = np.lib.format.open_memmap(folder / "rows.npy", "w+", np.float32, (rows, COLUMNS))
    y = np.sort(np.random.default_rng(0).integers(CLASSES, size=rows)).astype(np.int32)
    for start in range(0, rows, PIECE):
        own = y[start : start + PIECE, None]
        draw = np.random.default_rng([1, start]).random((len(own), COLUMNS), np.float32)
        X[start : start + PIECE] = draw < np.where(np.arange(COLUMNS) % CLASSES == own, 0.7, 0.2)
    np.save(folder / "labels.npy", y)


def memory() -> float:
    """Memory of this process alone, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


def fitted(folder: Path, name: str) -> dict[str, float]:
    """Seconds of an epoch and the most memory it took."""
    X, y = np.load(folder / "rows.npy", mmap_mode="r"), np.load(folder / "labels.npy")
    some = slice(None, None, len(X) // 2000)
    LEARNERS[name](np.array(X[some]), y[some])
    before, most, done = memory(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    LEARNERS[name](X, y)
    seconds = time.perf_counter() - begin
    done.set()
    watcher.join()
    return {"seconds": seconds, "rows_a_second": len(X) / seconds, "mb": most[0] - before}


def main() -> None:
    """Fit each learner in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--fit", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fit:
        print(json.dumps(fitted(Path(asked.fit[0]), asked.fit[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), asked.rows)
        found = {}
        for name in LEARNERS:
            command = [sys.executable, __file__, "--fit", folder, name]
            ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found[name] = json.loads(ended.stdout)
            print(name, found[name], flush=True)
    print(
        json.dumps(
            {"machine": machine(), "rows": asked.rows, "file_mb": asked.rows * COLUMNS * 4 / 2**20, "fits": found}
        )
    )


if __name__ == "__main__":
    main()
