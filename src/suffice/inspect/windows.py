"""Arithmetic of windows that slide along one axis."""

from __future__ import annotations


def reach(kernel: int, dilation: int = 1) -> int:
    """Cells from the first to the last tap of a kernel."""
    return dilation * (kernel - 1) + 1


def windows(length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Windows that fit into an axis with ``padding`` zeros on both sides together; 0 where none does."""
    room = length + padding - reach(kernel, dilation)
    return room // stride + 1 if room >= 0 else 0


def left_over(length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Cells at the end that no window reaches since the stride leaves them out."""
    return (length + padding - reach(kernel, dilation)) % stride


def taps_on_input(length: int, kernel: int, stride: int, before: int, outputs: int, dilation: int = 1) -> int:
    """Taps of all windows along an axis that lie on the input rather than on padding."""
    return sum(_places_within(place * stride - before, kernel, dilation, length) for place in range(outputs))


def _places_within(start: int, kernel: int, dilation: int, length: int) -> int:
    first = max(0, -(start // dilation)) if start < 0 else 0
    last = min(kernel - 1, (length - 1 - start) // dilation)
    return max(0, last - first + 1)
