"""Memory that the backward pass needs, and that JAX keeps for it, layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from suffice.inspect.layer_row import Row
from suffice.inspect.nodes import Graph


@dataclass(frozen=True)
class BackwardBytes:
    """Bytes kept from the forward pass, for each row of an account and in all.

    Attributes
    ----------
    needed
        What the backward rules need, each value counted where it is first needed.
    saved
        What this version of JAX keeps; None where it cannot differentiate the network.
    total_needed, total_saved
        In all. Arrays that JAX keeps for no one layer are in the total alone.
    """

    needed: tuple[int, ...]
    saved: tuple[int | None, ...]
    total_needed: int
    total_saved: int | None


def backward_bytes(graph: Graph, rows: Sequence[Row]) -> BackwardBytes:
    """Bytes by row; what stands between two layers belongs to the one before."""
    owner = owners(graph, rows)
    needs = graph.needs()
    kept, by_row = needs.kept(), Counter[int]()
    for need in needs.needs:
        by_row[owner[need.node]] += kept.pop(need.value, 0)
    needed = tuple(by_row[place] for place in range(len(rows)))
    try:
        arrays = graph.saved().arrays
    except (TypeError, ValueError, NotImplementedError):
        return BackwardBytes(needed, (None,) * len(rows), needs.bytes, None)
    held: Counter[int | None] = Counter()
    for array in arrays:
        held[None if array.node is None else owner[array.node]] += array.bytes
    return BackwardBytes(
        needed, tuple(held[place] for place in range(len(rows))), needs.bytes, sum(array.bytes for array in arrays)
    )


def owners(graph: Graph, rows: Sequence[Row]) -> list[int]:
    """Place of the row that each node belongs to; a leaf belongs to its first reader's."""
    starts = {row.path[0]: place for place, row in reversed(list(enumerate(rows)))}
    owners, current = [0] * len(graph.nodes), 0
    for node in graph.nodes:
        current = starts.get(node.number, current)
        owners[node.number] = current
    read: set[int] = set()
    for node in graph.nodes:
        for number in node.inputs:
            if not graph.nodes[number].inputs and number not in read:
                owners[number] = owners[node.number]
                read.add(number)
    return owners
