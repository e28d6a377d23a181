"""Quiet BLAS threads: OpenBLAS's own threads spin between calls and take the cores that XLA computes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from threading import Lock

from threadpoolctl import ThreadpoolController


class _Limit:
    """The limit is the whole process's: the first to need it sets it, the last one takes it back."""

    def __init__(self):
        import_module("scipy.linalg")
        self.lock, self.users, self.controller = Lock(), 0, ThreadpoolController()

    def enter(self) -> None:
        with self.lock:
            if self.users == 0:
                self.limiter = self.controller.limit(limits=1, user_api="blas")
            self.users += 1

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.limiter.restore_original_limits()


_limit = cache(_Limit)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Context in which NumPy's and SciPy's BLAS run on the calling thread alone."""
    _limit().enter()
    try:
        yield
    finally:
        _limit().leave()
