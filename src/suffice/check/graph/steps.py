"""A model as a list of steps, read off its jaxpr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jax import lax

from suffice.inspect.program import closed

OPAQUE = frozenset(
    (
        "inv",
        "det",
        "slogdet",
        "solve",
        "cholesky",
        "eigh",
        "svd",
        "qr",
        "norm",
        "lu",
        "_slogdet_lu",
        "triangular_solve",
        "_solve",
        "pinv",
        "logaddexp",
    )
)
"""Functions that stay one step, though JAX builds them of several."""

Apply = Callable[..., list[Any]]


@dataclass(frozen=True, eq=False)
class Constant:
    """A value that is no result of a step."""

    value: Any


Operand = int | Constant


@dataclass(frozen=True)
class Step:
    """One operation: its name, operands (numbers of values, or constants), numbers of its results."""

    name: str
    operands: tuple[Operand, ...]
    results: tuple[int, ...]
    apply: Apply = field(compare=False)
    params: Mapping[str, Any] = field(default_factory=dict, compare=False)
    shape: tuple[int, ...] = ()
    floating: bool = True


@dataclass(frozen=True)
class Graph:
    """Steps in order, the numbers of the inputs by name, and of the output."""

    steps: tuple[Step, ...]
    inputs: dict[str, int]
    output: Operand

    def value(
        self, arrays: Mapping[str, Any], change: Callable[[int, Step, list[Any], list[Any]], list[Any]] | None = None
    ) -> Any:
        """The output; ``change`` may put other results in place of a step's."""
        known: dict[int, Any] = {number: arrays[name] for name, number in self.inputs.items()}

        def read(operand: Operand) -> Any:
            return operand.value if isinstance(operand, Constant) else known[operand]

        for index, step in enumerate(self.steps):
            operands = [read(operand) for operand in step.operands]
            results = step.apply(*operands) if change is None else change(index, step, operands, [])
            known.update(zip(step.results, results, strict=True))
        return read(self.output)

    def after(self, names: Sequence[str]) -> set[int]:
        """Numbers of all values that depend on some inputs through floating numbers."""
        found = {self.inputs[name] for name in names if name in self.inputs}
        for step in self.steps:
            if (
                step.floating
                and step.name != "stop_gradient"
                and found.intersection(o for o in step.operands if isinstance(o, int))
            ):
                found.update(step.results)
        return found

    def before_output(self) -> set[int]:
        """Numbers of all values that the output depends on."""
        found = {self.output} if isinstance(self.output, int) else set()
        for step in reversed(self.steps):
            if found.intersection(step.results):
                found.update(operand for operand in step.operands if isinstance(operand, int))
        return found


def graph_of(closed: Any, names: Sequence[str]) -> Graph:
    """The graph of a traced function whose inputs have names, in the order of its flat arguments."""
    builder = _Builder()
    inputs = {name: builder.number() for name in names}
    outputs = builder.inline(closed.jaxpr, closed.consts, list(inputs.values()))
    return Graph(tuple(_joined(builder.steps)), inputs, outputs[0])


class _Builder:
    """Collects steps, with inner functions written out."""

    def __init__(self):
        self.steps: list[Step] = []
        self.count = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def inline(self, jaxpr: Any, constants: Sequence[Any], given: Sequence[Operand]) -> list[Operand]:
        known: dict[Any, Operand] = dict(zip(jaxpr.invars, given, strict=True))
        known |= {
            variable: Constant(np.asarray(value)) for variable, value in zip(jaxpr.constvars, constants, strict=True)
        }

        def read(atom: Any) -> Operand:
            return Constant(atom.val) if hasattr(atom, "val") else known[atom]

        for equation in jaxpr.eqns:
            operands = [read(atom) for atom in equation.invars]
            inner = _inner(equation)
            results = (
                self.inline(inner.jaxpr, inner.consts, operands)
                if inner is not None
                else self._step(equation, operands)
            )
            known.update(zip(equation.outvars, results, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _step(self, equation: Any, operands: list[Operand]) -> list[Operand]:
        results = [self.number() for _ in equation.outvars]
        first = equation.outvars[0].aval
        name = str(equation.params.get("name", equation.primitive.name))
        floating = np.dtype(first.dtype).kind == "f" or len(equation.outvars) > 1
        name = name if equation.primitive.name in ("jit", "pjit", "custom_jvp_call") else equation.primitive.name
        self.steps.append(
            Step(
                name, tuple(operands), tuple(results), _applied(equation), equation.params, tuple(first.shape), floating
            )
        )
        return list(results)


def _inner(equation: Any) -> Any:
    """The jaxpr of a call that is written out; ``None`` for a step."""
    name = str(equation.params.get("name", ""))
    if name in OPAQUE or equation.primitive.name in OPAQUE:
        return None
    inner = equation.params.get("call_jaxpr") or (
        equation.params.get("jaxpr") if equation.primitive.name in ("jit", "pjit") else None
    )
    if inner is None or equation.primitive.name not in (
        "jit",
        "pjit",
        "custom_jvp_call",
        "custom_vjp_call",
        "closed_call",
    ):
        return None
    program = closed(inner)
    return None if any(e.primitive.name in OPAQUE for e in program.jaxpr.eqns) else program


def _applied(equation: Any) -> Apply:
    def apply(*operands: Any) -> list[Any]:
        found = equation.primitive.get_bind_params(equation.params)
        functions, params = found if isinstance(found, tuple) else ((), found)  # a pair before JAX 0.10
        result = equation.primitive.bind(*functions, *operands, **params)
        return list(result) if equation.primitive.multiple_results else [result]

    return apply


def _joined(steps: list[Step]) -> Iterator[Step]:
    """Steps with 1 / (1 + exp(-x)) as one."""
    made = {step.results[0]: step for step in steps}
    for step in steps:
        argument = _sigmoid_of(step, made)
        yield (
            step
            if argument is None
            else Step("logistic", (argument,), step.results, lambda x: [lax.logistic(x)], {}, step.shape)
        )


def _sigmoid_of(step: Step, made: Mapping[int, Step]) -> Operand | None:
    if step.name != "div" or not _is_one(step.operands[0]):
        return None
    total = made.get(step.operands[1]) if isinstance(step.operands[1], int) else None
    if total is None or total.name != "add":
        return None
    inner = [operand for operand in total.operands if not _is_one(operand)]
    power = made.get(inner[0]) if len(inner) == 1 and isinstance(inner[0], int) else None
    minus = (
        made.get(power.operands[0])
        if power is not None and power.name == "exp" and isinstance(power.operands[0], int)
        else None
    )
    return minus.operands[0] if minus is not None and minus.name == "neg" else None


def _is_one(operand: Operand) -> bool:
    return isinstance(operand, Constant) and np.size(operand.value) == 1 and float(operand.value) == 1.0
