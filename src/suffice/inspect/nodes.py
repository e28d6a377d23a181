"""The graph of a computation: nodes in forward order, each with the nodes it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from suffice.inspect import values
from suffice.inspect.labels import labels
from suffice.inspect.schedule import Schedule, schedule
from suffice.inspect.values import Given, Values
from suffice.runtime.types import ArrayLike

if TYPE_CHECKING:
    from suffice.inspect.units import Unit


@dataclass(frozen=True)
class Node:
    """One operation of a graph, and the value it gives.

    Attributes
    ----------
    number
        Place in ``Graph.nodes``, which is a forward order: a node reads nodes before it.
    operation
        ``"input"``, ``"parameter"``, ``"constant"``, ``"affine"``, ``"convolution"``, ``"relu"``, ... In words.
    inputs
        Numbers of the nodes it reads, in the order of the rule's arguments. Parameters are nodes too.
    shape, dtype
        Of its value.
    name
        The author's own name for the value, None where there is none.
    scope
        Where it is, outermost first: fields of modules, named scopes.
    settings
        What fixes the operation beside its inputs: of a convolution ``kernel``, ``stride``, ``padding``, ``dilation``,
        ``groups`` and ``channels``; of a pooling ``kernel``, ``stride`` and ``padding``; of a reduction ``axis``.
    repeats
        How often a loop runs its body; 1 for all else.
    body
        Graph of one turn of a loop, None for all else.
    """

    number: int
    operation: str
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: str
    name: str | None = None
    scope: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    repeats: int = 1
    body: Graph | None = None


@dataclass(frozen=True)
class Graph:
    """A computation, traced once.

    Attributes
    ----------
    nodes
        In forward order.
    outputs
        Numbers of the nodes whose values are given back.
    units
        What computes each node, None for leaves and for one of several results.
    leaves
        What is known of inputs, parameters and constants, by the numbers of their nodes: an array, or a shape.
    precision
        ``"float32"`` or ``"float64"``.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    units: tuple[Unit | None, ...] = field(default=(), repr=False)
    leaves: Mapping[int, Any] = field(default_factory=dict, repr=False)
    precision: str = "float32"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each node, valid in Python and unlike any other: the author's, or ``v`` and its number."""
        return labels(self.nodes)

    def find(self, node: int | str) -> int:
        """Number of a node, from its number, its label or its author's name.

        Parameters
        ----------
        node
            Number or name.

        Raises
        ------
        ValueError
            When there is none, or a name belongs to several.
        """
        if not isinstance(node, str):
            if not 0 <= node < len(self.nodes):
                raise ValueError(f"There is no node {node}; nodes are numbered from 0 to {len(self.nodes) - 1}.")
            return int(node)
        if node in self.labels:
            return self.labels.index(node)
        named = [each.number for each in self.nodes if each.name == node]
        if len(named) == 1:
            return named[0]
        if named:
            raise ValueError(
                f"{node!r} is the name of {', '.join(self.labels[number] for number in named)}; choose one of them."
            )
        raise ValueError(f"There is no node {node!r}; there are {', '.join(self.labels)}.")

    def forward(self, at: Given | None = None) -> Values:
        """Value of every node.

        Parameters
        ----------
        at
            Arrays for inputs, parameters and constants by their names, in the place of those that were traced.

        Raises
        ------
        ValueError
            When a leaf was given as a shape and has no array here, or an array is of another shape.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> from suffice.inspect import graph
        >>> def f(x):
        ...     u = 3.0 * x
        ...     return jnp.exp(u)
        >>> float(graph(f, 0.0).forward({"x": 1.0})["u"])
        3.0
        """
        return values.forward(self, at)

    def backward(self, cotangent: ArrayLike | None = None, at: Given | None = None) -> Values:
        """Derivative of the output with respect to every node, None for nodes that have none.

        Parameters
        ----------
        cotangent
            Derivative with respect to the output, or a list for several; None is 1 and needs one number as output.
        at
            As for ``forward``.

        Raises
        ------
        ValueError
            As ``forward``; when a cotangent is missing or does not fit, or an output is no real number.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> from suffice.inspect import graph
        >>> def f(x):
        ...     u = 3.0 * x
        ...     return jnp.exp(u)
        >>> found = graph(f, 0.0).backward()
        >>> float(found["u"]), float(found["x"])
        (1.0, 3.0)
        """
        return values.backward(self, cotangent, at)

    def schedule(self) -> Schedule:
        """Lines that compute the derivative with respect to every leaf, in an order in which each is whole before it is used.

        Examples
        --------
        See ``Schedule``.
        """
        return schedule(self)
