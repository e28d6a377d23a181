"""Which convolutions take an axis of one length to another: all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Literal, TypeAlias

from suffice.inspect.tabular import Table, Tabular
from suffice.inspect.windows import left_over, reach, windows
from suffice.validation import check_sizes

Allowed: TypeAlias = int | Iterable[int] | None
"""One number, several, or None for any."""
Kind: TypeAlias = Literal["convolution", "pooling", "transposed convolution"]
NAMES = ("kernel", "stride", "padding", "dilation")
LARGEST = 4096


@dataclass(frozen=True, order=True)
class ConvSolution:
    """One layer that takes an axis of one length to another.

    Attributes
    ----------
    kernel, stride, padding, dilation
        Its settings along the axis; ``padding`` zeros stand on each side.
    left_over
        Cells at the end of the (padded) axis that no window reaches: what rounding down cuts off. A transposed convolution
        adds as many cells at the end (``output_padding``).
    kind
        ``"convolution"``, ``"pooling"`` or ``"transposed convolution"``.

    Examples
    --------
    >>> from suffice.inspect import solve_conv
    >>> found = solve_conv(12, 8, padding=0)
    >>> first = next(iter(found))
    >>> first.kernel, first.stride, first.padding
    (5, 1, 0)
    """

    kernel: int
    stride: int
    padding: int
    dilation: int
    left_over: int = 0
    kind: Kind = "convolution"

    @property
    def exact(self) -> bool:
        """Whether nothing is cut off, or added, at the end."""
        return self.left_over == 0

    def output_size(self, in_size: int) -> int:
        """Length of the axis after the layer.

        Parameters
        ----------
        in_size
            Length before it.
        """
        if self.kind == "transposed convolution":
            reached = reach(self.kernel, self.dilation)
            return (in_size - 1) * self.stride - 2 * self.padding + reached + self.left_over
        return windows(in_size, self.kernel, self.stride, 2 * self.padding, self.dilation)


@dataclass(frozen=True)
class SolutionSet(Tabular):
    """All layers that take an axis from ``in_size`` to ``out_size``; iterating gives the convolutions.

    Attributes
    ----------
    in_size, out_size
        Lengths of the axis.
    convolutions, pooling, transposed
        Solutions of each kind, sorted by kernel, stride, padding and dilation.
    bounds
        The sentence that says among which layers these are all.

    Examples
    --------
    >>> from suffice.inspect import solve_conv
    >>> found = solve_conv(12, 8, stride=1)
    >>> len(found.convolutions), len(found.pooling), len(found.transposed)
    (4, 4, 2)
    """

    in_size: int
    out_size: int
    convolutions: tuple[ConvSolution, ...]
    pooling: tuple[ConvSolution, ...]
    transposed: tuple[ConvSolution, ...]
    bounds: str

    def __iter__(self) -> Iterator[ConvSolution]:
        return iter(self.convolutions)

    def __len__(self) -> int:
        return len(self.convolutions)

    def __getitem__(self, place: int) -> ConvSolution:
        return self.convolutions[place]

    def table(self) -> Table:
        """One row a solution."""
        found = (*self.convolutions, *self.pooling, *self.transposed)
        rows = tuple((one.kind, *(getattr(one, name) for name in NAMES), _exactness(one)) for one in found)
        return Table(("layer", *NAMES, "fit"), rows, notes=(self.bounds,))


def solve_conv(
    in_size: int,
    out_size: int,
    kernel: Allowed = None,
    stride: Allowed = None,
    padding: Allowed = None,
    dilation: Allowed = 1,
) -> SolutionSet:
    r"""Every convolution, pooling and transposed convolution that takes an axis of one length to another.

    .. math:: \text{out} = \lfloor (\text{in} + 2 p - d (k - 1) - 1) / s \rfloor + 1

    Kernels reach over at most the unpadded axis, :math:`d (k - 1) + 1 \le \text{in}`, strides are at most that length, and no
    window lies in the padding alone: :math:`p \le d (k - 1)`. Pooling has no dilation and pads by at most half its window. A
    transposed convolution is a convolution the other way round; cells that this leaves over are its output padding.

    Parameters
    ----------
    in_size, out_size
        Lengths of the axis before and after, from 1 to 4096.
    kernel, stride, padding, dilation
        What is allowed: a number, several such as ``{1, 2}``, or None for any.

    Returns
    -------
    SolutionSet
        All solutions within these bounds, sorted; iterating gives the convolutions.

    Raises
    ------
    ValueError
        When a length or a setting is out of range, or there is no solution: the sentence says what to loosen.

    Examples
    --------
    >>> from suffice.inspect import solve_conv
    >>> [(one.kernel, one.stride) for one in solve_conv(12, 8, padding=0)]
    [(5, 1)]
    >>> [(one.kernel, one.padding) for one in solve_conv(12, 8, stride=1)]
    [(5, 0), (7, 1), (9, 2), (11, 3)]
    """
    check_sizes(in_size=in_size, out_size=out_size)
    if max(in_size, out_size) > LARGEST:
        raise ValueError(f"Lengths {in_size} and {out_size} were given; at most {LARGEST} is expected.")
    asked = (kernel, stride, padding, dilation)
    allowed = {name: _numbers(name, value, name != "padding") for name, value in zip(NAMES, asked, strict=True)}
    found = _all_kinds(in_size, out_size, allowed)
    if not any(found):
        raise ValueError(_nothing(in_size, out_size, allowed))
    return SolutionSet(in_size, out_size, *found, _bounds(in_size, allowed))


def solve_text(text: str) -> SolutionSet:
    """``solve_conv`` of a line such as ``"12 -> 8, padding 0, stride 1 or 2"``."""
    sizes, *parts = re.split(r"\s*,\s*", text.strip())
    lengths = re.fullmatch(r"(\d+)\s*(?:->|→|to)\s*(\d+)", sizes)
    settings = [
        re.fullmatch(r"(kernel|stride|padding|dilation)\s*=?\s*(any|\d+(?:\s+or\s+\d+)*)", one) for one in parts
    ]
    if lengths is None or not all(settings):
        raise ValueError(
            f"{text!r} was given; expected lengths and settings, such as '12 -> 8, padding 0, stride 1 or 2, dilation any'."
        )
    named = {one[1]: None if one[2] == "any" else {*map(int, re.findall(r"\d+", one[2]))} for one in settings if one}
    return solve_conv(int(lengths[1]), int(lengths[2]), **{"dilation": 1, **named})


Settings: TypeAlias = dict[str, frozenset[int] | None]
Found: TypeAlias = tuple[tuple[ConvSolution, ...], tuple[ConvSolution, ...], tuple[ConvSolution, ...]]


def _all_kinds(in_size: int, out_size: int, allowed: Settings) -> Found:
    undilated = allowed["dilation"] is None or 1 in allowed["dilation"]
    pooling = _solutions(in_size, out_size, {**allowed, "dilation": frozenset({1})}, "pooling") if undilated else ()
    transposed = _solutions(out_size, in_size, allowed, "transposed convolution")
    return _solutions(in_size, out_size, allowed, "convolution"), pooling, transposed


def _solutions(length: int, outputs: int, allowed: Settings, kind: Kind) -> tuple[ConvSolution, ...]:
    """Layers with ``outputs`` windows on an axis of ``length``."""
    return tuple(
        sorted(
            ConvSolution(
                kernel, stride, padding, dilation, left_over(length, kernel, stride, 2 * padding, dilation), kind
            )
            for kernel in _within(allowed["kernel"], 1, length)
            for dilation in _dilations(allowed["dilation"], kernel, length)
            for padding in _within(allowed["padding"], 0, _most_padding(kernel, dilation, kind))
            for stride in _strides(length + 2 * padding - reach(kernel, dilation), outputs, allowed["stride"], length)
        )
    )


def _strides(room: int, outputs: int, allowed: frozenset[int] | None, most: int) -> Iterable[int]:
    """Strides with which ``outputs`` windows fit, where the first may move by ``room``: room // stride = outputs - 1."""
    if room < 0:
        return ()
    if outputs == 1:
        return _within(allowed, room + 1, most)
    return _within(allowed, room // outputs + 1, min(room // (outputs - 1), most))


def _dilations(allowed: frozenset[int] | None, kernel: int, length: int) -> Iterable[int]:
    """Dilations with which the kernel stays within the axis; one of a single tap has none."""
    most = 1 if kernel == 1 else (length - 1) // (kernel - 1)
    return _within(allowed, 1, most)


def _most_padding(kernel: int, dilation: int, kind: Kind) -> int:
    return kernel // 2 if kind == "pooling" else reach(kernel, dilation) - 1


def _within(allowed: frozenset[int] | None, least: int, most: int) -> Iterable[int]:
    if allowed is None:
        return range(least, most + 1)
    return [number for number in allowed if least <= number <= most]


def _numbers(name: str, value: Allowed, positive: bool) -> frozenset[int] | None:
    if value is None:
        return None
    numbers = [value] if isinstance(value, Integral) else list(value) if isinstance(value, Iterable) else [value]
    if not numbers or isinstance(value, str):
        raise ValueError(f"{name}={value!r} was given; a whole number, several, or None for any is expected.")
    for number in numbers:
        check_sizes(int(positive), **{name: number})
    return frozenset(map(int, numbers))


def _nothing(in_size: int, out_size: int, allowed: Settings) -> str:
    """Which single constraint to loosen so that there is a solution."""
    asked = [name for name in NAMES if allowed[name] is not None]
    helpful = [name for name in asked if any(_all_kinds(in_size, out_size, {**allowed, name: None}))]
    what = ", ".join(f"{name} {_listed(allowed[name])}" for name in asked)
    advice = f"loosen {' or '.join(helpful)}" if helpful else "loosen more than one of these"
    return f"No layer takes {in_size} to {out_size} with {what}: {advice}."


def _listed(numbers: frozenset[int] | None) -> str:
    return " or ".join(map(str, sorted(numbers or ())))


def _bounds(in_size: int, allowed: Settings) -> str:
    dilation = "any dilation" if allowed["dilation"] is None else f"dilation {_listed(allowed['dilation'])}"
    return (
        f"All solutions with {dilation}, kernels reaching over at most the unpadded axis, strides at most its length, and no "
        "window in the padding alone."
    )


def _exactness(one: ConvSolution) -> str:
    if one.exact:
        return "exact"
    added = one.kind == "transposed convolution"
    return f"output padding {one.left_over}" if added else f"{one.left_over} left over"
