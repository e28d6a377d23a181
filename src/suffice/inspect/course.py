"""Units of two calls: a product and its bias are one affine map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from suffice.inspect.program import Constant, Program, Step
from suffice.inspect.unit import Operand, Slot, Unit
from suffice.inspect.units import units

PRODUCTS = {"dot_general": "affine", "conv_general_dilated": "convolution"}


def course_units(program: Program, parameters: Collection[int]) -> list[Unit]:
    """Course units of a program, a bias with the product before it; ``parameters`` are numbers of values."""
    found = units(program)
    readers = Counter(operand.source for unit in found for operand in unit.operands)
    readers.update(atom for atom in program.outputs if isinstance(atom, int))
    leaves = {*program.inputs, *program.constants}
    biases = {leaf for leaf in leaves if leaf in parameters or readers[leaf] == 1}
    products: dict[int, Unit] = {}
    fused: list[Unit] = []
    for unit in found:
        joined = _with_bias(unit, products, readers, biases)
        if joined is not None:
            product, unit = joined
            fused.remove(product)
        unit = _in_order(_with_weight(unit, parameters), program, parameters)
        if len(unit.results) == 1 and unit.name is None and _product(unit) is not None:
            products[unit.results[0]] = unit
        fused.append(unit)
    return fused


def _in_order(unit: Unit, program: Program, parameters: Collection[int]) -> Unit:
    """A call's operands in the order data, parameters, whole numbers."""
    if unit.operation is None or unit.steps[0].primitive in PRODUCTS or len(unit.operands) < 2:
        return unit

    def kind(place: int) -> tuple[bool, bool]:
        source = unit.operands[place].source
        number = source is not None and jnp.issubdtype(program.values[source].dtype, np.inexact)
        return not number, source in parameters

    order = sorted(range(len(unit.operands)), key=kind)
    slots = {Slot(before): Slot(now) for now, before in enumerate(order)}
    reads = tuple(tuple(slots[read] if isinstance(read, Slot) else read for read in row) for row in unit.reads)
    return replace(unit, operands=tuple(unit.operands[place] for place in order), reads=reads)


def _product(unit: Unit) -> Step | None:
    """The product of a unit that is nothing else."""
    return unit.steps[0] if unit.steps[0].primitive in PRODUCTS and len(unit.operands) == 2 else None


def _with_weight(unit: Unit, parameters: Collection[int]) -> Unit:
    """A product with a parameter is an affine map without a bias; what picks rows of one is an embedding."""
    sources = [operand.source for operand in unit.operands]
    weights = {source for source in sources if source in parameters}
    if unit.operation is None and _product(unit) is not None and len(weights) == 1:
        return replace(unit, operation=PRODUCTS[unit.steps[0].primitive])
    gathers = any(step.primitive == "gather" for step in unit.steps)
    if gathers and unit.operation in (None, "pick") and sources and sources[0] in parameters:
        return replace(unit, operation="embedding")
    return unit


def _with_bias(
    unit: Unit, products: dict[int, Unit], readers: Counter[int | None], biases: Collection[int]
) -> tuple[Unit, Unit] | None:
    """A product and the sum that adds a bias to it and that alone reads it, as one unit."""
    if unit.operation is not None or unit.steps[0].primitive != "add" or len(unit.operands) != 2:
        return None
    for place in (0, 1):
        summand, bias = unit.operands[place], unit.operands[1 - place]
        product = products.get(summand.source) if summand.source is not None else None
        if product is not None and readers[summand.source] == 1 and bias.source in biases:
            return product, _joined(product, unit, place)
    return None


def _joined(product: Unit, unit: Unit, place: int) -> Unit:
    summand, bias = unit.operands[place], unit.operands[1 - place]
    moved = summand.moves[-1].writes[0] if summand.moves else product.results[0]
    of_sum: list[Slot | int | Constant] = [Slot(2), Slot(2)]
    of_sum[place] = moved
    return Unit(
        PRODUCTS[product.steps[0].primitive],
        (*product.steps, *summand.moves, *unit.steps),
        (*product.reads, *(step.reads for step in summand.moves), tuple(of_sum), *unit.reads[1:]),
        (*product.operands, Operand(bias.source, bias.moves)),
        unit.results,
        unit.name,
    )
