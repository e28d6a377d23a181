"""What exact inference takes, worked out before it is done."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from suffice.bayesian.program import Program

TILE_BYTES = 2**20
"""Bytes of a factor that stays in the cache."""
MOST_BYTES = 2**28
"""Bytes of all factors of a tile, at most."""
LEAST_ROWS, MOST_ROWS = 64, 1000
"""Rows of a tile."""
SMALL = 2**26
"""So many bytes are not worth asking what is free."""
UNKNOWN = 2**32
"""Bytes that are free where the system does not say."""


@dataclass(frozen=True)
class Cost:
    """What exact inference takes.

    Parameters
    ----------
    largest_table
        Entries of the largest table that is multiplied or summed, for one row.
    bytes
        Memory for tables at a time, at most.
    operations
        Products, over all rows, forwards and backwards.
    """

    largest_table: int
    bytes: int
    operations: int

    def __str__(self) -> str:
        size, memory = f"{self.largest_table:,}", f"{self.bytes / 2**20:,.1f}"
        return f"a largest table of {size} entries, {memory} MiB and {self.operations:,} products"


def tile_rows(program: Program) -> int:
    """Rows of a tile: as many as keep the largest factor in the cache, but enough for loops along rows to be long."""
    cached = TILE_BYTES // (8 * program.largest)
    return min(max(LEAST_ROWS, cached), MOST_ROWS, max(1, MOST_BYTES // (8 * program.held)))


def cost_of_program(program: Program, rows: int = 1) -> Cost:
    """What a program takes for so many rows."""
    tile = min(rows, tile_rows(program))
    passes = 3 if program.backward else 1
    return Cost(max(program.products, default=1), 8 * tile * program.held, passes * rows * sum(program.products))


def total_cost(each: Iterable[Cost]) -> Cost:
    """What is done one after the other."""
    costs = list(each)
    return Cost(
        max(cost.largest_table for cost in costs),
        max(cost.bytes for cost in costs),
        sum(cost.operations for cost in costs),
    )


OTHER_METHODS = (
    "Raise max_bytes, give more evidence, or call marginals() of a BayesianNetwork with "
    'method="likelihood-weighting" or method="loopy", which are not exact.'
)


def check_memory(program: Program, rows: int = 1, max_bytes: int | None = None, way_out: str = OTHER_METHODS) -> None:
    """Refuses what takes more memory than is allowed, by default half of what is free, and says what to do."""
    cost = cost_of_program(program, rows)
    if cost.bytes < SMALL and max_bytes is None:
        return
    most = free_bytes() // 2 if max_bytes is None else max_bytes
    if cost.bytes > most:
        raise ValueError(f"Exact inference takes {cost}, more than max_bytes={most:,}. {way_out}")


def free_bytes() -> int:
    """Memory that can be had without swapping."""
    try:
        text = Path("/proc/meminfo").read_text()
        return 1024 * int(text.split("MemAvailable:")[1].split()[0])
    except (OSError, IndexError):
        return _free_pages()


def _free_pages() -> int:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return UNKNOWN
