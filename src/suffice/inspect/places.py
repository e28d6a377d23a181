"""Sets of places along an axis, as whole numbers whose bits are the places."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from suffice.inspect.reads import Sliding


@dataclass(frozen=True)
class Places:
    """The places ``start`` + t for each bit t of ``taps``; bit 0 is always set, unless there are none."""

    start: int
    taps: int

    @property
    def last(self) -> int:
        """The last place."""
        return self.start + self.taps.bit_length() - 1

    @property
    def gapless(self) -> bool:
        """Whether no place is missing between the first and the last."""
        return self.taps & (self.taps + 1) == 0

    def within(self, other: Places) -> bool:
        """Whether all places are among others."""
        shift = self.start - other.start
        return shift >= 0 and (self.taps << shift) & ~other.taps == 0

    def union(self, other: Places) -> Places:
        """The places of either."""
        start = min(self.start, other.start)
        return Places(start, self.taps << (self.start - start) | other.taps << (other.start - start))


def normal(start: int, taps: int) -> Places:
    """Places whose first is ``start``, or later where bits are missing there."""
    empty = (taps & -taps).bit_length() - 1 if taps else 0
    return Places(start + empty, taps >> empty)


def between(first: int, last: int) -> Places:
    """All places from the first to the last."""
    return Places(first, (1 << (last - first + 1)) - 1)


def hull(one: Places, other: Places) -> Places:
    """All places between the first and the last of either."""
    return between(min(one.start, other.start), max(one.last, other.last))


def clipped(places: Places, length: int) -> Places:
    """Those from 0 to ``length`` - 1."""
    taps = places.taps << places.start if places.start >= 0 else places.taps >> -places.start
    return normal(0, taps & ((1 << length) - 1))


def slid(places: Places, step: Fraction, window: Sliding) -> Places:
    """What unit 0 sees through a window, where unit i of the operand sees ``places`` moved by ``step`` i."""
    if step.denominator == 1 and window.spread == 1:
        start = places.start - int(step) * window.before
        return Places(start, repeated(places.taps, window.kernel, int(step) * window.dilation))
    first = Fraction(-window.before, window.spread)
    last = first + Fraction((window.kernel - 1) * window.dilation, window.spread)
    return between(places.start + floor(step * ceil(first)), places.last + ceil(step * floor(last)) + 1)


def of_all_units(places: Places, step: Fraction, units: int, length: int) -> Places:
    """What all units of an axis together see of an input of this length."""
    if step.denominator == 1:
        return clipped(Places(places.start, repeated(places.taps, units, int(step))), length)
    return clipped(between(places.start, places.last + ceil(step * (units - 1))), length)


def repeated(taps: int, times: int, step: int) -> int:
    """Bits, and the same moved by ``step``, 2 ``step``, ..., by doubling."""
    found, done = taps, 1
    while done < times:
        more = min(done, times - done)
        found |= found << (more * step)
        done += more
    return found


def spread(taps: int, step: int) -> int:
    """Bits with ``step`` - 1 places between neighbours."""
    if step == 1:
        return taps
    return sum(1 << (step * place) for place in range(taps.bit_length()) if taps >> place & 1)


def gathered(taps: int, step: int) -> int:
    """Every bit whose place is a multiple of ``step``, brought together."""
    if step == 1:
        return taps
    return sum(1 << (place // step) for place in range(0, taps.bit_length(), step) if taps >> place & 1)


def as_mask(taps: int, length: int) -> np.ndarray:
    """True where there is a bit, shape (length,)."""
    packed = np.frombuffer(taps.to_bytes(-(-length // 8), "little"), np.uint8)
    return np.unpackbits(packed, count=length, bitorder="little").astype(bool)
