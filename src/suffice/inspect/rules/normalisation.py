"""The backward rule of normalisation: by moments of the rows themselves, or by given ones."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from suffice.inspect.program import Constant, Step
from suffice.inspect.rules.inner import Chain, Inner, Read, Sums, constant_name
from suffice.inspect.rules.kept import kept_name
from suffice.inspect.rules.moves import NoFormula, at_shape
from suffice.inspect.rules.terms import Terms, read_as
from suffice.inspect.unit import Slot

Tree = tuple[Any, ...]
"""What a value is made of: an operand, or the name of what is done and of what."""


class Moments(NamedTuple):
    """Which operand a variance is of, along which axes, and whether about the mean."""

    slot: int
    axes: tuple[int, ...]
    centred: bool


def normalisation(terms: Terms, operation: str) -> list[str | None]:
    """What normalisation gives to what it normalises, scale, shift and moments."""
    unit = terms.unit
    roots = [place for place, step in enumerate(unit.steps) if step.primitive == "rsqrt"]
    if len(roots) != 1 or len(unit.results) != 1:
        raise NoFormula
    walk = _Walk(terms, roots[0], kept_name(operation, terms.result))
    walk.back(unit.results[0], terms.cotangent)
    return walk.whole()


def kept_shape(terms: Terms, place: int) -> tuple[int, ...]:
    """Shape of one by the standard deviation: with axes of length 1 where it is of the rows themselves."""
    own = tuple(terms.unit.steps[place].equation.outvars[0].aval.shape)
    moments = _moments(Inner(terms), place)
    if moments is None:
        return own
    shape = tuple(read_as(terms, moments.slot).shape)
    kept = tuple(1 if axis in moments.axes else size for axis, size in enumerate(shape))
    if prod(kept) != prod(own):
        raise NoFormula
    return kept


class _Walk:
    """The way back from the result, mean and standard deviation held where they are of the rows themselves."""

    def __init__(self, terms: Terms, root: int, inverse: str):
        self.terms, self.inner, self.sums, self.root = terms, Inner(terms), Sums(terms), root
        self.moments = _moments(self.inner, root)
        self.inverse = inverse
        own = tuple(terms.unit.steps[root].equation.outvars[0].aval.shape)
        self.by_deviation = inverse if kept_shape(terms, root) == own else f"{inverse}.reshape({own})"

    def back(self, read: Read, derivative: str) -> None:
        """Follows a derivative back to the operands."""
        if self.inner.fixed(read) or self._is_mean(read):
            return
        chain = self.inner.chain(read)
        derivative = self.inner.backward(chain, derivative)
        if isinstance(chain.root, Slot):
            self.sums.add(chain.root, derivative)
        elif chain.root != self.root:
            self._through(chain.root, derivative)
        elif self.moments is None:
            self.back(self.terms.unit.reads[self.root][0], f"(-{derivative} * {self.by_deviation}**3 / 2)")

    def _through(self, place: int, derivative: str) -> None:
        step, reads = self.inner.step(place), self.terms.unit.reads[place]
        if step.primitive == "mul":
            parts = [f"({derivative} * {self._value(read, place)})" for read in reversed(reads)]
        elif step.primitive in ("add", "sub"):
            parts = [derivative, derivative if step.primitive == "add" else f"(-{derivative})"]
        else:
            raise NoFormula
        for number, (read, part) in enumerate(zip(reads, parts, strict=True)):
            self.back(read, at_shape(step, number, part))

    def _value(self, read: Read, place: int) -> str:
        """A value of the forward pass that a step reads."""
        number = self.inner.number(read)
        if number is not None:
            return number
        chain = None if isinstance(read, Constant) else self.inner.chain(read)
        if chain is None or (self.inner.fixed(read) and chain.root != self.root):
            return constant_name(place, self.terms.result)
        return self.inner.forward(chain, self._root(chain))

    def _root(self, chain: Chain) -> str:
        if isinstance(chain.root, Slot):
            return self.terms.operand(chain.root.number)
        if chain.root == self.root:
            return self.by_deviation
        step, reads = self.inner.step(chain.root), self.terms.unit.reads[chain.root]
        if self.moments is not None and step.primitive == "sub" and self._is_mean(reads[1]):
            first = self.inner.chain(reads[0])
            x, axes = self._x(), self.moments.axes
            if first == Chain(Slot(self.moments.slot), ()):
                return f"({x} - {x}.mean({axes if len(axes) != 1 else axes[0]}, keepdims=True))"
        if step.primitive not in SIGNS:
            raise NoFormula
        values = [self._value(read, chain.root) for read in reads]
        return f"({values[0]} {SIGNS[step.primitive]} {values[1]})"

    def _is_mean(self, read: Read) -> bool:
        if self.moments is None or not self.moments.centred:
            return False
        if isinstance(self.inner.chain(read).root, Slot):
            return False
        return _tree(self.inner, read) == ("mean", (Slot(self.moments.slot),), self.moments.axes)

    def _x(self) -> str:
        assert self.moments is not None
        return self.terms.operand(self.moments.slot)

    def whole(self) -> list[str | None]:
        """What all operands get; of what is normalised, mean and deviation let go."""
        found = self.sums.found
        if self.moments is not None:
            direct, axes = found[self.moments.slot], self.moments.axes
            axis = axes if len(axes) != 1 else axes[0]
            along = f"axis={axis}, centred={self.moments.centred}"
            found[self.moments.slot] = f"normalisation_vjp({self._x()}, {self.inverse}, {direct}, {along})"
        return found


MOVED = "moved"
SIGNS = {"add": "+", "sub": "-", "mul": "*"}


def _moments(inner: Inner, root: int) -> Moments | None:
    """What the variance is of; None where it is given."""
    if inner.fixed(inner.unit.reads[root][0]):
        return None
    total = inner.chain(inner.unit.reads[root][0])
    if isinstance(total.root, Slot):
        return None
    reads = inner.unit.reads[total.root]
    if inner.step(total.root).primitive != "add":
        raise NoFormula
    variance = [read for read in reads if inner.number(read) is None]
    if len(variance) != 1:
        raise NoFormula
    tree = _tree(inner, variance[0])
    return None if isinstance(tree[0], Slot) or tree[0] == MOVED else _of_rows(tree)


def _of_rows(tree: Tree) -> Moments:
    for moments in _candidates(tree):
        x, axes = (Slot(moments.slot),), moments.axes
        mean, squares = ("mean", x, axes), ("mean", ("square", x), axes)
        about = ("mean", ("square", ("sub", x, mean)), axes)
        if moments.centred and tree in (about, ("sub", squares, ("square", mean))):
            return moments
        if not moments.centred and tree == squares:
            return moments
    raise NoFormula


def _candidates(tree: Tree) -> list[Moments]:
    """Every operand and every set of axes in a tree, in both ways."""
    if isinstance(tree[0], Slot):
        return []
    own = [tree] if tree[0] == "mean" else []
    slots = [part[0].number for part in _parts(tree) if isinstance(part[0], Slot)]
    axes = [part[2] for part in [*own, *_parts(tree)] if part[0] == "mean"]
    return [Moments(slot, one, centred) for slot in slots for one in axes for centred in (True, False)]


def _parts(tree: Tree) -> list[Tree]:
    inside = [part for part in tree[1:] if isinstance(part, tuple) and part and not isinstance(part[0], int)]
    return [tree, *(deeper for part in inside for deeper in _parts(part))]


def _tree(inner: Inner, read: Read) -> Tree:
    """What a value is made of, moves and guards against rounding left out."""
    if inner.fixed(read):
        return ("fixed", inner.number(read))
    chain = inner.chain(read)
    if isinstance(chain.root, Slot):
        moved = any(inner.step(place).primitive in ("reshape", "transpose") for place in chain.places)
        return (MOVED, chain.root) if moved else (chain.root,)
    step, reads = inner.step(chain.root), inner.unit.reads[chain.root]
    scaled = [place for place in chain.places if inner.step(place).primitive in ("mul", "div")]
    if step.primitive in ("reduce_sum", "dot_general"):
        inside, axes, count = _sum(inner, chain.root)
        mean = len(scaled) == 1 and _divides_by(inner, scaled[0], count)
        return ("mean" if mean else "sum", inside, axes)
    if scaled:
        return ("scaled", chain.root, tuple(scaled))
    if step.primitive == "square" or (step.primitive == "integer_pow" and step.settings["y"] == 2):
        return ("square", _tree(inner, reads[0]))
    if step.primitive == "max":
        return next(_tree(inner, read) for read in reads if inner.number(read) is None)
    return (step.primitive, *(_tree(inner, read) for read in reads))


def _sum(inner: Inner, place: int) -> tuple[Tree, tuple[int, ...], int]:
    """What is summed, along which axes, and how many numbers at a time; several sums are one where they leave the first axis."""
    step, first = inner.step(place), inner.unit.reads[place]
    if step.primitive == "reduce_sum":
        summed, axes = first[0], tuple(map(int, step.settings["axes"]))
        count = prod(step.equation.invars[0].aval.shape[axis] for axis in axes)
    else:
        summed, axes, count = _by_ones(inner, place)
    chain = inner.chain(summed)
    nested = not isinstance(chain.root, Slot) and inner.step(chain.root).primitive == "reduce_sum" and not chain.places
    if not nested and step.primitive == "reduce_sum":
        return _tree(inner, summed), axes, count
    tree, _, more = (
        _sum(inner, chain.root) if nested and not isinstance(chain.root, Slot) else (_tree(inner, summed), (), 1)
    )
    return _in_place(tree), _all_but_first(inner, tree, step, count * more), count * more


def _by_ones(inner: Inner, place: int) -> tuple[Read, tuple[int, ...], int]:
    """The factor of a product that is not all ones, as a sum of it."""
    step, reads = inner.step(place), inner.unit.reads[place]
    fixed = [side for side, read in enumerate(reads) if inner.fixed(read) and (inner.value(read) == 1).all()]
    if len(fixed) != 1:
        raise NoFormula
    axes = tuple(map(int, step.settings["dimension_numbers"][0][1 - fixed[0]]))
    return reads[1 - fixed[0]], axes, prod(step.equation.invars[1 - fixed[0]].aval.shape[axis] for axis in axes)


def _all_but_first(inner: Inner, tree: Tree, step: Step, count: int) -> tuple[int, ...]:
    slots = {part[-1] for part in _parts(tree) if isinstance(part[-1], Slot)}
    shape = tuple(read_as(inner.terms, next(iter(slots)).number).shape) if len(slots) == 1 else ()
    left = tuple(step.equation.outvars[0].aval.shape)
    if not shape or left != shape[:1] or count * shape[0] != prod(shape):
        raise NoFormula
    return tuple(range(1, len(shape)))


def _in_place(tree: Tree) -> Tree:
    """A tree in which it does not matter how axes but the first were arranged."""
    if tree[0] == MOVED:
        return tree[1:]
    return tuple(
        _in_place(part) if isinstance(part, tuple) and part and not isinstance(part[0], int) else part for part in tree
    )


def _divides_by(inner: Inner, place: int, count: int) -> bool:
    number = inner.number(inner.unit.reads[place][1])
    return inner.step(place).primitive == "div" and number is not None and float(number.strip("()")) == count
