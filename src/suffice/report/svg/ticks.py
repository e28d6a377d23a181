"""Round numbers along an axis, and how they are written."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, floor, log10

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
EPSILON = 1e-9


def linear_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Multiples of a round number from ``low`` to ``high``, with at most so many steps between them."""
    step = _step((high / max(most, 1)) - (low / max(most, 1)), whole)
    first, last = ceil(low / step - EPSILON), floor(high / step + EPSILON)
    while last - first > max(most, 1):
        step = _step(step * 1.01, whole)
        first, last = ceil(low / step - EPSILON), floor(high / step + EPSILON)
    return list(dict.fromkeys(float(place * step) for place in range(first, last + 1)))


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from ``low`` to ``high``, with 2 and 5 of each where there are few; round numbers of a short range."""
    first, last = floor(log10(low)), ceil(log10(high))
    powers = [float(f"1e{power}") for power in range(first, last + 1, max(1, -(-(last - first) // max(most, 1))))]
    finer = powers if last - first > 2 else [head * power for power in powers for head in (1.0, 2.0, 5.0)]
    found = [tick for tick in finer if low * (1 - EPSILON) <= tick <= high * (1 + EPSILON)]
    return found if len(found) > 1 else [tick for tick in linear_ticks(low, high, most) if tick > 0]


def labels(ticks: list[float]) -> list[str]:
    """Ticks at equal steps in as few digits as keep them apart."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    step = min((b - a for a, b in pairwise(ticks)), default=largest) or 1.0
    if largest and (largest >= 1e6 or largest < 1e-4):
        digits = next((d for d in range(16) if all(_told(tick, d, step) for tick in ticks)), 16)
        return [_short(tick, digits) for tick in ticks]
    decimals = next((d for d in range(13) if abs(round(step, d) - step) <= 1e-6 * step), 12)
    return [f"{0.0 if abs(tick) < EPSILON * step else tick:,.{decimals}f}" for tick in ticks]


def log_labels(ticks: list[float]) -> list[str]:
    """Ticks of a logarithm, each in as few digits as it needs."""
    return [f"{tick:,g}" if 1e-4 <= tick < 1e6 else _short(tick, 6) for tick in ticks]


def _told(value: float, digits: int, step: float) -> bool:
    return abs(float(f"{value:.{digits}e}") - value) <= 1e-3 * step


def _short(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    head, power = f"{value:.{digits}e}".split("e")
    head = head.rstrip("0").rstrip(".") if "." in head else head
    return f"{head}e{int(power)}"


def _step(least: float, whole: bool) -> float:
    """The smallest round number that is at least so large."""
    least = max(least, 1.0 if whole else 5e-308)
    power = 10.0 ** floor(log10(least))
    found = next(step * power for step in STEPS if step * power >= least * (1 - EPSILON))
    return float(ceil(found - EPSILON)) if whole else found
