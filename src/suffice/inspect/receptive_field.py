"""Receptive fields: which places of an input a unit of a value can see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any, Literal, TypeAlias

from suffice.inspect.flow import Flow, Link
from suffice.inspect.places import Places, hull, of_all_units, slid
from suffice.inspect.reads import Mixed, Shape, Sliding

MOST_BOXES = 16
Status: TypeAlias = Literal["exact", "bound", "whole input"]
Box: TypeAlias = tuple[Places, ...]
"""A product of sets of places, one for each axis of the input: those of unit 0 where units move along it."""


@dataclass(frozen=True)
class ReceptiveField:
    """What a unit of a value can see of an input, away from the borders.

    Attributes
    ----------
    input_shape
        Shape of the input.
    axes
        For each axis of the input, the axis of the value along which what is seen moves; None where it stays.
    steps
        How far it moves from a unit to the next.
    boxes
        Products of sets of places; their union is what unit 0 would see of an input without borders.
    tight
        Whether each unit sees all of it.
    windowed
        Axes of the input along which windows slide, those of an image.
    mixed
        Axes of the value along which units see different parts of what stays.
    masked
        Whether a mask, the same for all inputs, chose something on the way, and may have left out some of this.

    Examples
    --------
    >>> from suffice.inspect import account
    >>> from suffice.nets import Conv2d
    >>> field = account(Conv2d(1, 2, 3, stride=2, padding=1, key=0), (1, 1, 8, 8)).rows[0].receptive_field
    >>> field.input_shape, str(field)
    ((1, 1, 8, 8), '3×3')
    """

    input_shape: tuple[int, ...]
    axes: tuple[int | None, ...]
    steps: tuple[Fraction, ...]
    boxes: frozenset[Box]
    tight: bool = True
    windowed: frozenset[int] = frozenset()
    mixed: frozenset[int] = frozenset()
    masked: bool = False

    @property
    def shown(self) -> tuple[int, ...]:
        """Axes of an image; where no window slides, all that are longer than 1."""
        longer = tuple(axis for axis, length in enumerate(self.input_shape) if length > 1)
        return tuple(sorted(self.windowed)) or longer or tuple(range(len(self.input_shape)))

    @property
    def size(self) -> tuple[int, ...]:
        """Lengths of the box around what a unit sees, along the axes of an image."""
        return tuple(self._ends(axis).taps.bit_length() for axis in self.shown)

    @property
    def status(self) -> Status:
        """``"exact"``: the box and nothing less; ``"bound"``: at most the box; ``"whole input"``: all of it."""
        filled = len(self.boxes) == 1 and all(places.gapless for box in self.boxes for places in box)
        if not (self.tight and filled) or self.mixed or self.masked:
            return "bound"
        stays = all(self.axes[axis] is None for axis in self.shown)
        return "whole input" if stays and self.size == tuple(self.input_shape[axis] for axis in self.shown) else "exact"

    def __str__(self) -> str:
        if self.status == "whole input":
            return "whole input"
        return f"{'' if self.status == 'exact' else '≤ '}{'×'.join(map(str, self.size)) or 1}"

    def _ends(self, axis: int) -> Places:
        return reduce(hull, [box[axis] for box in self.boxes])


def receptive_fields(links: Flow, source: int, shape: Shape) -> dict[int, ReceptiveField]:
    """Receptive fields of all values that see the input of this number."""
    box = (Places(0, 1),) * len(shape)
    found = {source: ReceptiveField(shape, tuple(range(len(shape))), (Fraction(1),) * len(shape), frozenset({box}))}
    for link in links.links:
        if link.read in found:
            field = _through(found[link.read], link)
            if link.chosen_by is not None and link.chosen_by not in found:
                field = replace(field, masked=True)
            known = found.get(link.value)
            found[link.value] = field if known is None else _both(known, field, link.shape)
    return found


def _through(field: ReceptiveField, link: Link) -> ReceptiveField:
    """The field of a value that reads an operand."""
    how = link.how
    mixed: set[int] = set()
    for own in field.mixed:
        mixed |= _axes_after(how.along[own])
    for axis, own in enumerate(field.axes):
        window = None if own is None else how.along[own]
        if own is not None and isinstance(window, Sliding):
            field = _slid(field, axis, window)
        elif own is not None:
            field = _stayed(field, axis, link.read_shape[own])
            mixed |= _axes_after(window)
    return replace(field, tight=field.tight and how.tight, mixed=frozenset(mixed))


def _axes_after(window: Sliding | Mixed | None) -> set[int]:
    """Axes of a value along which what lies along an axis of the operand lies."""
    return set() if window is None else {window.axis} if isinstance(window, Sliding) else set(window.axes)


def _slid(field: ReceptiveField, axis: int, window: Sliding) -> ReceptiveField:
    step = field.steps[axis]
    after = step * window.stride / window.spread
    return replace(
        field,
        axes=_with(field.axes, axis, window.axis),
        steps=_with(field.steps, axis, after),
        boxes=frozenset(_with(box, axis, slid(box[axis], step, window)) for box in field.boxes),
        tight=field.tight and after.denominator == 1 and window.spread == 1 and not window.partial,
        windowed=field.windowed | ({axis} if window.kernel > 1 or window.stride > 1 else set()),
    )


def _stayed(field: ReceptiveField, axis: int, units: int) -> ReceptiveField:
    """The field of a value each place of which sees what all units along an axis see."""
    length, step = field.input_shape[axis], field.steps[axis]
    boxes = frozenset(_with(box, axis, of_all_units(box[axis], step, units, length)) for box in field.boxes)
    return replace(field, axes=_with(field.axes, axis, None), steps=_with(field.steps, axis, Fraction(0)), boxes=boxes)


def _both(one: ReceptiveField, other: ReceptiveField, shape: Shape) -> ReceptiveField:
    """The field of a value that sees what either sees."""
    moving = [axis for axis in range(len(one.axes)) if _movement(one, axis) != _movement(other, axis)]
    one, other = _loosened(one, moving, shape), _loosened(other, moving, shape)
    boxes, same = _fewest(one.boxes | other.boxes)
    tight = (one.tight and other.tight and same) or any(field.tight and field.boxes == boxes for field in (one, other))
    windowed, mixed = one.windowed | other.windowed, one.mixed | other.mixed
    masked = one.masked or other.masked
    return replace(one, boxes=boxes, tight=tight, windowed=windowed, mixed=mixed, masked=masked)


def _movement(field: ReceptiveField, axis: int) -> tuple[int | None, Fraction]:
    return field.axes[axis], field.steps[axis]


def _loosened(field: ReceptiveField, axes: list[int], shape: Shape) -> ReceptiveField:
    """What all units see along some axes, of which each may see less."""
    for axis in axes:
        own = field.axes[axis]
        field = field if own is None else replace(_stayed(field, axis, shape[own]), tight=False)
    return field


def _fewest(boxes: frozenset[Box]) -> tuple[frozenset[Box], bool]:
    """The same places in few boxes; of very many, the one around them and False."""
    kept = _merged({box for box in boxes if not any(box != other and _inside(box, other) for other in boxes)})
    if len(kept) <= MOST_BOXES:
        return frozenset(kept), True
    return frozenset({tuple(reduce(hull, places) for places in zip(*kept, strict=True))}), False


def _merged(boxes: set[Box]) -> set[Box]:
    """Boxes of which no two differ along one axis alone."""
    for one in boxes:
        for other in boxes - {one}:
            differing = [axis for axis in range(len(one)) if one[axis] != other[axis]]
            if len(differing) == 1:
                (axis,) = differing
                return _merged((boxes - {one, other}) | {_with(one, axis, one[axis].union(other[axis]))})
    return boxes


def _inside(box: Box, other: Box) -> bool:
    return all(one.within(two) for one, two in zip(box, other, strict=True))


def _with(values: tuple[Any, ...], place: int, value: object) -> tuple[Any, ...]:
    return (*values[:place], value, *values[place + 1 :])
