"""The client of a cluster that is there already, and waiting for it that ends: with a result or with a sentence."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

POLL_SECONDS = 1.0
"""Time between two looks at whether the cluster still works."""
PATIENCE_SECONDS = 60.0
"""How long a cluster may be without any worker."""
COPIES = 2
"""Rows as they were read, and as they are summed."""
WORKING = ("running", "connecting")
NO_CLIENT = (
    "The rows are a Dask collection and no Dask client is there to work on it; start one first, such as "
    "distributed.Client(n_workers=2) on this machine or distributed.Client('tcp://host:8786') for a cluster."
)


class ClusterError(OSError):
    """A cluster that does not answer, has lost its workers, or whose workers cannot work for this process."""


def current_client() -> Any:
    """The client that exists; nothing starts one."""
    distributed = sys.modules.get("distributed")
    try:
        if distributed is not None:
            return distributed.default_client()
    except ValueError:
        pass
    raise ClusterError(NO_CLIENT)


@contextmanager
def reaching(client: Any) -> Iterator[None]:
    """Context in which whatever goes wrong since the scheduler is out of reach is said to be that."""
    try:
        yield
    except Exception as error:
        if client.status in WORKING or isinstance(error, ClusterError):
            raise
        raise ClusterError(_lost(client)) from None


def result_of(client: Any, future: Any) -> Any:
    """What a future comes to; what went wrong on the workers is raised here."""
    from distributed import wait

    seen = time.monotonic()
    while not future.done():
        try:
            wait(future, timeout=POLL_SECONDS)
        except TimeoutError:
            seen = _still_working(client, seen)
    return _settled(client, future)


def refuse_too_large(client: Any, size: float, otherwise: str) -> None:
    """Refuse rows of so many bytes that the workers cannot hold; ``otherwise`` says what can be done besides."""
    there = memory_of(client)
    if there and COPIES * size > there:
        raise ValueError(
            f"The rows take {size / 2**30:.1f} GiB, {COPIES} times that in a fit, and the workers have {there / 2**30:.1f} GiB "
            f"together: add workers, leave out columns, or {otherwise}."
        )


def memory_of(client: Any) -> int:
    """Bytes that all workers may take together; 0 where one has no limit."""
    limits = [worker["memory_limit"] for worker in _workers(client)]
    return sum(limits) if all(limits) else 0


def _workers(client: Any) -> list[dict[str, Any]]:
    return list(client.scheduler_info(n_workers=-1)["workers"].values())


def _still_working(client: Any, seen: float) -> float:
    """When a worker was last seen; a cluster that has none for a minute, or is out of reach, is given up."""
    if client.status not in WORKING:
        raise ClusterError(_lost(client))
    if _workers(client):
        return time.monotonic()
    if time.monotonic() - seen > PATIENCE_SECONDS:
        raise ClusterError(
            f"The cluster has had no worker for {PATIENCE_SECONDS:.0f} seconds; start workers, and fit again (with checkpoint= "
            "the fit goes on from where it was)."
        )
    return seen


def _settled(client: Any, future: Any) -> Any:
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        count = 1 + error.allowed_failures
        died = "A worker died" if count == 1 else f"{count} workers died one after the other"
        raise ClusterError(
            f"{died} at the same task, most likely for want of memory: "
            "make the partitions smaller, or give the workers more memory."
        ) from None
    except CancelledError:
        raise ClusterError(_lost(client)) from None


def _lost(client: Any) -> str:
    return (
        f"The connection to the scheduler of the cluster was lost (the client is {client.status}); connect again and repeat the "
        "call: a fit with checkpoint= goes on from where it was."
    )
