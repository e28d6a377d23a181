"""What is summed over rows, or worked out for each of them: functions of a tile of rows and their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from suffice.rows.missing import MissingLayout
from suffice.runtime.arrays import Array
from suffice.runtime.module import Module


class RowFunction(Module):
    """A function of rows (n, D) and weights (n,) that says how it wants them; a plain function will do where it has no wishes."""

    missing: ClassVar[MissingLayout | None] = None
    """How it takes rows with missing cells: as ``MaskedRows`` or ``PatternRows``; None where it does not."""
    elementwise: ClassVar[bool] = False
    """Whether its time is in long elementwise steps, for which programs are compiled otherwise: ``runtime.compiling``."""

    @property
    def ready(self) -> bool:
        """Whether nothing is left to be prepared."""
        return True

    def prepare(self) -> Callable[..., Any]:
        """The function with all worked out that tiles share; asked once a pass."""
        return self

    def __call__(self, rows: Any, weight: Array) -> Any:
        raise NotImplementedError


def prepare(fn: Callable[..., Any]) -> Callable[..., Any]:
    """``fn.prepare()`` of a ``RowFunction``; any other function as it is."""
    return fn.prepare() if isinstance(fn, RowFunction) else fn
