"""The value of a formula at a point, within limits of size."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from suffice.check.grammar.expression import COMPARISONS, Expression, places
from suffice.check.grammar.functions import FUNCTIONS, PAIRS

MOST_WORK = 3 * 10**7
"""Numbers that one evaluation may make; those of products of matrices count a sixteenth of their multiplications."""


LARGEST_INDEX = 2**53


class TooLargeError(ValueError):
    """A formula whose arrays would not fit the limits."""


NOTHING: Mapping[int, Any] = {}


class Meter:
    """Counts the numbers that an evaluation makes, and holds the values of parts that are known beforehand."""

    def __init__(self, most: int = MOST_WORK, known: Mapping[int, Any] = NOTHING):
        self.left, self.known = most, known

    def spend(self, numbers: float) -> None:
        """Takes so many numbers, or raises ``TooLargeError``."""
        self.left -= numbers
        if self.left < 0:
            raise TooLargeError(f"The formula makes arrays of more than {MOST_WORK:,} numbers in all.")


def evaluate(
    tree: Expression, point: Mapping[str, Any], most: int = MOST_WORK, known: Mapping[int, Any] = NOTHING
) -> Any:
    """Value of a formula; what NumPy refuses is a ``ValueError`` with one sentence.

    ``known`` are values of parts, by ``id``: formulas that share most of their parts are then evaluated quickly.
    """
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _value(tree, point, Meter(most, known))
    except (TooLargeError, UnknownNameError):
        raise
    except REFUSED as error:
        raise ValueError(f"The formula cannot be computed: {_first_line(error)}.") from None


REFUSED = (
    ValueError,
    IndexError,
    TypeError,
    np.linalg.LinAlgError,
    OverflowError,
    RecursionError,
    RuntimeError,
    MemoryError,
)
"""What NumPy raises where it cannot compute something."""


class UnknownNameError(ValueError):
    """A formula that names what is no variable."""


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:200]


def values_of_parts(tree: Expression, point: Mapping[str, Any]) -> dict[int, Any]:
    """Values of all parts of a formula that have one, by ``id``; they are valid while the formula lives."""
    known: dict[int, Any] = {}
    for _, part in reversed(list(places(tree))):
        if part.head not in ("slice", "none"):
            with suppress(ValueError):
                known[id(part)] = evaluate(part, point, known=known)
    return known


def _value(tree: Expression, point: Mapping[str, Any], meter: Meter) -> Any:
    if id(tree) in meter.known:
        return meter.known[id(tree)]
    if tree.head == "number":
        return tree.value
    if tree.head == "name":
        return _named(tree.value, point)
    if tree.head == "none":
        return Ellipsis if tree.value == "..." else None
    if tree.head == "slice":
        return slice(*(None if part.head == "none" else int(_value(part, point, meter)) for part in tree.parts))
    parts = [_value(part, point, meter) for part in tree.parts]
    return APPLIED.get(tree.head, _operated)(tree, parts, meter)


def _named(symbol: str, point: Mapping[str, Any]) -> Any:
    if symbol in point:
        return point[symbol]
    if symbol == "pi":
        return np.pi
    raise UnknownNameError(f"{symbol!r} is not among the variables: {', '.join(sorted(point))}.")


def _floating(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(float) if array.dtype.kind in "iub" else array


def _operated(tree: Expression, parts: list[Any], meter: Meter) -> Any:
    operands = [_floating(part) for part in parts]
    if tree.head == "@":
        meter.spend(_work_of_product(*operands) / 16)
        return np.matmul(*operands)
    meter.spend(_broadcast_size(operands))
    return OPERATIONS[tree.head](*operands)


def _work_of_product(a: np.ndarray, b: np.ndarray) -> float:
    return float(a.size) * (b.shape[-1] if b.ndim > 1 else 1) + float(b.size) * (a.shape[-2] if a.ndim > 1 else 1)


def _broadcast_size(operands: list[Any]) -> float:
    return float(np.prod(np.broadcast_shapes(*(np.shape(operand) for operand in operands)), dtype=float))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "neg": np.negative,
    **dict(
        zip(COMPARISONS, (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal), strict=True)
    ),
}


def _called(tree: Expression, parts: list[Any], meter: Meter) -> Any:
    name = str(tree.value)
    operands = parts if name in RAW else [_floating(part) for part in parts]
    meter.spend(WORK.get(name, _broadcast_size if name in PAIRS else _own_size)(operands))
    return FUNCTIONS[name](*operands, **dict(tree.options))


RAW = ("onehot", "len", "eye", "ones", "zeros", "array", "arange", "transpose")
WORK: dict[str, Callable[[list[Any]], float]] = {
    "outer": lambda parts: float(np.size(parts[0])) * np.size(parts[1]),
    "diag": lambda parts: float(np.size(parts[0])) ** (2 if np.ndim(parts[0]) == 1 else 1),
    "onehot": lambda parts: float(np.size(parts[0])) * abs(float(parts[1])),
    "eye": lambda parts: abs(float(parts[0])) * abs(float(parts[-1])),
    "ones": lambda parts: float(np.prod(np.abs(np.atleast_1d(parts[0])), dtype=float)),
    "zeros": lambda parts: float(np.prod(np.abs(np.atleast_1d(parts[0])), dtype=float)),
    "arange": lambda parts: abs(float(parts[0])),
    "where": lambda parts: _broadcast_size(parts),
    **dict.fromkeys(("inv", "det", "logdet"), lambda parts: float(np.size(parts[0])) * np.shape(parts[0])[-1] / 16),
    **dict.fromkeys(("dot", "matmul", "inner"), lambda parts: _work_of_product(parts[0], parts[1]) / 16),
    "solve": lambda parts: float(np.size(parts[0])) * (np.shape(parts[0])[-1] + np.size(parts[1])) / 16,
}


def _own_size(parts: list[Any]) -> float:
    return float(sum(np.size(part) for part in parts))


def _indexed(tree: Expression, parts: list[Any], meter: Meter) -> Any:
    array, indices = parts[0], [_index(part) for part in parts[1:]]
    found = np.asarray(array)[tuple(indices)]
    meter.spend(np.size(found))
    return found


def _index(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    array = np.asarray(part)
    if array.dtype.kind == "f":
        if not np.all((array == np.round(array)) & (np.abs(array) < LARGEST_INDEX)):
            raise ValueError("an index is no whole number that an array could have")
        array = array.astype(int)
    return array if array.ndim else array[()]


APPLIED: dict[str, Callable[..., Any]] = {
    "call": _called,
    "index": _indexed,
    "list": lambda tree, parts, meter: parts,
    "shape": lambda tree, parts, meter: list(np.shape(parts[0])),
}
