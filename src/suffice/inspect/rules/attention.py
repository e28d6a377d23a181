"""The backward rule of attention: two products and a softmax between them."""

from __future__ import annotations

from suffice.inspect.rules.inner import Chain, Inner, Sums
from suffice.inspect.rules.kept import kept_name
from suffice.inspect.rules.moves import NoFormula
from suffice.inspect.rules.products import by_named_axes
from suffice.inspect.rules.terms import Terms
from suffice.inspect.unit import Slot, Unit


def attention(terms: Terms, operation: str) -> list[str | None]:
    """What attention gives to queries, keys and values: of P, the weights, and P̄, scores get P ⊙ (P̄ − Σ P ⊙ P̄)."""
    inner, sums = Inner(terms), Sums(terms)
    first, second = _products(terms.unit)
    sides = [inner.chain(read) for read in terms.unit.reads[second]]
    division = weights_place(terms)
    weights = kept_name(operation, terms.result)
    left, right = (inner.forward(side, weights if side.root == division else _operand(terms, side)) for side in sides)
    after = inner.chain(terms.unit.results[0])
    if after.root != second:
        raise NoFormula
    rules = by_named_axes(inner.step(second), left, right, inner.backward(after, terms.cotangent))
    for side, derivative in zip(sides, rules, strict=True):
        if side.root == division:
            scores = _softmax_back(inner, division, weights, inner.backward(side, derivative))
        else:
            sums.add(side.root, inner.backward(side, derivative))
    sides = [inner.chain(read) for read in terms.unit.reads[first]]
    left, right = (inner.forward(side, _operand(terms, side)) for side in sides)
    for side, derivative in zip(sides, by_named_axes(inner.step(first), left, right, scores), strict=True):
        sums.add(side.root, inner.backward(side, derivative))
    return sums.found


def weights_place(terms: Terms) -> int:
    """Place of the step that gives the weights, a division by sums of exponentials."""
    inner = Inner(terms)
    roots = [inner.chain(read).root for read in terms.unit.reads[_products(terms.unit)[1]]]
    found = [root for root in roots if not isinstance(root, Slot)]
    if len(found) != 1 or inner.step(found[0]).primitive != "div":
        raise NoFormula
    return found[0]


def _products(unit: Unit) -> tuple[int, int]:
    found = [place for place, step in enumerate(unit.steps) if step.primitive == "dot_general"]
    if len(found) != 2 or len(unit.results) != 1:
        raise NoFormula
    return found[0], found[1]


def _softmax_back(inner: Inner, division: int, weights: str, derivative: str) -> str:
    """The derivative with respect to the first product, from that with respect to the weights."""
    reads = inner.unit.reads[division]
    exponential, total = inner.place(reads[0], "exp"), inner.place(reads[1], "reduce_sum")
    difference = inner.place(inner.unit.reads[exponential][0], "sub")
    scores = inner.chain(inner.unit.reads[difference][0])
    if scores.root != _products(inner.unit)[0]:
        raise NoFormula
    axes = tuple(map(int, inner.step(total).settings["axes"]))
    along = f"({weights} * {derivative}).sum({axes if len(axes) != 1 else axes[0]}, keepdims=True)"
    return inner.backward(scores, f"{weights} * ({derivative} - {along})")


def _operand(terms: Terms, chain: Chain) -> str:
    if not isinstance(chain.root, Slot):
        raise NoFormula
    return terms.operand(chain.root.number)
