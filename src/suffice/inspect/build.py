"""From a program to nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from suffice.inspect.course import course_units
from suffice.inspect.leaves import Leaf
from suffice.inspect.nodes import Graph, Node
from suffice.inspect.operations import operation, settings
from suffice.inspect.program import Constant, Program, inner_program, loop_inputs, loop_names
from suffice.inspect.scopes import scopes_of
from suffice.inspect.skips import is_residual
from suffice.inspect.unit import Slot, Unit
from suffice.inspect.units import primitive_units


def build(program: Program, leaves: Sequence[Leaf], level: str, precision: str) -> Graph:
    """Graph of a program whose inputs are leaves."""
    parameters = {
        number: leaf.scope for number, leaf in zip(program.inputs, leaves, strict=True) if leaf.operation == "parameter"
    }
    found = course_units(program, parameters.keys()) if level == "course" else primitive_units(program)
    scopes = scopes_of(found, parameters)
    builder = _Builder(program, [], [], {}, {})
    for number, leaf in zip(program.inputs, leaves, strict=True):
        builder.leaf(number, leaf)
    for unit, scope in zip(found, scopes, strict=True):
        builder.unit(unit, scope, level)
    outputs = tuple(builder.output(atom) for atom in program.outputs)
    return Graph(tuple(builder.nodes), outputs, tuple(builder.units), builder.values, precision)


class _Builder:
    """Nodes so far. ``numbers`` has the node of each value of the program, ``values`` what is known of leaves."""

    def __init__(
        self,
        program: Program,
        nodes: list[Node],
        units: list[Unit | None],
        numbers: dict[int, int],
        values: dict[int, Any],
    ):
        self.program, self.nodes, self.units, self.numbers, self.values = program, nodes, units, numbers, values

    def leaf(self, value: int, leaf: Leaf) -> None:
        self.values[len(self.nodes)] = leaf.value
        self._add(value, None, leaf.operation, (), name=leaf.name, scope=leaf.scope)

    def constant(self, value: int) -> None:
        self.values[len(self.nodes)] = self.program.constants[value]
        self._add(value, None, "constant", ())

    def unit(self, unit: Unit, scope: tuple[str, ...], level: str) -> None:
        sources = [operand.source for operand in unit.operands if operand.source is not None]
        for source in sources:
            if source not in self.numbers:
                self.constant(source)
        inputs = tuple(self.numbers[source] for source in sources)
        name = unit.steps[0].primitive if level == "primitive" else operation(unit)
        described = settings(unit, name)
        single = len(unit.results) == 1
        self._add(
            unit.results[0], unit, name, inputs, name=unit.name if single else None, scope=scope, settings=described
        )
        self._last(_loop(unit, level, self._names(unit)))
        if name == "add" and is_residual(self.nodes):
            self._last({"operation": "residual add"})
        if not single:
            self._outputs(unit, scope)

    def _names(self, unit: Unit) -> list[str]:
        """What the author calls the values that the first step of a unit reads."""
        sources = [unit.operands[read.number].source if isinstance(read, Slot) else None for read in unit.reads[0]]
        return [(source is not None and self.nodes[self.numbers[source]].name) or "" for source in sources]

    def _outputs(self, unit: Unit, scope: tuple[str, ...]) -> None:
        """A node for each result of a unit that has more than one."""
        whole = len(self.nodes) - 1
        for place, value in enumerate(unit.results):
            self._add(value, None, "output", (whole,), scope=scope, settings={"place": place})

    def output(self, atom: int | Constant) -> int:
        if isinstance(atom, int) and atom not in self.numbers:
            self.constant(atom)
        if isinstance(atom, Constant):
            value = atom.value
            self.values[len(self.nodes)] = value
            self.nodes.append(Node(len(self.nodes), "constant", (), tuple(value.shape), str(value.dtype)))
            self.units.append(None)
            return len(self.nodes) - 1
        return self.numbers[atom]

    def _add(self, value: int, unit: Unit | None, operation: str, inputs: tuple[int, ...], **named: Any) -> None:
        shape = self.program.values[value]
        self.numbers[value] = number = len(self.nodes)
        self.nodes.append(Node(number, operation, inputs, tuple(shape.shape), str(shape.dtype), **named))
        self.units.append(unit)

    def _last(self, changes: Mapping[str, Any]) -> None:
        self.nodes[-1] = replace(self.nodes[-1], **changes)


def _loop(unit: Unit, level: str, outside: Sequence[str]) -> dict[str, Any]:
    """How often a loop runs, and the graph of one turn, whose inputs have their function's names, parameters those outside."""
    step = unit.steps[0]
    if step.primitive != "scan":
        return {}
    body = inner_program(step)
    if body is None:
        return {}
    named = zip(loop_inputs(step), body.inputs, loop_names(step), outside, strict=True)
    leaves = [
        Leaf(
            "parameter" if kind == "parameter" else "input",
            (),
            inside or (kind == "parameter" and called) or f"{kind}{place}",
            body.values[number],
        )
        for place, (kind, number, inside, called) in enumerate(named)
    ]
    return {"repeats": int(step.settings["length"]), "body": build(body, leaves, level, "float32")}
