"""Graphs of networks from the shape of an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from numbers import Integral
from typing import Any, TypeAlias

import equinox as eqx
import jax
import numpy as np

from suffice.inspect.nodes import Graph
from suffice.inspect.trace import graph
from suffice.nets.batch_network import BatchNetwork
from suffice.runtime.precision import precision_of
from suffice.runtime.types import ArrayLike

Network: TypeAlias = BatchNetwork | Callable[..., Any]
"""A network, a function of an example, or a function without arguments that makes a network."""
InputShape: TypeAlias = Sequence[int] | ArrayLike | jax.ShapeDtypeStruct | Sequence[Any]
"""Shape of an example, an array or its shape and type, or a list of these."""


class _Batched(eqx.Module):
    """A network of one example, for several."""

    net: Callable[..., Any]

    def __call__(self, *examples: jax.Array) -> Any:
        return jax.vmap(self.net)(*examples)


def network_graph(
    net: Network, input_shape: InputShape, batch: int = 1, training: bool = False
) -> tuple[Graph, int | None]:
    """Graph of a network for an example or a batch of them, and the number of its first input."""
    net = built(net)
    several: Any = input_shape if _several(input_shape) else [input_shape]
    given = [_example(one, net) for one in several]
    if batch > 1 or isinstance(net, BatchNetwork):
        given = [jax.ShapeDtypeStruct((batch, *one.shape), one.dtype) for one in given]
    net = net if batch == 1 or isinstance(net, BatchNetwork) else _Batched(net)
    traced = graph(net, *given, training=training)  # type: ignore[arg-type]
    inputs = [node.number for node in traced.nodes if node.operation == "input" and node.shape == given[0].shape]
    return traced, inputs[-len(given)] if len(inputs) >= len(given) else (inputs[0] if inputs else None)


def built(net: Network) -> Any:
    """The network that a function without arguments makes, as shapes; a network, or a function of an example, as it is."""
    if not callable(net) and not isinstance(net, BatchNetwork):
        raise ValueError(f"{type(net).__name__} was given; a network, or a function of one example, is expected.")
    if not _makes_network(net):
        return net
    try:
        return eqx.filter_eval_shape(net)  # type: ignore[arg-type]
    except Exception as error:
        words = str(error).split("\n")[0] or type(error).__name__
        raise ValueError(f"The function that makes the network fails: {words}") from error


def _makes_network(net: Network) -> bool:
    if isinstance(net, eqx.Module):
        return False
    try:
        given = signature(net).parameters.values()
    except (TypeError, ValueError):
        return False
    return not any(one.kind != Parameter.KEYWORD_ONLY for one in given)


def _several(given: Any) -> bool:
    return isinstance(given, list | tuple) and any(not isinstance(one, Integral) for one in given)


def _example(given: Any, net: Any) -> jax.ShapeDtypeStruct:
    if hasattr(given, "shape") and hasattr(given, "dtype"):
        return jax.ShapeDtypeStruct(tuple(given.shape), given.dtype)
    sizes = list(given) if isinstance(given, list | tuple) else [given]
    if not all(isinstance(size, Integral) and not isinstance(size, bool) and int(size) > 0 for size in sizes):
        raise ValueError(
            f"input_shape={given!r} was given; whole numbers of at least 1, such as (3, 227, 227), are expected."
        )
    return jax.ShapeDtypeStruct(tuple(map(int, sizes)), np.dtype(precision_of(net)))
