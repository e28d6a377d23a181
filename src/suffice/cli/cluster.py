"""``--cluster`` and ``--workers``: row groups of Parquet files, and whole texts, become partitions that Dask's workers read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from suffice.cli.batches import RenamedBatches, WeightedBatches
from suffice.cli.options import RUN, Job

SECONDS = 10
"""How long a cluster may take to answer."""


@dataclass(frozen=True)
class Workers:
    """Who says what a model says of rows."""

    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Let this Dask cluster read DATA, such as tcp://host:8786, and write a folder of "
                     "Parquet files to --out.", show_default="none", rich_help_panel=RUN),
    ] = None  # fmt: skip
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="The same with so many processes of this machine.", show_default="none",
                     rich_help_panel=RUN),
    ] = None  # fmt: skip


def on_cluster(job: Job | Workers) -> bool:
    """Whether workers are asked for."""
    return job.cluster is not None or job.workers is not None


@contextmanager
def rows_for(job: Job, rows: Any) -> Iterator[Any]:
    """Rows as they are, or while workers are there as blocks that they read."""
    if not on_cluster(job):
        yield rows
        return
    from suffice.rows.cluster.waiting import refuse_too_large

    with client_for(job) as client:
        refuse_too_large(client, _size(rows), "let one process read them: --stream in place of --cluster and --workers")
        yield blocks_of(rows)


def blocks_of(rows: Any) -> list[Any]:
    """A stream of files, with or without weights or under other names, as delayed blocks."""
    from dask.delayed import delayed

    if isinstance(rows, RenamedBatches):
        return [delayed(rows.renamed, pure=False)(block) for block in blocks_of(rows.batches)]
    if isinstance(rows, WeightedBatches):
        return [delayed(rows.split, pure=False)(block) for block in blocks_of(rows.batches)]
    return [delayed(_read, pure=False)(delayed(part, pure=False, traverse=False)) for part in _parts_of(rows)]


def _size(rows: Any) -> float:
    """Bytes of the numbers in Parquet files; 0 of texts, whose rows nobody has counted."""
    while isinstance(rows, RenamedBatches | WeightedBatches):
        rows = rows.batches
    return float(rows.n_rows * rows.n_features * rows.dtype.itemsize) if hasattr(rows, "n_rows") else 0.0


def _parts_of(rows: Any) -> list[Any]:
    from suffice.data.delimited_stream import DelimitedRows
    from suffice.data.parquet_parts import parts_of

    return rows.parts() if isinstance(rows, DelimitedRows) else parts_of(rows)


def _read(part: Any) -> Any:
    return part()


def client_for(job: Job | Workers) -> Any:
    """A client of the cluster that is named, or of one that is started here."""
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
