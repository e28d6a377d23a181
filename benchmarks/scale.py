"""What a fit on a cluster costs: rows a second with one and two workers, one pass without work, and the model of both.

``python benchmarks/scale.py`` fits 2,000,000 x 8 rows from Parquet; ``--rows 100000000`` takes a hundred million (3.2 GB in the
temporary folder, removed at the end; 5 GB in each of two workers), ``--tasks 100000`` sends so many partitions without work
through the scheduler. Workers are processes of this machine with one thread each, and each of them, like the process that
streams, says what memory it has taken at most. Of many rows the process that streams reads the first twenty million. dask-ml has
no mixture; Spark's is not run here. The constants that `docs/scale.md` computes with are in the last line, which is JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pyarrow as pa
from dask.delayed import delayed
from measure import machine
from pyarrow import parquet

from suffice import GaussianMixture, total
from suffice.cli.cluster import blocks_of
from suffice.data import stream_parquet

COLUMNS, COMPONENTS, GROUP = 8, 8, 500_000
"""Columns and components of the fit; rows in a row group, which is a partition."""
FEW_PARTITIONS = 1000
"""Up to so many are passed over several times."""
MANY = 10_000_000
"""Rows from which on fits are of fewer iterations."""
STREAMED = 20_000_000
"""Rows that the process that streams reads at most."""


def iterations_for(rows: int) -> tuple[int, int]:
    """Fits of so many iterations: their difference is that of iterations alone, whatever reading and starting takes."""
    return (3, 13) if rows < MANY else (1, 4)


@contextmanager
def workers(count: int) -> Iterator[Any]:
    """A client of so many processes with one thread each."""
    with distributed.Client(n_workers=count, threads_per_worker=1, dashboard_address=None, memory_limit=0,
                            silence_logs=logging.CRITICAL) as client:  # fmt: skip
        yield client


def write(folder: Path, rows: int) -> None:
    """Rows around eight centres, in files of one row group."""
    centres = 3 * np.random.default_rng(0).standard_normal((COMPONENTS, COLUMNS))
    for part, start in enumerate(range(0, rows, GROUP)):
        draw, count = np.random.default_rng([1, part]), min(GROUP, rows - start)
        values = (centres[draw.integers(COMPONENTS, size=count)] + draw.standard_normal((count, COLUMNS))).astype("f4")
        table = pa.table({f"x{column}": values[:, column] for column in range(COLUMNS)})
        parquet.write_table(table, folder / f"{part:06}.parquet")


def seconds(rows: Any, iterations: int) -> float:
    """Seconds of a fit of so many iterations."""
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        GaussianMixture(COMPONENTS, random_state=0, tol=0.0, max_iter=iterations).fit(rows)
    return time.perf_counter() - begin


def iteration(rows: Any, count: int) -> tuple[float, float]:
    """Seconds of an iteration over so many rows, and of all else: reading, looking, starting."""
    few, many = iterations_for(count)
    short, long = seconds(rows, few), seconds(rows, many)
    each = (long - short) / (many - few)
    return each, short - few * each


def peak() -> float:
    """Largest memory of a process so far, MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def of_rows(folder: Path, count: int) -> dict[str, Any]:
    """Seconds of an iteration by one process that streams, and by one and two workers; and their memory."""
    stream, found = stream_parquet(folder), {}
    for name, number in (("one worker", 1), ("two workers", 2)):
        with workers(number) as client:
            each, before = iteration(blocks_of(stream), count)
            memory = max(client.run(peak).values())
        found[name] = {"iteration": each, "before": before, "rows_a_second": count / each, "worker_mb": memory}
        print(f"{name}: {each:.3f} s an iteration, {before:.1f} s before, {memory:.0f} MB a worker", flush=True)
    found["client_mb"] = peak()
    ended = subprocess.run(
        [sys.executable, __file__, "--streaming", folder], stdout=subprocess.PIPE, text=True, check=True
    )
    found["streaming"] = json.loads(ended.stdout)
    print(f"the client: {peak():.0f} MB; one process streaming: {found['streaming']}", flush=True)
    found["speed_up"] = found["one worker"]["iteration"] / found["two workers"]["iteration"]
    return found


def streamed(folder: Path) -> dict[str, float]:
    """Seconds of an iteration by this process, which streams, and its memory."""
    files = sorted(folder.glob("*.parquet"))[: STREAMED // GROUP]
    rows = stream_parquet(files)
    each, before = iteration(rows, rows.n_rows)
    return {"rows": rows.n_rows, "iteration": each, "before": before, "rows_a_second": rows.n_rows / each, "mb": peak()}


def nothing(rows: Any, weight: Any) -> Any:
    """A sum that is no work."""
    return weight.sum()


def of_partitions(counts: list[int], passes: int = 5) -> dict[str, float]:
    """Milliseconds of a pass over so many partitions of one row, the fastest of some."""
    found = {}
    with workers(2):
        for count in counts:
            blocks = [delayed(np.zeros, pure=False)((1, 1)) for _ in range(count)]
            held = Passes(blocks)
            found[str(count)] = 1000 * min(held.seconds() for _ in range(passes + 1 if count <= FEW_PARTITIONS else 2))
            print(f"{count} partitions: {found[str(count)]:.0f} ms a pass", flush=True)
    return found


class Passes:
    """Passes over partitions that stay with their workers."""

    def __init__(self, blocks: list[Any]):
        from suffice.rows.cluster.collections import partitioned

        self.data, _ = partitioned(blocks)

    def seconds(self) -> float:
        """Seconds of one."""
        begin = time.perf_counter()
        total(nothing, self.data)
        return time.perf_counter() - begin


def main() -> None:
    """Measure, and print the constants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--streaming", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.streaming is not None:
        print(json.dumps(streamed(asked.streaming)))
        return
    counts = sorted({10, 100, 1000, asked.tasks} - {count for count in (1000,) if asked.tasks < count})
    passes = of_partitions(counts)
    task = (passes[str(counts[-1])] - passes[str(counts[0])]) / (counts[-1] - counts[0])
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), asked.rows)
        rows = of_rows(Path(folder), asked.rows)
    constants = {"task_ms": task, "pass_ms": passes[str(counts[0])],
                 "row_ns": 1e9 * rows["one worker"]["iteration"] / asked.rows}  # fmt: skip
    print(json.dumps({"machine": machine(), "passes_ms": passes, "rows": rows, "constants": constants}))


if __name__ == "__main__":
    main()
