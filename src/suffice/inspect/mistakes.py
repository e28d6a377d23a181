"""Ways to count a layer wrongly, and the numbers that they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from math import prod
from typing import TypeAlias

from suffice.inspect.accounting import Account
from suffice.inspect.facts import Facts, facts_of
from suffice.inspect.flow import POOLING
from suffice.inspect.layer_row import Row
from suffice.inspect.nodes import Graph

Numbers: TypeAlias = Mapping[str, int]


def mistakes(row: Row, account: Account) -> Iterator[tuple[str, Numbers]]:
    """Causes with the numbers that each would lead to, the likeliest first."""
    facts = facts_of(row, account)
    if facts is None:
        return
    right, single = facts.numbers(), list(_single(facts, account, row))
    yield from ((cause, other.numbers()) for cause, other in single)
    yield from _of_columns(facts, right)
    for (one, first), (two, second) in combinations(single, 2):
        changes = {name: value for name, value in vars(second).items() if value != getattr(facts, name)}
        if all(getattr(first, name) == getattr(facts, name) for name in changes):
            yield f"{one}; {two}", replace(first, **changes).numbers()


def _single(facts: Facts, account: Account, row: Row) -> Iterator[tuple[str, Facts]]:
    """Layers in the place of this one."""
    if facts.groups > 1:
        yield "groups forgotten", replace(facts, groups=1)
        yield f"one tower of {facts.groups} only", _tower(facts, facts.groups)
    elif facts.kernel and facts.inputs % 2 == facts.outputs % 2 == 0:
        yield "counted with 2 groups", replace(facts, groups=2)
        yield "one tower of 2 only", _tower(facts, 2)
    if facts.kernel:
        yield from _of_windows(facts)
    elif (unpooled := _before_pooling(account.graph, row)) is not None:
        yield "pooling before the layer forgotten", replace(facts, inputs=unpooled)
    else:
        yield "one input too many, as if the bias were one", replace(facts, inputs=facts.inputs + 1)


def _of_windows(facts: Facts) -> Iterator[tuple[str, Facts]]:
    free = replace(facts, taps=True)
    if facts.taps and any(map(any, facts.padding)):
        yield "connections to padding left out", replace(facts, taps=False)
    elif not facts.taps:
        yield "connections to padding counted", free
    if any(step > 1 for step in facts.stride):
        yield (
            "stride forgotten",
            replace(free, after=_at_least_one(replace(facts, stride=(1,) * len(facts.stride)).windows)),
        )
    if any(map(any, facts.padding)):
        yield (
            "padding forgotten",
            replace(free, after=_at_least_one(replace(facts, padding=((0, 0),) * len(facts.kernel)).windows)),
        )
    if facts.before != facts.after:
        yield "size of the input in place of that of the output", replace(free, after=facts.before)
    for change, told in ((1, "large"), (-1, "small")):
        yield f"output size one too {told}", replace(free, after=tuple(max(1, side + change) for side in facts.after))
    yield "one side of the kernel forgotten", replace(free, kernel=(*facts.kernel[:-1], 1))
    yield "input channels forgotten", replace(free, inputs=facts.groups)
    yield "inputs and outputs exchanged", replace(free, inputs=facts.outputs, outputs=facts.inputs)


def _of_columns(facts: Facts, right: Numbers) -> Iterator[tuple[str, Numbers]]:
    """Numbers that stand in the wrong column, or have something added."""
    places = prod(facts.after)
    yield (
        "biases counted",
        {
            "weights": right["weights"] + facts.outputs,
            "connections": right["connections"] + right["units"],
            "operations": right["operations"] + right["units"],
        },
    )
    yield "biases left out", {"parameters": right["weights"]}
    yield "a bias for each unit", dict.fromkeys(("weights", "parameters"), right["weights"] + right["units"])
    yield "weights not shared between places", {"weights": right["connections"], "parameters": right["connections"]}
    yield (
        "each weight counted once, whatever its places",
        dict.fromkeys(("connections", "operations"), right["weights"]),
    )
    yield (
        "a multiplication and its addition counted as two",
        {"operations": 2 * right["operations"], "connections": 2 * right["connections"]},
    )
    yield "maps forgotten", {"units": places}
    yield "places forgotten", {"units": facts.outputs}


def _at_least_one(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(max(1, size) for size in sizes)


def _tower(facts: Facts, groups: int) -> Facts:
    """One of the towers, without what is between them."""
    return replace(facts, inputs=facts.inputs // groups, outputs=facts.outputs // groups, groups=1)


def _before_pooling(graph: Graph, row: Row) -> int | None:
    """Size of what pools before a layer read, back to the last layer with weights."""
    node, pooled = graph.nodes[row.path[0]], None
    while True:
        values = [
            graph.nodes[number]
            for number in node.inputs
            if graph.nodes[number].operation not in ("parameter", "constant")
        ]
        if not values:
            return pooled
        before = values[0]
        if node.operation in POOLING:
            pooled = prod(before.shape)
        if before.operation in ("convolution", "affine", "input"):
            return pooled
        node = before
