"""Backward rules of calls that are one operation each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from suffice.inspect.operations import settings
from suffice.inspect.rules.attention import attention
from suffice.inspect.rules.chosen import dropout, pick
from suffice.inspect.rules.moves import NoFormula, summed
from suffice.inspect.rules.normalisation import normalisation
from suffice.inspect.rules.primitives import axes_kept
from suffice.inspect.rules.terms import Terms, read_as

FORMULAS = {
    "relu": "{g} * ({x} > 0)",
    "relu6": "{g} * (({x} > 0) & ({x} < 6))",
    "sigmoid": "{g} * {y} * (1 - {y})",
    "log-sigmoid": "{g} * (1 - np.exp({y}))",
    "softplus": "{g} / (1 + np.exp(-{x}))",
    "silu": "{g} * (1 + {x} - {y}) / (1 + np.exp(-{x}))",
    "softmax": "{y} * ({g} - ({y} * {g}).sum({axis}, keepdims=True))",
    "log-softmax": "{g} - np.exp({y}) * {g}.sum({axis}, keepdims=True)",
    "log-sum-exp": "{kept_g} * np.exp({x} - {kept_y})",
    "mean": "np.broadcast_to({kept_g} / {count}, {shape})",
    "cross-entropy": "{last_g} * (softmax({x}, axis=-1) - (np.arange({classes}) == {last_t}))",
}
"""Of functions of one array: x is the argument, y the value, g the derivative with respect to it."""


def call(terms: Terms, operation: str) -> list[str | None]:
    """What a call gives to each of its operands, None for nothing."""
    if operation in FORMULAS:
        return _formula(terms, operation)
    if operation not in LAYERS:
        raise NoFormula
    return LAYERS[operation](terms, operation)


def _formula(terms: Terms, operation: str) -> list[str | None]:
    labelled = operation == "cross-entropy"
    if len(terms.unit.operands) != (2 if labelled else 1):
        raise NoFormula
    return [FORMULAS[operation].format(**_words(terms, operation)), *([None] if labelled else [])]


def _words(terms: Terms, operation: str) -> dict[str, object]:
    shape, result = operand_shape(terms, 0), terms.unit.steps[-1].equation.outvars[0].aval.shape
    axes = settings(terms.unit, operation).get("axis", ())
    assert isinstance(axes, tuple)
    g, y = f"({terms.cotangent})", f"({terms.result})"
    keep = len(result) != len(shape) and len(result) > 0
    words: dict[str, object] = {"x": terms.operand(0), "y": y, "g": g, "shape": shape}
    words |= {"axis": axes if len(axes) != 1 else axes[0], "count": prod(shape[axis] for axis in axes)}
    words |= {"kept_g": axes_kept(g, axes) if keep else g, "kept_y": axes_kept(y, axes) if keep else y}
    if operation == "cross-entropy":
        if operand_dtype(terms, 1).kind not in "iu":
            raise NoFormula
        kept_t = f"np.expand_dims({terms.operand(1)}, -1)" if result else terms.operand(1)
        words |= {"classes": shape[-1], "last_g": axes_kept(g, (-1,)) if result else g, "last_t": kept_t}
    return words


def operand_shape(terms: Terms, number: int) -> tuple[int, ...]:
    """Shape of an operand as the unit reads it."""
    return tuple(read_as(terms, number).shape)


def operand_dtype(terms: Terms, number: int) -> np.dtype:
    """Type of an operand as the unit reads it."""
    return read_as(terms, number).dtype


def _binary_cross_entropy(terms: Terms, operation: str) -> list[str | None]:
    if len(terms.unit.operands) != 2 or operand_shape(terms, 0) != operand_shape(terms, 1):
        raise NoFormula
    summed = len(terms.unit.steps[-1].equation.outvars[0].aval.shape) < len(operand_shape(terms, 0))
    g = axes_kept(f"({terms.cotangent})", (-1,)) if summed else f"({terms.cotangent})"
    z, t = terms.operand(0), terms.operand(1)
    return [f"{g} * (1 / (1 + np.exp(-{z})) - {t})", f"-{g} * {z}"]


def _convolution(terms: Terms, operation: str) -> list[str | None]:
    found = settings(terms.unit, operation)
    spread = set(_pairs(found.get("input_dilation", (1,)))) != {1}
    if spread or any(min(pair) < 0 for pair in _pairs(found["padding"])):
        raise NoFormula
    chosen = ", ".join(f"{word}={found[word]!r}" for word in ("stride", "padding", "dilation", "groups", "layout"))
    g = f"({terms.cotangent})"
    call = f"convolution_vjp({terms.operand(0)}, {terms.operand(1)}, {g}, {chosen})"
    layout = found["layout"]
    assert isinstance(layout, tuple)
    return [f"{call}[0]", f"{call}[1]", *_bias(terms, g, layout[2].index("C"))]


def _bias(terms: Terms, g: str, channels: int) -> list[str | None]:
    """What a convolution gives to its bias, which may already be spread over the maps."""
    if len(terms.unit.operands) < 3:
        return []
    result = tuple(terms.unit.steps[-1].equation.outvars[0].aval.shape)
    if len(operand_shape(terms, 2)) == len(result):
        return [summed(g, operand_shape(terms, 2), result)]
    return [f"{g}.sum({tuple(axis for axis in range(len(result)) if axis != channels)})"]


def _pairs(found: object) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else ()


def _pooling(terms: Terms, operation: str) -> list[str | None]:
    found = settings(terms.unit, operation)
    shape, result = operand_shape(terms, 0), terms.unit.steps[-1].equation.outvars[0].aval.shape
    if found.get("adaptive") and any(size % pooled for size, pooled in zip(shape[-2:], result[-2:], strict=True)):
        raise NoFormula
    dilated = any(each != 1 for step in terms.unit.steps for each in step.settings.get("base_dilation", ()))
    padded = any(margin != (0, 0) for margin in _pairs(found["padding"]))
    if dilated or len(terms.unit.operands) != 1 or (operation == "average pooling" and padded):
        raise NoFormula
    chosen = ", ".join(f"{word}={found[word]!r}" for word in ("kernel", "stride", "padding"))
    g, name = f"({terms.cotangent})", operation.replace(" ", "_")
    return [f"{name}_vjp({terms.operand(0) if operation == 'max pooling' else shape}, {g}, {chosen})"]


TANH = "np.tanh(np.sqrt(2 / np.pi) * ({x} + 0.044715 * {x}**3))"
"""The approximation of 2 times the normal distribution function, less 1."""
GELU = {
    "tanh": "{g} * (1 + {t}) / 2 * (1 + {x} * (1 - {t}) * np.sqrt(2 / np.pi) * (1 + 0.134145 * {x}**2))",
    "exact": "{g} * (normal_distribution({x}) + {x} * np.exp(-{x}**2 / 2) / np.sqrt(2 * np.pi))",
}


def _gelu(terms: Terms, operation: str) -> list[str | None]:
    if len(terms.unit.operands) != 1:
        raise NoFormula
    x = terms.operand(0)
    kind = "tanh" if any(step.primitive == "tanh" for step in terms.unit.steps) else "exact"
    return [GELU[kind].format(g=f"({terms.cotangent})", x=x, t=TANH.format(x=x))]


LAYERS: Mapping[str, Callable[[Terms, str], list[str | None]]] = {
    "binary cross-entropy": _binary_cross_entropy,
    "convolution": _convolution,
    "max pooling": _pooling,
    "average pooling": _pooling,
    "sum pooling": _pooling,
    "gelu": _gelu,
    "dropout": dropout,
    "pick": pick,
    "embedding": pick,
    "attention": attention,
    "normalisation": normalisation,
}
