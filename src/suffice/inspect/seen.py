"""What one unit sees of an input, borders and gaps included: sets of places, followed backwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from suffice.inspect.flow import Flow, Link
from suffice.inspect.places import as_mask, gathered, repeated, spread
from suffice.inspect.reads import Shape, Sliding
from suffice.inspect.receptive_field import ReceptiveField

MOST_BOXES, CHECKS = 64, 64
Box: TypeAlias = tuple[int, ...]
"""A product of sets of places, bits of one whole number for each axis of a value."""


def seen(
    links: Flow, value: int, shape: Shape, unit: Mapping[int, int], source: int, source_shape: Shape
) -> np.ndarray:
    """Which cells of an input a unit of a value sees, shape of the input.

    ``unit`` is its place along some axes of the value; along the others all places count.
    """
    return _cells(seen_boxes(links, value, shape, unit, source), source_shape)


def seen_boxes(links: Flow, value: int, shape: Shape, unit: Mapping[int, int], source: int) -> frozenset[Box]:
    """The same as products of sets of places, whose union it is."""
    start = tuple(1 << unit[axis] if axis in unit else _all(length) for axis, length in enumerate(shape))
    waiting: dict[int, frozenset[Box]] = {value: frozenset({start})}
    for link in reversed(links.links):
        boxes = waiting.get(link.value, frozenset())
        found = frozenset(read for box in boxes if all(read := _back(box, link)))
        if found:
            waiting[link.read] = _fewest(waiting.get(link.read, frozenset()) | found)
    return waiting.get(source, frozenset())


def confirmed(
    fields: Mapping[int, ReceptiveField], links: Flow, shapes: Mapping[int, Shape], source: int
) -> dict[int, ReceptiveField]:
    """Fields of values of these shapes, as bounds where borders keep all units from seeing what they would without them.

    What reads units that see the whole input sees all of it too, so that few values have to be followed back.
    """
    last = {link.value: place for place, link in enumerate(links.links)}
    found: dict[int, ReceptiveField] = {}
    whole: set[int] = set()
    place, checks = 0, 0
    for value in sorted(shapes, key=lambda value: last.get(value, -1)):
        while place <= last.get(value, -1):
            link = links.links[place]
            whole |= {link.value} if link.read in whole else set()
            place += 1
        field = fields[value]
        if value not in whole and _to_check(field):
            checks += 1
            field = (
                _checked(field, links, value, shapes[value], source)
                if checks <= CHECKS
                else replace(field, tight=False)
            )
        if field.status == "whole input" and all(axis is None for axis in field.axes):
            whole.add(value)
        found[value] = field
    return found


def _to_check(field: ReceptiveField) -> bool:
    return field.status != "bound" and any(field.axes[axis] is None for axis in field.shown)


def _checked(field: ReceptiveField, links: Flow, value: int, shape: Shape, source: int) -> ReceptiveField:
    """The field, as a bound where its middle unit does not see all of what all see."""
    stays = [axis for axis in field.shown if field.axes[axis] is None]
    middle = {own: shape[own] // 2 for own in field.axes if own is not None}
    (box,) = field.boxes
    wanted = [box[axis].taps << box[axis].start for axis in stays]
    found = seen_boxes(links, value, shape, middle, source)
    same = any([one[axis] for axis in stays] == wanted for one in found)
    return field if same else replace(field, tight=False)


def _back(box: Box, link: Link) -> Box:
    """The places of an operand that places of a value read: none along an axis where these are padding alone."""
    return tuple(
        _slid_back(box[window.axis], window, length) if isinstance(window, Sliding) else _all(length)
        for window, length in zip(link.how.along, link.read_shape, strict=True)
    )


def _slid_back(units: int, window: Sliding, length: int) -> int:
    reached = repeated(spread(units, window.stride), window.kernel, window.dilation)
    moved = reached >> window.before if window.before >= 0 else reached << -window.before
    return gathered(moved, window.spread) & _all(length)


def _fewest(boxes: frozenset[Box]) -> frozenset[Box]:
    kept = frozenset(box for box in boxes if not any(box != other and _inside(box, other) for other in boxes))
    return kept if len(kept) <= MOST_BOXES else frozenset({_around(kept)})


def _inside(box: Box, other: Box) -> bool:
    return all(one & ~two == 0 for one, two in zip(box, other, strict=True))


def _around(boxes: frozenset[Box]) -> Box:
    first, *others = boxes
    for other in others:
        first = tuple(one | two for one, two in zip(first, other, strict=True))
    return first


def _all(length: int) -> int:
    return (1 << length) - 1


def _cells(boxes: frozenset[Box], shape: tuple[int, ...]) -> np.ndarray:
    cells = np.zeros(shape, bool)
    for box in boxes:
        cells |= _product(box, shape)
    return cells


def _product(box: Box, shape: tuple[int, ...]) -> np.ndarray:
    product = np.ones((), bool)
    for taps, length in zip(box, shape, strict=True):
        product = product[..., None] & as_mask(taps, length)
    return product
