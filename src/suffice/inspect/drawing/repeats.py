"""Blocks that follow one another and are alike, shown once with how often they are there."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import partial

from suffice.inspect.drawing.outline import Arrow, Group, Outline
from suffice.inspect.drawing.parts import Parts, parts, with_groups_in_use
from suffice.inspect.drawing.runs import Run, runs

Sign = tuple[Hashable, tuple[tuple[int, int, int], ...]]
"""What a part is made of, and for each value it reads from elsewhere: steps back, place from the end there, and the box."""


def folded(outline: Outline, kinds: Sequence[Hashable]) -> Outline:
    """The first of several like blocks in place of all, in a group with their number; ``kinds`` tells what boxes are alike in."""
    own, reads = parts(outline), _reads(outline)
    home, groups = list(outline.home), list(outline.groups)
    stands_for = list(range(len(outline.boxes)))
    for children in own.children.values():
        signs = [_sign(own, part, kinds, reads) for part in children]
        weights = [len(own.boxes[part]) for part in children]
        for run in runs(weights, partial(_alike_at, signs), partial(_follows, signs)):
            _mark(run, children, own, home, groups)
            _stand_in(run, children, own, stands_for)
    return _without(Outline(outline.boxes, tuple(home), tuple(groups), outline.arrows), stands_for)


def _reads(outline: Outline) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in outline.boxes]
    for arrow in outline.arrows:
        found[arrow.target].append(arrow.source)
    return found


def _sign(own: Parts, part: int, kinds: Sequence[Hashable], reads: Sequence[Sequence[int]]) -> Sign:
    rank = {box: number for number, box in enumerate(own.boxes[part])}
    inner = tuple((kinds[box], tuple(rank.get(source, -1) for source in reads[box])) for box in rank)
    outer = (source for box in rank for source in reads[box] if source not in rank)
    return inner, tuple(_whence(own, part, source) for source in outer)


def _whence(own: Parts, part: int, source: int) -> tuple[int, int, int]:
    other = own.holding(source, own.parent[part])
    if other is None:
        return 0, 0, source
    return own.place[part] - own.place[other], len(own.boxes[other]) - own.boxes[other].index(source), source


def _alike(first: Sign, second: Sign) -> bool:
    """Whether two parts are made alike and read from the same distances, or the same box."""
    return (
        first[0] == second[0]
        and len(first[1]) == len(second[1])
        and all(one[:2] == other[:2] or one[2] == other[2] for one, other in zip(first[1], second[1], strict=True))
    )


def _alike_at(signs: Sequence[Sign], one: int, other: int) -> bool:
    return _alike(signs[one], signs[other])


def _follows(signs: Sequence[Sign], begin: int, period: int) -> bool:
    """Whether the second block of a run hangs together and reads something that the first gives."""
    second = range(begin + period, begin + 2 * period)
    reads = [(part, part - steps) for part in second for steps, *_ in signs[part][1] if steps]
    label = {part: part for part in second}
    for part, source in reads:
        if source in label:
            joined = {label[part], label[source]}
            label = {one: min(joined) if own in joined else own for one, own in label.items()}
    return len(set(label.values())) == 1 and any(begin <= source < begin + period for _, source in reads)


def _mark(run: Run, children: Sequence[int], own: Parts, home: list[int], groups: list[Group]) -> None:
    """The first block is a group that says how often it is there; a group that is the whole block says so itself."""
    first = children[run.begin : run.begin + run.period]
    if run.period == 1 and first[0] >= len(home):
        group = first[0] - len(home)
        last = groups[children[run.begin + run.turns - 1] - len(home)].name
        groups[group] = replace(groups[group], repeats=run.turns, name=_from_to(groups[group].name, last))
        return
    parent = own.parent[first[0]]
    above = parent - len(home) if parent >= 0 else -1
    groups.append(Group("", above, run.turns, groups[above].depth if above >= 0 else 0))
    for part in first:
        if part < len(home):
            home[part] = len(groups) - 1
        else:
            groups[part - len(home)] = replace(groups[part - len(home)], parent=len(groups) - 1)


def _from_to(first: str, last: str) -> str:
    """'blocks[1]' and 'blocks[3]' in one: 'blocks[1–3]'."""
    (stem, _, begin), (other, _, end) = first.rpartition("["), last.rpartition("[")
    return f"{stem}[{begin.rstrip(']')}–{end}" if stem and stem == other else first


def _stand_in(run: Run, children: Sequence[int], own: Parts, stands_for: list[int]) -> None:
    for place in range(run.period, run.period * run.turns):
        part, first = children[run.begin + place], children[run.begin + place % run.period]
        for box, shown in zip(own.boxes[part], own.boxes[first], strict=True):
            stands_for[box] = shown


def _without(outline: Outline, stands_for: Sequence[int]) -> Outline:
    """The boxes that stand for themselves, with the arrows of all; those back to an earlier turn are left out."""
    shown = [_shown(stands_for, box) for box in range(len(stands_for))]
    kept = [box for box, own in enumerate(shown) if box == own]
    number = {box: place for place, box in enumerate(kept)}
    arrows: dict[tuple[int, int], bool] = {}
    for arrow in outline.arrows:
        ends = number[shown[arrow.source]], number[shown[arrow.target]]
        if ends[0] < ends[1]:
            arrows[ends] = arrows.get(ends, True) and arrow.skip
    boxes = tuple(outline.boxes[box] for box in kept)
    home = [outline.home[box] for box in kept]
    return with_groups_in_use(boxes, home, outline.groups, [Arrow(*ends, skip) for ends, skip in arrows.items()])


def _shown(stands_for: Sequence[int], box: int) -> int:
    while stands_for[box] != box:
        box = stands_for[box]
    return box
