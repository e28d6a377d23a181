"""Programs: what JAX traced, as plain steps. All that touches the form of JAX's own programs is in this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

CALLS = {"jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint"}
"""Primitives whose inner program is read as if it stood in the outer one."""
REMATERIALISED = {"remat", "remat2", "checkpoint"}


class Place(NamedTuple):
    """A place in somebody's code: a function and the instruction in it."""

    code: CodeType
    instruction: int


@dataclass(frozen=True, eq=False)
class Constant:
    """A number or array that stands in the program itself."""

    value: Any


@dataclass(frozen=True, eq=False)
class Step:
    """One primitive operation.

    ``reads`` are numbers of values, or constants; ``places`` is the stack of calls, outermost first; ``region`` is the number
    of the rematerialised part it is in, 0 for none.
    """

    primitive: str
    settings: Mapping[str, Any]
    reads: tuple[int | Constant, ...]
    writes: tuple[int, ...]
    places: tuple[Place, ...]
    scope: tuple[str, ...]
    region: int
    equation: Any

    def __call__(self, *values: Any) -> list[Any]:
        """What the step writes."""
        primitive = self.equation.primitive
        settings = primitive.get_bind_params(self.equation.params)
        functions, settings = settings if isinstance(settings, tuple) else ((), settings)  # a pair before JAX 0.10
        results = primitive.bind(*functions, *values, **settings)
        return list(results) if primitive.multiple_results else [results]


@dataclass(frozen=True, eq=False)
class Program:
    """Steps in order. ``values`` has the shape and type of every value, ``constants`` what closures hold."""

    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    constants: Mapping[int, Any]
    outputs: tuple[int | Constant, ...]
    values: tuple[jax.ShapeDtypeStruct, ...]


def traced(function: Callable[..., Any], arguments: Sequence[Any]) -> tuple[Program, Any]:
    """Program of a function of arrays or of their shapes, and the tree of its results' shapes."""
    closed, results = jax.make_jaxpr(_Entered(function), return_shape=True)(*arguments)
    return read(closed), results


def read(closed: Any) -> Program:
    """Steps of a program of JAX's, those of called programs among them."""
    reader = _Reader([], {}, [])
    environment: dict[Any, int | Constant] = {}
    inputs = reader.enter(closed.jaxpr, environment)
    reader.close(closed, environment)
    reader.walk(closed.jaxpr, environment, _Frame())
    outputs = tuple(reader.atom(atom, environment) for atom in closed.jaxpr.outvars)
    return Program(tuple(reader.steps), inputs, reader.constants, outputs, tuple(reader.values))


class _Entered(NamedTuple):
    """A function whose calls are told from the calls that led to them."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


def entered(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function inside which calls are told from those that led to it."""
    return _Entered(function)


class _Frame(NamedTuple):
    """Where a called program stands."""

    places: tuple[Place, ...] = ()
    scope: tuple[str, ...] = ()
    region: int = 0
    function: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Reader:
    steps: list[Step]
    constants: dict[int, Any]
    values: list[jax.ShapeDtypeStruct]

    def new(self, variable: Any) -> int:
        aval = variable.aval
        self.values.append(
            jax.ShapeDtypeStruct(tuple(getattr(aval, "shape", ())), getattr(aval, "dtype", np.dtype(bool)))
        )
        return len(self.values) - 1

    def enter(self, jaxpr: Any, environment: dict[Any, int | Constant]) -> tuple[int, ...]:
        numbers = tuple(self.new(variable) for variable in jaxpr.invars)
        environment.update(zip(jaxpr.invars, numbers, strict=True))
        return numbers

    def close(self, closed: Any, environment: dict[Any, int | Constant]) -> None:
        for variable, value in zip(closed.jaxpr.constvars, closed.consts, strict=True):
            environment[variable] = number = self.new(variable)
            self.constants[number] = value

    def atom(self, atom: Any, environment: Mapping[Any, int | Constant]) -> int | Constant:
        return Constant(atom.val) if isinstance(atom, core.Literal) else environment[atom]

    def walk(self, jaxpr: Any, environment: dict[Any, int | Constant], frame: _Frame) -> None:
        """Depth of nested calls is that of the program's text, so that this recursion is short."""
        for equation in jaxpr.eqns:
            if equation.primitive.name in CALLS and _inner(equation) is not None:
                self._call(equation, environment, frame)
            else:
                self._step(equation, environment, frame)

    def _step(self, equation: Any, environment: dict[Any, int | Constant], frame: _Frame) -> None:
        writes = tuple(self.new(variable) for variable in equation.outvars)
        reads = tuple(self.atom(atom, environment) for atom in equation.invars)
        environment.update(zip(equation.outvars, writes, strict=True))
        places, scope = _places(equation, frame), frame.scope + _scope(equation)
        self.steps.append(
            Step(equation.primitive.name, equation.params, reads, writes, places, scope, frame.region, equation)
        )

    def _call(self, equation: Any, environment: dict[Any, int | Constant], frame: _Frame) -> None:
        inner, region = _inner(equation), frame.region
        if equation.primitive.name in REMATERIALISED:
            region = len(self.steps) + 1
        given = [self.atom(atom, environment) for atom in equation.invars]
        inside: dict[Any, int | Constant] = dict(zip(inner.jaxpr.invars, given, strict=True))
        self.close(inner, inside)
        called = _Frame(_places(equation, frame), frame.scope + _scope(equation), region, _own_function(equation))
        self.walk(inner.jaxpr, inside, called)
        results = [self.atom(atom, inside) for atom in inner.jaxpr.outvars]
        environment.update(zip(equation.outvars, results, strict=True))


def inner_program(step: Step) -> Program | None:
    """Program of one turn of a loop, None where the step is none."""
    inner = _inner(step.equation)
    return None if inner is None else read(inner)


def loop_inputs(step: Step) -> list[str]:
    """What each input of a loop's body is: a parameter, carried from turn to turn, or a row for each turn."""
    inner = _inner(step.equation).jaxpr
    given, made = ([len(each.aval.shape) for each in atoms] for atoms in (step.equation.invars, step.equation.outvars))
    rows = sum(rank != len(each.aval.shape) for rank, each in zip(given, inner.invars, strict=True))
    carried = sum(rank == len(each.aval.shape) for rank, each in zip(made, inner.outvars, strict=True))
    return ["parameter"] * (len(given) - carried - rows) + ["carry"] * carried + ["row"] * rows


def loop_names(step: Step) -> list[str]:
    """What the author calls each input of a loop's body, nothing where it is no argument."""
    inner = _inner(step.equation).jaxpr
    names = getattr(getattr(inner, "debug_info", None), "arg_names", ())
    return [name or "" for name in names] if len(names) == len(inner.invars) else [""] * len(inner.invars)


def function_name(step: Step) -> str:
    """Name of the function behind a step with a derivative rule of its own, as its author wrote it."""
    inner = _inner(step.equation)
    info = getattr(getattr(inner, "jaxpr", None), "debug_info", None)
    return str(step.settings.get("name") or getattr(info, "func_name", "") or step.primitive)


def closed(jaxpr: Any) -> Any:
    """A program inside another one, with the constants that some primitives leave out; newer versions of JAX never do."""
    kinds: Any = core
    return jaxpr if isinstance(jaxpr, kinds.ClosedJaxpr) else kinds.ClosedJaxpr(jaxpr, ())


def _inner(equation: Any) -> Any:
    for key in ("jaxpr", "call_jaxpr"):
        if (inner := equation.params.get(key)) is not None:
            return closed(inner)
    return None


def _own_function(equation: Any) -> tuple[str, str]:
    """Name and file of the function that a called program was traced from."""
    info = getattr(_inner(equation).jaxpr, "debug_info", None)
    name, _, place = str(getattr(info, "func_src_info", "")).partition(" at ")
    return name, place.rpartition(":")[0]


def _places(equation: Any, frame: _Frame) -> tuple[Place, ...]:
    """Calls that led to an equation, outermost first."""
    traceback = equation.source_info.traceback
    if traceback is None:
        return frame.places
    codes, instructions = traceback.raw_frames()
    depth = _depth(codes, frame.function)
    if frame.function is not None:
        return frame.places + tuple(map(Place, reversed(codes[: depth + 1]), reversed(instructions[: depth + 1])))
    return tuple(map(Place, reversed(codes[:depth]), reversed(instructions[:depth])))


def _depth(codes: Sequence[CodeType], function: tuple[str, str] | None) -> int:
    """Place among frames, innermost first, of a called program's own function, or of the entry."""
    for depth, code in enumerate(codes):
        if code is ENTRY if function is None else (code.co_name, code.co_filename) == function:
            return depth
    return len(codes) if function is None else -1


ENTRY = _Entered.__call__.__code__


def _scope(equation: Any) -> tuple[str, ...]:
    """Named scopes around an equation, without the transformations that they passed through."""
    parts = str(equation.source_info.name_stack).split("/")
    return tuple(part for part in (_bare(part) for part in parts) if part)


def _bare(part: str) -> str:
    return part.rsplit("(", 1)[-1].rstrip(")")
