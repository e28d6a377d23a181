"""Quiet BLAS threads: OpenBLAS's own threads spin between calls and take the cores that XLA computes on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """Context in which NumPy's and SciPy's BLAS run on the calling thread alone.

    Examples
    --------
    >>> from suffice.blas import one_blas_thread
    >>> with one_blas_thread():
    ...     pass
    """
    return _controller().limit(limits=1, user_api="blas")
