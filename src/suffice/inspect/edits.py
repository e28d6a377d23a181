"""Single changes to a plan: each halves, cuts, pools, shares or drops something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

from suffice.inspect.facts import Facts
from suffice.inspect.plan import Counted, Part

Plan: TypeAlias = Mapping[int, Part]
Edit: TypeAlias = tuple[str, tuple[int, ...], Plan]
"""What is done, to which parts, and the plan afterwards."""
NEW = -2
"""Number of a part that a change adds."""


def edits(plan: Plan, found: Counted, outputs: tuple[int, ...]) -> Iterator[Edit]:
    """Every single change of a plan that makes sense by itself; whether the layers still fit is for others to say."""
    last = _makers(plan, outputs)
    for group in _widths(plan):
        if not last.intersection(group):
            yield "half the width", group, widened(plan, group, lambda width: width // 2)
    for number, facts in found.layers.items():
        if facts.kernel:
            yield from _of_convolution(plan, number, facts)
        if number not in last:
            yield "layer dropped", (number,), _dropped(plan, number)
    yield from _sharing(plan, found)


def _of_convolution(plan: Plan, number: int, facts: Facts) -> Iterator[Edit]:
    twice = tuple(2 * step for step in facts.stride)
    yield f"stride {twice[0]}", (number,), _changed(plan, number, stride=twice)
    if all(size > 2 and sum(pads) % 2 == 0 for size, pads in zip(facts.kernel, facts.padding, strict=True)):
        smaller = tuple(size - 2 for size in facts.kernel)
        padding = tuple((max(0, low - 1), max(0, high - 1)) for low, high in facts.padding)
        yield (
            f"kernel {'×'.join(map(str, smaller))}",
            (number,),
            _changed(plan, number, kernel=smaller, padding=padding),
        )
    if facts.inputs % (2 * facts.groups) == facts.outputs % (2 * facts.groups) == 0:
        yield f"{2 * facts.groups} groups", (number,), _changed(plan, number, groups=2 * facts.groups)
    if facts.groups == 1 and facts.inputs > 1 and max(facts.kernel) > 1:
        yield "depthwise, then 1×1", (number,), _depthwise(plan, number, facts)
    if facts.inputs >= 4 and max(facts.kernel) > 1 and (facts.inputs // 4) % facts.groups == 0:
        yield "1×1 to a quarter of the maps before it", (number,), _narrowed(plan, number, facts)
    yield "2×2 pooling after it", (number,), _pooled(plan, number, len(facts.kernel))


def _sharing(plan: Plan, found: Counted) -> Iterator[Edit]:
    """Layers of one shape that follow one another and could share their weights."""
    layers = [(number, facts, plan[number].weights) for number, facts in found.layers.items()]
    for (first, one, own), (second, other, theirs) in pairwise(layers):
        shapes = [(facts.inputs, facts.outputs, facts.kernel, facts.groups) for facts in (one, other)]
        if shapes[0] == shapes[1] and own != theirs and own >= 0:
            yield "weights shared", (first, second), {**plan, second: replace(plan[second], weights=own)}


def _changed(plan: Plan, number: int, **changes: object) -> Plan:
    part = plan[number]
    assert part.facts is not None
    return {**plan, number: replace(part, facts=replace(part.facts, **changes))}  # type: ignore[arg-type]


def widened(plan: Plan, group: tuple[int, ...], change: Callable[[int], int]) -> Plan:
    """The plan with other numbers of outputs of some layers."""
    changed = dict(plan)
    for number in group:
        facts = plan[number].facts
        assert facts is not None
        width = max(1, change(facts.outputs))
        groups = width if facts.groups == facts.outputs == facts.inputs else facts.groups
        changed[number] = replace(plan[number], facts=replace(facts, outputs=width, groups=groups))
    return changed


def _dropped(plan: Plan, number: int) -> Plan:
    """The plan without a part: what read it reads what it read."""
    before = plan[number].reads[0]
    moved = {
        other: replace(part, reads=tuple(before if read == number else read for read in part.reads))
        for other, part in plan.items()
        if other != number
    }
    return {
        other: replace(part, flattens=_flattens(moved, part)) if part.kind == "layer" else part
        for other, part in moved.items()
    }


def _flattens(plan: Plan, part: Part) -> bool:
    return part.flattens or (part.facts is not None and not part.facts.kernel and not part.facts.after)


def _before(plan: Plan, number: int, new: Part) -> Plan:
    """The plan with a new part in front of another."""
    ordered = {}
    for other, part in plan.items():
        if other == number:
            ordered[new.number] = new
            ordered[number] = replace(part, reads=(new.number, *part.reads[1:]))
        else:
            ordered[other] = part
    return ordered


def _after(plan: Plan, number: int, new: Part) -> Plan:
    """The plan with a new part behind another."""
    ordered = {}
    for other, part in plan.items():
        ordered[other] = replace(part, reads=tuple(new.number if read == number else read for read in part.reads))
        if other == number:
            ordered[new.number] = new
    return ordered


def _narrowed(plan: Plan, number: int, facts: Facts) -> Plan:
    return _before(
        plan, number, Part(NEW, "layer", plan[number].reads[:1], _one_by_one(facts, facts.inputs, facts.inputs // 4))
    )


def _depthwise(plan: Plan, number: int, facts: Facts) -> Plan:
    alone = _changed(plan, number, outputs=facts.inputs, groups=facts.inputs, bias=False)
    new = Part(NEW, "layer", (number,), replace(_one_by_one(facts, facts.inputs, facts.outputs), bias=facts.bias))
    return _after(alone, number, new)


def _one_by_one(facts: Facts, inputs: int, outputs: int) -> Facts:
    ones = (1,) * len(facts.kernel)
    none = ((0, 0),) * len(ones)
    return replace(
        facts,
        inputs=inputs,
        outputs=outputs,
        kernel=ones,
        stride=ones,
        padding=none,
        dilation=ones,
        groups=1,
        bias=False,
    )


def _pooled(plan: Plan, number: int, axes: int) -> Plan:
    twos, ones = (2,) * axes, (1,) * axes
    return _after(
        plan,
        number,
        Part(NEW, "pooling", (number,), Facts(1, 1, twos, ones, (), twos, ((0, 0),) * axes, dilation=ones)),
    )


def _widths(plan: Plan) -> list[tuple[int, ...]]:
    """Layers whose numbers of outputs go together: those that are added, and depthwise ones with what they read."""
    leader: dict[int, int] = {}
    width: dict[int, int] = {}
    for part in plan.values():
        if part.kind == "layer" and part.facts is not None:
            tied = part.facts.groups == part.facts.inputs == part.facts.outputs > 1
            leader[part.number] = part.number
            width[part.number] = _joined(leader, part.number, width[part.reads[0]]) if tied else part.number
        elif part.kind == "source":
            leader[part.number] = width[part.number] = part.number
        else:
            first, *others = (width[read] for read in part.reads)
            for other in others:
                first = _joined(leader, first, other)
            width[part.number] = first
    groups: dict[int, list[int]] = {}
    for number in leader:
        groups.setdefault(_leader(leader, number), []).append(number)
    return [tuple(group) for group in groups.values() if all(plan[number].kind == "layer" for number in group)]


def _joined(leader: dict[int, int], one: int, other: int) -> int:
    first, second = _leader(leader, one), _leader(leader, other)
    leader[second] = first
    return first


def _leader(leader: Mapping[int, int], number: int) -> int:
    while leader[number] != number:
        number = leader[number]
    return number


def _makers(plan: Plan, outputs: tuple[int, ...]) -> set[int]:
    """Layers whose units are outputs of the network."""
    waiting, found = [number for number in outputs if number in plan], set()
    while waiting:
        part = plan[waiting.pop()]
        if part.kind == "layer":
            found.add(part.number)
        else:
            waiting += part.reads
    return found
