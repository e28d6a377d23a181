"""Functions made of a model: contracted with a cotangent, or with a tangent beside its variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from typing import Any

import jax.numpy as jnp


@dataclass(frozen=True)
class Contracted:
    """Σ cotangent * f: one number, whose gradient is the vector-Jacobian product."""

    function: Callable[..., Any]
    cotangent: str

    @property
    def __signature__(self) -> Signature:
        """The model's, with the cotangent."""
        return _with(self.function, self.cotangent)

    def __call__(self, **given: Any) -> Any:
        cotangent = given.pop(self.cotangent)
        return jnp.sum(cotangent * self.function(**given))


@dataclass(frozen=True)
class Beside:
    """f, with a tangent that it does not read."""

    function: Callable[..., Any]
    tangent: str

    @property
    def __signature__(self) -> Signature:
        """The model's, with the tangent."""
        return _with(self.function, self.tangent)

    def __call__(self, **given: Any) -> Any:
        given.pop(self.tangent)
        return self.function(**given)


def _with(function: Callable[..., Any], name: str) -> Signature:
    named = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in signature(function).parameters.values()]
    named = [p for p in named if p.name != name]
    return Signature([*named, Parameter(name, Parameter.KEYWORD_ONLY)])
