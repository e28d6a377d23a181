"""Where an optimiser begins, in one program; step by step where it is one of the user's that cannot be compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
from jaxtyping import PyTree

from suffice.runtime.arrays import Array
from suffice.runtime.compiling import filter_jit

if TYPE_CHECKING:
    import optax


def begun(optimizer: optax.GradientTransformation, parameters: PyTree[Array]) -> PyTree[Array]:
    """The optimiser's state before the first step."""
    try:
        return _begun(optimizer, parameters)
    except jax.errors.JAXTypeError:
        return optimizer.init(parameters)


def begun_outline(optimizer: optax.GradientTransformation, parameters: PyTree[Array]) -> PyTree[Any]:
    """Its shapes and types."""
    try:
        return _begun.outline(optimizer, parameters)
    except jax.errors.JAXTypeError:
        return optimizer.init(parameters)


@filter_jit
def _begun(optimizer: optax.GradientTransformation, parameters: PyTree[Array]) -> PyTree[Array]:
    return optimizer.init(parameters)
