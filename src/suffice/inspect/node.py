"""One operation of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


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

    Examples
    --------
    >>> from suffice.inspect import graph
    >>> def square(x):
    ...     y = x * x
    ...     return y
    >>> [(node.number, node.operation, node.name, node.inputs) for node in graph(square, 3.0).nodes]
    [(0, 'input', 'x', ()), (1, 'multiply', 'y', (0, 0))]
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
