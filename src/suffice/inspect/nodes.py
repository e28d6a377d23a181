"""The graph of a computation: nodes in forward order, each with the nodes it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
