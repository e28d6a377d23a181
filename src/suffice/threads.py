"""Work shared out to threads, with results in the order of the items."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import jax

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """``fn`` of every item, in order, worked out by one thread a core, in the caller's JAX precision.

    Parameters
    ----------
    fn
        Function of an item that spends its time outside Python.
    items
        Items; at most two a core are taken before their results are.
    """
    double = jax.config.jax_enable_x64  # type: ignore[attr-defined]

    def work(item: Any) -> Any:
        with jax.enable_x64(double):
            return fn(item)

    waiting: deque[Future[Any]] = deque()
    try:
        for item in items:
            if len(waiting) >= 2 * CORES:
                yield waiting.popleft().result()
            waiting.append(_pool().submit(work, item))
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CORES, "suffice")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
