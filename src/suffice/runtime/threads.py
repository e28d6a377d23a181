"""Work shared out to threads, with results in the order of the items."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from threading import local
from typing import Any

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """``fn`` of every item, in order, worked out by one thread a core, in the caller's JAX precision."""
    if getattr(_here, "working", False):
        yield from map(fn, items)
        return
    jax = sys.modules.get("jax")
    double = jax is not None and jax.config.jax_enable_x64

    def work(item: Any) -> Any:
        _here.working = True
        try:
            with nullcontext() if jax is None else jax.enable_x64(double):
                return fn(item)
        finally:
            _here.working = False

    waiting: deque[Future[Any]] = deque()
    try:
        for item in items:
            if len(waiting) >= 2 * CORES:
                yield waiting.popleft().result()
            waiting.append(_submitted(work, item))
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def alone() -> Iterator[None]:
    """Context in which ``in_threads`` works in the calling thread: others beside it have work of their own."""
    before, _here.working = getattr(_here, "working", False), True
    try:
        yield
    finally:
        _here.working = before


_here = local()
"""Whether this thread works for another one, which may wait for all the others."""


def _submitted(work: Callable[[Any], Any], item: Any) -> Future[Any]:
    """What a thread makes of an item; this one itself where Python is ending and starts no more work."""
    try:
        return _pool().submit(work, item)
    except RuntimeError:
        done: Future[Any] = Future()
        done.set_result(work(item))
        return done


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CORES, "suffice")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
