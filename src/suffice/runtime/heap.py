"""Memory that is freed and needed again at once: kept by the process rather than given back and asked for anew."""

from __future__ import annotations

from functools import cache

import numpy as np

LARGEST = 30 * 2**20
"""Bytes of one allocation; glibc learns from those up to 32 MiB."""


@cache
def keep_freed_memory() -> None:
    """Lets glibc keep up to 60 MiB that are free at the end of the heap.

    It gives memory back beyond twice the largest allocation of its own that it has seen freed, and programs that free a few
    megabytes in each of many rounds spend as long on new pages as on numbers. One allocation of that size, never written to, is
    enough; other allocators take no notice.
    """
    np.empty(LARGEST, np.uint8)
