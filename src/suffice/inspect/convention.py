"""What is counted and how: the convention behind every number of an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from suffice.validation import check_choice, check_sizes


@dataclass(frozen=True)
class Convention:
    """What an account counts. Its sentence stands under every table.

    Parameters
    ----------
    bias
        Whether a bias is one more connection of each unit that it is added to. Biases have a column of their own either way.
    padding_taps
        Whether connections to zeros of the padding count.
    pool
        Whether pooled values are units, with a connection to each value of their window.
    mac_or_flop
        ``"mac"`` counts a multiplication and its addition as one, ``"flop"`` as two.
    batch
        Examples that units, connections, operations and bytes are for. Weights are there once.

    Raises
    ------
    ValueError
        When ``mac_or_flop`` is neither, ``batch`` is no whole number of at least 1, or another value is not True or False.

    Examples
    --------
    >>> from suffice.inspect import Convention
    >>> print(Convention())
    Convention: biases are no connections; connections to padded zeros count; pooling has no units; 1 multiply-accumulate
    is a multiplication and its addition; 1 example.
    """

    bias: bool = False
    padding_taps: bool = True
    pool: bool = False
    mac_or_flop: Literal["mac", "flop"] = "mac"
    batch: int = 1

    def __post_init__(self):
        for name in ("bias", "padding_taps", "pool"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}={getattr(self, name)!r} was given; True or False is expected.")
        check_choice("mac_or_flop", self.mac_or_flop, ("mac", "flop"))
        check_sizes(batch=self.batch)

    @property
    def operations(self) -> str:
        """Name of the column of operations."""
        return "multiply-accumulates" if self.mac_or_flop == "mac" else "FLOPs"

    def __str__(self) -> str:
        parts = (
            "biases are connections" if self.bias else "biases are no connections",
            f"connections to padded zeros {'count' if self.padding_taps else 'do not count'}",
            "pooled values are units" if self.pool else "pooling has no units",
            "1 multiply-accumulate is a multiplication and its addition"
            if self.mac_or_flop == "mac"
            else "a multiplication and its addition are 2 FLOPs",
            "1 example" if self.batch == 1 else f"{self.batch:,} examples",
        )
        return f"Convention: {'; '.join(parts)}."


CONVENTIONS = {
    "course": Convention(),
    "xla": Convention(bias=True, padding_taps=False, pool=True, mac_or_flop="flop"),
}
ConventionLike: TypeAlias = Convention | Literal["course", "xla"]
"""A convention, or the name of one."""


def as_convention(convention: ConventionLike) -> Convention:
    """The convention of a name, or the one given."""
    if isinstance(convention, Convention):
        return convention
    if not isinstance(convention, str) or convention not in CONVENTIONS:
        raise ValueError(
            f"convention={convention!r} was given; expected {' or '.join(map(repr, CONVENTIONS))}, or a "
            "suffice.inspect.Convention."
        )
    return CONVENTIONS[convention]
