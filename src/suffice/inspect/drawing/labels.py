"""What is written in the box of a node or of a closed group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from unicodedata import combining

from suffice.inspect.drawing.numbers import array_lines, number, shape_text
from suffice.inspect.drawing.outline import Box
from suffice.inspect.labels import barred
from suffice.inspect.nodes import Graph, Node
from suffice.runtime.types import ArrayLike

LONGEST = 40
"""Letters of a name that are shown."""
KINDS = {
    "weighted": ("affine", "convolution", "embedding", "attention", "matrix product"),
    "sum": ("add", "residual add", "multiply", "subtract", "divide"),
    "norm": ("softmax", "log-softmax", "log-sum-exp", "normalisation"),
    "function": (
        "relu", "relu6", "leaky relu", "tanh", "hard tanh", "sigmoid", "log-sigmoid", "softplus", "gelu", "silu", "elu", "selu",
        "celu", "mish", "exp", "log", "square", "square root", "power", "sin", "cos",
    ),
}  # fmt: skip
"""Operations of one colour."""


@dataclass(frozen=True)
class Label:
    """Lines of a box: its heading, what it does, its shape, and its value and derivative where they are known."""

    heading: str
    details: tuple[str, ...] = ()
    shape: str = ""
    value: tuple[str, ...] = ()
    derivative: tuple[str, ...] = ()
    kind: str = "other"
    rule: str = ""
    received: str = ""


@dataclass(frozen=True)
class Known:
    """What is known of nodes, by their numbers.

    Names, values, derivatives; the backward rule as text, and the lines of others' rules that make up the derivative.
    ``left_out`` has what stands in place of a value, a derivative or a rule.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    forward: Mapping[int, ArrayLike] = field(default_factory=dict)
    backward: Mapping[int, ArrayLike] = field(default_factory=dict)
    rules: Mapping[int, str] = field(default_factory=dict)
    received: Mapping[int, str] = field(default_factory=dict)
    left_out: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)


def label(graph: Graph, box: Box, known: Known, boxed: frozenset[int], rows: int = 4) -> Label:
    """What is written in a box; ``boxed`` are the nodes that have one, and arrays of more ``rows`` are not written out."""
    if box.closed:
        return _of_group(graph, box)
    node = graph.nodes[box.nodes[0]]
    name, left_out = known.names.get(node.number, ""), known.left_out
    value = left_out.get(("value", node.number)) or tuple(_named(name, known.forward, node.number, rows))
    derivative = left_out.get(("derivative", node.number)) or tuple(
        _named(barred(name), known.backward, node.number, rows)
    )
    return Label(
        heading=_heading(node, box.name),
        details=tuple(_details(graph, node, boxed, named=_heading(node, box.name) != node.operation)),
        shape=shape_text(node.shape),
        value=value,
        derivative=(*derivative, *left_out.get(("rule", node.number), ())),
        kind=kind(node),
        rule=known.rules.get(node.number, ""),
        received=known.received.get(node.number, ""),
    )


def _heading(node: Node, scope: str) -> str:
    """The author's name, of a parameter with its scope; or else the scope, or what is done."""
    if node.operation == "parameter" and node.name:
        return short(".".join(filter(None, (scope, node.name))))
    return short(node.name or scope or node.operation)


def short(name: str) -> str:
    """A name in one line of a bearable length."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def kind(node: Node) -> str:
    """Which colour a node has."""
    if node.operation in ("input", "parameter", "constant", "unknown"):
        return node.operation
    if "pooling" in node.operation:
        return "pooling"
    return next((name for name, own in KINDS.items() if node.operation in own), "other")


def _of_group(graph: Graph, box: Box) -> Label:
    last = graph.nodes[box.nodes[-1]]
    times = f"× {box.repeats:,}" if box.repeats > 1 else ""
    heading = " ".join(filter(None, (short(box.name), times))) or "group"
    return Label(heading, (f"{len(box.nodes):,} nodes",), shape_text(last.shape), kind="group")


def _details(graph: Graph, node: Node, boxed: frozenset[int], *, named: bool) -> Iterator[str]:
    times = f" × {node.repeats:,}" if node.repeats > 1 else ""
    if named or times:
        yield f"{node.operation}{times}"
    yield from settings_text(node)
    hidden = [graph.nodes[one] for one in dict.fromkeys(node.inputs) if one not in boxed]
    held = [
        f"{short(one.name)} ({shape_text(one.shape)})" for one in hidden if one.name and one.operation == "parameter"
    ]
    if held:
        yield ", ".join(held)


def settings_text(node: Node) -> Iterator[str]:
    """Settings in words: kernel and stride of a window in one line, others one by one."""
    own = dict(node.settings)
    kernel = own.pop("kernel", None)
    if kernel is not None:
        words = [" × ".join(map(str, kernel)) if isinstance(kernel, tuple) else str(kernel)]
        words += [f"{name} {_alike(own.pop(name))}" for name in ("stride", "dilation") if _counts(own.get(name))]
        padding = own.pop("padding", None)
        words += [f"padding {_alike(padding)}"] if padding is not None and _alike(padding) != "0" else []
        groups = own.pop("groups", 1)
        yield ", ".join([*words, *([f"{groups} groups"] if groups != 1 else [])])
    for name, one, several in (
        ("axis", "axis", "axes"),
        ("power", "power", "powers"),
        ("constants", "constant", "constants"),
    ):
        parts = own.get(name)
        if parts not in (None, ()):
            listed = parts if isinstance(parts, tuple) else (parts,)
            yield f"{one if len(listed) == 1 else several} {', '.join(map(_alike, listed))}"


def _counts(value: object) -> bool:
    return value is not None and _alike(value) != "1"


def _alike(value: object) -> str:
    """(2, 2) as '2', ((1, 1), (1, 1)) as '1', (1, 2) as '1 × 2'."""
    if not isinstance(value, tuple | list):
        return number(value) if isinstance(value, float) else str(value)
    parts = [_alike(part) for part in value]
    return parts[0] if len(set(parts)) == 1 else " × ".join(parts)


def _named(name: str, found: Mapping[int, ArrayLike], node: int, rows: int) -> Iterator[str]:
    if node not in found:
        return
    name = short(name)
    first, *rest = array_lines(found[node], rows)
    yield f"{name} = {first}"
    yield from (f"{' ' * (letters(name) + 3)}{line}" for line in rest)


def letters(text: str) -> int:
    """How many letters a text is wide; a bar over a letter takes no room."""
    return sum(not combining(letter) for letter in text)
