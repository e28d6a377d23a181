"""The value of a formula at a point, within limits of size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from suffice.check.grammar.expression import COMPARISONS, Expression
from suffice.check.grammar.functions import FUNCTIONS, PAIRS

MOST_WORK = 3 * 10**7
"""Numbers that one evaluation may make; those of products of matrices count a sixteenth of their multiplications."""


class TooLargeError(ValueError):
    """A formula whose arrays would not fit the limits."""


class Meter:
    """Counts the numbers that an evaluation makes."""

    def __init__(self, most: int = MOST_WORK):
        self.left = most

    def spend(self, numbers: float) -> None:
        """Takes so many numbers, or raises ``TooLargeError``."""
        self.left -= numbers
        if self.left < 0:
            raise TooLargeError(f"The formula makes arrays of more than {MOST_WORK} numbers in all.")


def evaluate(tree: Expression, point: Mapping[str, Any], most: int = MOST_WORK) -> Any:
    """Value of a formula; what NumPy refuses is a ``ValueError`` with one sentence."""
    try:
        with np.errstate(all="ignore"):
            return _value(tree, point, Meter(most))
    except (TooLargeError, UnknownNameError):
        raise
    except (ValueError, IndexError, TypeError, np.linalg.LinAlgError, OverflowError, RecursionError) as error:
        raise ValueError(f"The formula cannot be computed: {_first_line(error)}.") from None


class UnknownNameError(ValueError):
    """A formula that names what is no variable."""


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:200]


def _value(tree: Expression, point: Mapping[str, Any], meter: Meter) -> Any:
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
        if not np.all(array == np.round(array)):
            raise ValueError("an index is not a whole number")
        array = array.astype(int)
    return array if array.ndim else array[()]


APPLIED: dict[str, Callable[..., Any]] = {
    "call": _called,
    "index": _indexed,
    "list": lambda tree, parts, meter: parts,
    "shape": lambda tree, parts, meter: list(np.shape(parts[0])),
}
