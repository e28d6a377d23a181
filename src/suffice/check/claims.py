"""What a person claims: a function, a formula, numbers or a SymPy object, called by the names of its arguments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

import numpy as np

from suffice.check.grammar.evaluating import evaluate
from suffice.check.grammar.expression import Expression, names_in
from suffice.check.grammar.reading import read
from suffice.check.grammar.source import formula_of


class ClaimError(ValueError):
    """A claim that gives nothing to compare, with the sentence that says why."""


@dataclass(frozen=True)
class Claim:
    """A claim as a function of a point, its formula where it has one that can be read, and what it takes where that is known."""

    value: Callable[[Mapping[str, Any]], Any]
    formula: Expression | None = None
    constant: bool = False
    taken: frozenset[str] | None = None

    def __call__(self, point: Mapping[str, Any]) -> Any:
        return self.value(point)

    def array(self, point: Mapping[str, Any]) -> np.ndarray:
        """The claim as one array of numbers."""
        return as_array(self.value(point))


def claim_of(claim: Any, names: set[str]) -> Claim:
    """Any claim; raises ``ClaimError`` where it can be none. ``names`` are what it may take."""
    if isinstance(claim, Claim):
        return claim
    if isinstance(claim, str):
        return _formula(claim, names)
    if hasattr(claim, "free_symbols"):
        return _symbolic(claim, names)
    if callable(claim):
        return Claim(_by_name(claim, names), formula_of(claim, names), taken=_taken(claim))
    if isinstance(claim, tuple) and any(isinstance(part, str) or callable(part) for part in claim):
        parts = [claim_of(part, names) for part in claim]
        return Claim(lambda point: tuple(part.value(point) for part in parts), taken=_taken_by_all(parts))
    if claim is None:
        raise ClaimError("There is no claim: give a function, a formula as a string, or numbers.")
    return Claim(lambda point: claim, constant=True)


def as_array(value: Any) -> np.ndarray:
    """What a claim returned as an array of float64 (float32 stays so), or a ``ClaimError`` that says what it is."""
    if value is None:
        raise ClaimError("Your function returned None; end it with return and the answer.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            array = np.asarray(value)
            array = array.astype(float) if array.dtype.kind in "biu" or array.dtype == object else array
    except Exception:
        raise ClaimError(f"Your answer is no array of numbers but {_kind(value)}.") from None
    if array.dtype.kind == "c" and np.all(np.imag(array) == 0):
        array = np.real(array)
    if array.dtype.kind != "f":
        raise ClaimError(f"Your answer holds {HELD.get(array.dtype.kind, array.dtype)}, not real numbers.")
    return array if array.dtype.itemsize <= 4 else array.astype(float)


HELD = {"U": "text", "S": "text", "c": "complex numbers", "M": "dates", "m": "durations"}


def _kind(value: Any) -> str:
    return (
        f"a {type(value).__name__} whose parts have different shapes"
        if isinstance(value, list | tuple)
        else f"a {type(value).__name__}"
    )


def _formula(text: str, names: set[str]) -> Claim:
    try:
        tree = read(text)
    except ValueError as error:
        raise ClaimError(str(error)) from None
    _refuse_unknown(tree, names)

    def value(point: Mapping[str, Any]) -> Any:
        try:
            return evaluate(tree, point)
        except ValueError as error:
            raise ClaimError(str(error)) from None

    return Claim(value, tree, taken=frozenset(names_in(tree)))


def _refuse_unknown(tree: Expression, names: set[str]) -> None:
    from difflib import get_close_matches

    for name in sorted(names_in(tree) - names - {"pi"}):
        near = get_close_matches(name, names, n=1)
        meant = f"did you mean {near[0]}? Known" if near else "known"
        raise ClaimError(
            f"Your formula names {name!r}, which is no variable here; {meant} are {', '.join(sorted(names))}."
        )


def _by_name(function: Callable[..., Any], names: set[str]) -> Callable[[Mapping[str, Any]], Any]:
    try:
        wanted = signature(function).parameters.values()
    except (ValueError, TypeError):
        raise ClaimError(
            "The arguments of your function have no names; wrap it in one that names what it takes."
        ) from None
    open_ended = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in wanted)
    for parameter in wanted:
        _refuse_nameless(parameter, names)

    def value(point: Mapping[str, Any]) -> Any:
        taken = point if open_ended else {p.name: point[p.name] for p in wanted if p.name in point}
        return _called(function, {name: np.array(part) for name, part in taken.items()})

    return value


def _taken(function: Callable[..., Any]) -> frozenset[str] | None:
    """Names of its arguments; ``None`` where it takes any."""
    wanted = signature(function).parameters.values()
    return None if any(p.kind is Parameter.VAR_KEYWORD for p in wanted) else frozenset(p.name for p in wanted)


def _taken_by_all(parts: list[Claim]) -> frozenset[str] | None:
    known = [part.taken for part in parts if part.taken is not None]
    return frozenset[str]().union(*known) if len(known) == len(parts) else None


def _refuse_nameless(parameter: Parameter, names: set[str]) -> None:
    if parameter.kind is Parameter.VAR_POSITIONAL or parameter.kind is Parameter.POSITIONAL_ONLY:
        raise ClaimError(f"Your function takes {parameter} by position; arguments are given by name.")
    required = parameter.default is Parameter.empty and parameter.kind is not Parameter.VAR_KEYWORD
    if required and parameter.name not in names:
        raise ClaimError(
            f"Your function takes {parameter.name!r}, which is no variable here; known are {', '.join(sorted(names))}."
        )


def _called(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(**{name: part if part.ndim else part[()] for name, part in arguments.items()})
    except (Exception, SystemExit) as error:
        said = (str(error).splitlines() or [""])[0][:200].rstrip(".")
        raise ClaimError(f"Your function stopped with {type(error).__name__}{f': {said}' if said else ''}.") from None


def _symbolic(claim: Any, names: set[str]) -> Claim:
    sympy: Any = import_module("sympy")
    symbols = sorted(claim.free_symbols, key=str)
    unknown = [str(symbol) for symbol in symbols if str(symbol) not in names]
    if unknown:
        raise ClaimError(
            f"Your expression has the symbol {unknown[0]!r}, which is no variable here; known are {', '.join(sorted(names))}."
        )
    function = sympy.lambdify(symbols, claim, modules=["numpy", "scipy"])

    def value(point: Mapping[str, Any]) -> Any:
        return _called(
            lambda **named: function(*(named[str(s)] for s in symbols)),
            {str(s): np.array(point[str(s)]) for s in symbols},
        )

    return Claim(value, taken=frozenset(map(str, symbols)))
