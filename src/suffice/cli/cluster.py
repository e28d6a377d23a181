"""``--cluster`` and ``--workers``: row groups of Parquet files become partitions that Dask's workers read and sum."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from suffice.cli.batches import WeightedBatches
from suffice.cli.options import Job

SECONDS = 10
"""How long a cluster may take to answer."""


def on_cluster(job: Job) -> bool:
    """Whether a fit is asked for that workers do."""
    return job.cluster is not None or job.workers is not None


@contextmanager
def rows_for(job: Job, rows: Any) -> Iterator[Any]:
    """Rows as they are, or while workers are there as blocks that they read."""
    if not on_cluster(job):
        yield rows
        return
    with _client(job):
        yield blocks_of(rows)


def blocks_of(rows: Any) -> list[Any]:
    """A stream of Parquet files, with or without weights, as delayed blocks."""
    from dask.delayed import delayed

    from suffice.data.parquet_parts import parts_of

    weighted = isinstance(rows, WeightedBatches)
    parts = [delayed(part, pure=False, traverse=False) for part in parts_of(rows.batches if weighted else rows)]
    read = [delayed(_read, pure=False)(part) for part in parts]
    return [delayed(rows.split, pure=False)(part) for part in read] if weighted else read


def _read(part: Any) -> Any:
    return part()


def _client(job: Job) -> Any:
    if job.cluster is not None and job.workers is not None:
        raise ValueError("--cluster names a cluster and --workers starts one; give one of the two.")
    try:
        import distributed
    except ImportError:
        raise ValueError("--cluster and --workers need Dask: pip install 'suffice[cluster]'.") from None
    if job.workers is not None:
        return distributed.Client(
            n_workers=job.workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
        )
    return _connected(distributed, str(job.cluster))


def _connected(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=SECONDS)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"--cluster {address} does not answer within {SECONDS} seconds ({reason}): start a scheduler there, or correct the "
            "address."
        ) from None
