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
        self.lock, self.users = Lock(), 0
        self.libraries = ThreadpoolController().select(user_api="blas").lib_controllers

    def enter(self) -> None:
        with self.lock:
            if self.users == 0:
                self.before = [library.num_threads for library in self.libraries]
                for library in self.libraries:
                    library.set_num_threads(1)
            self.users += 1

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                for library, threads in zip(self.libraries, self.before, strict=True):
                    library.set_num_threads(threads)


_limit = cache(_Limit)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Context in which NumPy's and SciPy's BLAS run on the calling thread alone."""
    _limit().enter()
    try:
        yield
    finally:
        _limit().leave()
