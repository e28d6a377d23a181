"""What a fit on a cluster costs: rows a second with one and two workers, one pass without work, and the model of both.

``python benchmarks/scale.py`` fits 2,000,000 x 8 rows from Parquet; ``--rows 100000000`` takes a hundred million (3.2 GB in the
temporary folder, removed at the end; some 10 GB in each of two workers; it says so where there is less), ``--tasks 100000`` sends
so many partitions without work through the scheduler. Workers are processes of this machine with one thread each, and each of
them, like the process that streams and the client, says what memory it has taken at most. One worker, two workers, the process
that streams and Spark's mixture, where it is installed (`scale_spark.py`), are compared on the first twenty million rows at most;
two workers then take all. dask-ml has no mixture. The constants that `docs/scale.md` computes with are in the last line, which
is JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
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
COMPARED = 20_000_000
"""Rows that are fitted in several ways at most; fits of more are of fewer iterations."""
ROW_ON_DISK, ROW_IN_MEMORY = 40, 200
"""Bytes."""


def iterations_for(rows: int) -> tuple[int, int]:
    """Fits of so many iterations: their difference is that of iterations alone, whatever reading and starting takes."""
    return (3, 13) if rows <= COMPARED else (1, 4)


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
    """Seconds of an iteration by one process that streams, by one and two workers, and by Spark; and their memory."""
    some = min(count, len(files_in(folder)) * GROUP)
    ways: dict[str, Callable[[], Any]] = {
        "one worker": lambda: by_workers(1, files_in(folder), some),
        "two workers": lambda: by_workers(2, files_in(folder), some),
        "streaming": lambda: answer_of(__file__, "--streaming", folder),
    }
    if count > some:
        ways["all rows, two workers"] = lambda: by_workers(2, sorted(folder.glob("*.parquet")), count)
    if find_spec("pyspark"):
        ways["spark"] = lambda: answer_of(Path(__file__).with_name("scale_spark.py"), folder)
    found = {}
    for name, way in ways.items():
        found[name] = way()
        print(f"{name}: {found[name]}", flush=True)
    speed_up = found["one worker"]["iteration"] / found["two workers"]["iteration"]
    return found | {"client_mb": peak(), "speed_up": speed_up}


def by_workers(number: int, files: list[Path], count: int) -> dict[str, float]:
    """Seconds of an iteration by so many workers, and the most memory that one took."""
    with workers(number) as client:
        each, before = iteration(blocks_of(stream_parquet(files)), count)
        memory = max(client.run(peak).values())
    return {"rows": count, "iteration": each, "before": before, "rows_a_second": count / each, "worker_mb": memory}


def answer_of(*command: Any) -> Any:
    """What another program answers in its last line, which is JSON."""
    ended = subprocess.run([sys.executable, *map(str, command)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout.splitlines()[-1])


def files_in(folder: Path) -> list[Path]:
    """The files whose rows are fitted in several ways."""
    return sorted(folder.glob("*.parquet"))[: COMPARED // GROUP]


def streamed(folder: Path) -> dict[str, float]:
    """Seconds of an iteration by this process, which streams, and its memory."""
    rows = stream_parquet(files_in(folder))
    each, before = iteration(rows, rows.n_rows)
    return {"rows": rows.n_rows, "iteration": each, "before": before, "rows_a_second": rows.n_rows / each, "mb": peak()}


def refuse_too_many(rows: int, folder: Path) -> None:
    """Refuse rows for which there is no room."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    memory = 1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1])
    for there, needed, what in (
        (shutil.disk_usage(folder).free, rows * ROW_ON_DISK, "free on the disk of the temporary folder"),
        (memory, rows * ROW_IN_MEMORY, "of memory available"),
    ):
        if there < needed:
            raise SystemExit(f"{rows:,} rows need {needed / 1e9:.1f} GB; {there / 1e9:.1f} GB are {what}.")


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
    counts = sorted({10, 100, 1000, asked.tasks})
    passes = of_partitions(counts)
    task = (passes["1000"] - passes["10"]) / (1000 - 10)
    with tempfile.TemporaryDirectory() as folder:
        refuse_too_many(asked.rows, Path(folder))
        write(Path(folder), asked.rows)
        rows = of_rows(Path(folder), asked.rows)
    constants = {"task_ms": task, "pass_ms": passes["10"],
                 "row_ns": 1e9 / rows["one worker"]["rows_a_second"]}  # fmt: skip
    print(json.dumps({"machine": machine(), "passes_ms": passes, "rows": rows, "constants": constants}))


if __name__ == "__main__":
    main()
