"""Who computes: NumPy, where that is done before JAX has started, or programs that JAX compiles. The work alone decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

Road = Literal["numpy", "jax"]
ROADS: tuple[Road, ...] = ("numpy", "jax")
LITTLE = 3e7
"""Work, in rows x columns x components x restarts x passes, that NumPy does in the time that JAX takes to start.

Where missing cells are regressed on others, it is times the columns again.
"""
WIDE = 100
"""Times as much of no more rows than columns is little: their sums are long products, in which NumPy loses hardly anything."""
SHARE = 30
"""One pass of more than this part of it is JAX's at once."""

_asked: ContextVar[Road | None] = ContextVar("suffice_road", default=None)


@contextmanager
def computed_by(road: Road) -> Iterator[None]:
    """Context in which mixtures, factor models and classifiers are computed by ``"numpy"`` or by ``"jax"``, whatever the work.

    Without it NumPy computes tables in memory that are little work: rows x columns x components x restarts x iterations of at
    most 3e7, or of no more rows than columns a hundred times as much, and one iteration of at most a thirtieth of that. Programs
    compiled by JAX go on from there. Where cells are missing and columns depend on one another, an iteration counts as many
    times as there are columns. Batches and arrays spread over devices are JAX's, sparse rows NumPy's in any case. Both give the
    same to rounding.

    Parameters
    ----------
    road
        ``"numpy"`` or ``"jax"``.

    Raises
    ------
    ValueError
        If ``road`` is another word.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> from suffice.runtime import computed_by
    >>> rows = np.array([[1.0], [1.2], [0.8], [9.0], [9.2], [8.8]])
    >>> with computed_by("numpy"):
    ...     mixture = GaussianMixture(2, random_state=0).fit(rows)
    >>> print(mixture.weights_)
    [0.5 0.5]
    """
    if road not in ROADS:
        raise ValueError(f"computed_by({road!r}) was asked for; 'numpy' or 'jax' is expected.")
    before = _asked.set(road)
    try:
        yield
    finally:
        _asked.reset(before)


def passes_by_numpy(work: float, wide: bool = False) -> float:
    """How many passes over the data, each of so much work, are NumPy's; 0 where JAX does them all.

    ``wide`` says that the rows are no more than the columns.
    """
    asked, little = _asked.get(), LITTLE * (WIDE if wide else 1)
    if asked is not None:
        return float("inf") if asked == "numpy" else 0
    return 0 if work * SHARE > little else little // max(1.0, work)
