"""Supports of latent variables: what a word or a pair says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.check.problem import Point, call

LINES = ("real", "positive", "unit", "gaussian", "simplex")
MOST_COUNTED = 2048


@dataclass(frozen=True)
class Support:
    """States, one after another; or a continuous set, with the length of a vector where it is one."""

    kind: str
    states: tuple[float, ...] = ()
    size: int | None = None

    @property
    def discrete(self) -> bool:
        """Whether it has states."""
        return bool(self.states)


def support_of(given: Any, point: Point) -> Support:
    """A support as it is given; raises ``ValueError`` where it is none."""
    if isinstance(given, int | np.integer) and not isinstance(given, bool) and given > 0:
        return Support("states", tuple(range(int(given))))
    if given == "binary":
        return Support("binary", (0, 1))
    if given == "spin":
        return Support("spin", (-1, 1))
    if given == "count":
        return Support("count", tuple(range(MOST_COUNTED)))
    if isinstance(given, str) and given in LINES:
        return Support(given)
    if isinstance(given, tuple) and len(given) == 2:
        return _pair(given[0], given[1], point)
    raise ValueError(
        f"The support {given!r} is not known; use a number of states, 'binary', 'spin', 'real', 'positive', 'unit', 'gaussian', "
        "'count', or a pair such as ('states', [..]), ('real', 3) or ('simplex', 3)."
    )


def _pair(kind: str, what: Any, point: Point) -> Support:
    if kind == "states":
        return Support("states", _states(what, point))
    if kind == "ints":
        return Support("states", tuple(range(_whole(kind, what, point))))
    if kind == "count":
        return Support("count", tuple(range(MOST_COUNTED)), _whole(kind, what, point))
    if kind in LINES:
        return Support(kind, (), _whole(kind, what, point))
    raise ValueError(f"The support {(kind, what)!r} is not known; see check_posterior.")


def _states(what: Any, point: Point) -> tuple[float, ...]:
    found: Iterable[Any] = call(what, point) if callable(what) else what
    states = tuple(np.asarray(state).item() for state in found)
    if len(states) < 2:
        raise ValueError(f"A latent variable needs at least two states, not {states}.")
    return states


def _whole(kind: str, what: int | Callable[..., int], point: Point) -> int:
    size = call(what, point) if callable(what) else what
    if not isinstance(size, int | np.integer) or size < 1:
        raise ValueError(f"The support {kind!r} takes a whole number, not {size!r}.")
    return int(size)
