"""What each single change of a network does to its counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from suffice.inspect.accounting import Account, account, account_of
from suffice.inspect.convention import ConventionLike
from suffice.inspect.edits import NEW, edits
from suffice.inspect.needed import Need
from suffice.inspect.of_network import InputShape, Network
from suffice.inspect.plan import Counted, Misfit, Part, counted, plan_of
from suffice.inspect.tabular import Cell, Table, Tabular
from suffice.validation import check_choice

CHANGES = ("units", "weights", "connections", "backward_bytes")


@dataclass(frozen=True)
class Lever:
    """One change, and what it changes.

    Attributes
    ----------
    layers
        Short names of the layers that it is done to.
    edit
        What is done.
    units, weights, connections, backward_bytes
        What is added by it, below 0 for less; the last are bytes that the backward rules need.
    shares
        The same as shares of the whole, by name.

    Examples
    --------
    >>> from suffice.inspect import levers
    >>> from suffice.nets import MLP
    >>> lever = levers(MLP(4, [8], 3, key=0), (4,)).of("fc1", "half the width")
    >>> lever.weights, lever.units
    (-28, -4)
    """

    layers: tuple[str, ...]
    edit: str
    units: int
    weights: int
    connections: int
    backward_bytes: int
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Levers(Tabular):
    """All levers of a network, the strongest first; ``levers`` makes it. Iterating gives the levers.

    Attributes
    ----------
    found
        The levers.
    notes
        Sentences that stand under the table.

    Examples
    --------
    >>> from suffice.inspect import levers
    >>> from suffice.nets import MLP
    >>> found = levers(MLP(4, [8], 3, key=0), (4,)).found
    >>> [(lever.weights, lever.units) for lever in found]
    [(-44, -8), (-28, -4)]
    """

    found: tuple[Lever, ...]
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[Lever]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def of(self, layer: str, edit: str) -> Lever:
        """The lever of one layer and edit.

        Parameters
        ----------
        layer
            Short name of the layer.
        edit
            As in the table, such as ``"half the width"``.

        Raises
        ------
        ValueError
            When there is none.
        """
        for lever in self.found:
            if layer in lever.layers and lever.edit == edit:
                return lever
        known = sorted({lever.edit for lever in self.found if layer in lever.layers})
        raise ValueError(
            f"There is no lever {edit!r} of {layer!r}; its levers are {', '.join(map(repr, known)) or 'none'}."
        )

    def table(self) -> Table:
        """One line a lever."""
        return Table(("layers", "change", *_header()), tuple(map(_line, self.found)), notes=self.notes)


def levers(
    net: Network | Account,
    input_shape: InputShape | None = None,
    convention: ConventionLike = "course",
    *,
    by: str = "weights",
) -> Levers:
    """What each single change of a network does to units, weights, connections and bytes of the backward pass.

    Changes are: half the width of a layer (of all layers that are added to one another together), twice the stride, a smaller
    kernel, twice the groups, a depthwise convolution and a 1×1 one in a convolution's place, a 1×1 convolution before it, 2×2
    pooling after it, weights shared by two layers of one shape, a layer dropped. Layers behind a change are fitted to it.

    Parameters
    ----------
    net, input_shape, convention
        As for ``account``; or an account, whose own shape and convention are taken. Pooling is left out.
    by
        What the levers are sorted by, the largest saving first: ``"units"``, ``"weights"``, ``"connections"`` or
        ``"backward_bytes"``.

    Raises
    ------
    ValueError
        When the network has layers that no plan follows, such as loops and attention, or ``by`` is not known.

    Examples
    --------
    >>> from suffice.inspect import levers
    >>> from suffice.nets import AlexNet
    >>> found = levers(lambda: AlexNet(towers=2, key=0), (3, 227, 227))
    >>> lever = found.of("fc6", "half the width")
    >>> lever.weights, round(100 * lever.shares["weights"], 1), round(100 * lever.shares["connections"], 1)
    (-27262976, -44.7, -3.8)
    """
    check_choice("by", by, CHANGES)
    if isinstance(net, Account):
        given = net
    elif input_shape is None:
        raise ValueError("input_shape is missing: give the shape of an example, such as (3, 227, 227), or an account.")
    else:
        given = account(net, input_shape, convention)
    plain = replace(given.convention, pool=False)
    given = account_of(given.graph, given.source, plain, given.batch_graph)
    return Levers(tuple(sorted(_levers(given), key=lambda lever: getattr(lever, by))), _notes(given))


def _levers(given: Account) -> list[Lever]:
    plan = plan_of(given)
    before = counted(plan)
    names = {row.path[0]: row.layer for row in given.rows}
    start = _numbers(before, needed_bytes(given, plan, plan, before))
    found = []
    for edit, numbers, changed in edits(plan, before, given.graph.outputs):
        try:
            after = counted(changed)
        except Misfit:
            continue
        end = _numbers(after, needed_bytes(given, plan, changed, after))
        change = {name: end[name] - start[name] for name in CHANGES}
        shares = {name: change[name] / start[name] if start[name] else 0.0 for name in CHANGES}
        found.append(Lever(tuple(names[number] for number in numbers), edit, **change, shares=shares))
    return found


def _numbers(found: Counted, kept: int) -> dict[str, int]:
    return {"units": found.units, "weights": found.weights, "connections": found.connections, "backward_bytes": kept}


def needed_bytes(given: Account, plan: Mapping[int, Part], changed: Mapping[int, Part], found: Counted) -> int:
    """Bytes that the backward rules of a changed plan need; each value, and each layer's weights, once."""
    kept: dict[tuple[int, bool], int] = {}
    for need in given.graph.needs().needs:
        part = changed.get(need.node)
        if part is None and need.node in plan:
            continue
        if need.kind == "inside":
            kept[need.node, False] = _inside(given, need, part, found)
            continue
        size = prod(given.graph.nodes[need.value].shape)
        item = need.bytes // size if size else 0
        value = _read_now(need.value, plan.get(need.node), part)
        if value in found.sizes:
            maps, places = found.sizes[value]
            key, cells = (value, True), maps * prod(places) * given.convention.batch
        else:
            key, cells = (need.value, False), _parameters(part, found, size)
        kept[key] = max(kept.get(key, 0), item * cells)
    return sum(kept.values()) + _of_new(changed, found, kept, given.convention.batch)


def _inside(given: Account, need: Need, part: Part | None, found: Counted) -> int:
    """Bytes of what is kept inside a node: one number a channel of a normalisation."""
    if part is None or part.kind != "normalisation":
        return need.bytes
    return np.dtype(given.graph.nodes[need.node].dtype).itemsize * found.sizes[part.number][0]


def _read_now(value: int, before: Part | None, after: Part | None) -> int:
    """The value that stands where another stood before the change."""
    if before is None or after is None or value not in before.reads:
        return value
    return after.reads[before.reads.index(value)]


def _parameters(part: Part | None, found: Counted, size: int) -> int:
    """How many parameters a part has now, where it had ``size``."""
    if part is None:
        return size
    if part.number in found.layers:
        return found.layers[part.number].numbers()["weights"]
    return found.sizes[part.number][0] if part.kind == "normalisation" else size


def _of_new(changed: Mapping[int, Part], found: Counted, kept: Mapping[tuple[int, bool], int], batch: int) -> int:
    """What a new part needs: what it reads, and its weights, of four bytes a number."""
    part = changed.get(NEW)
    if part is None:
        return 0
    maps, places = found.sizes[part.reads[0]]
    value = 0 if (part.reads[0], True) in kept else 4 * maps * prod(places) * batch
    return value + (4 * found.layers[NEW].numbers()["weights"] if NEW in found.layers else 0)


def _header() -> list[str]:
    return [title for name in CHANGES for title in (name.replace("_", " "), "%")]


def _line(lever: Lever) -> tuple[Cell, ...]:
    pairs = ((getattr(lever, name), 100 * lever.shares[name]) for name in CHANGES)
    cells = [text for change, share in pairs for text in (f"{change:+,}", f"{share:+.1f}")]
    return (", ".join(lever.layers), lever.edit, *cells)


def _notes(given: Account) -> tuple[str, ...]:
    total, rows = given.total, [row for row in given.rows if row.kind == "convolution"]
    notes = [str(given.convention)]
    if rows and total.weights and total.connections:
        weights = 100 * sum(row.weights for row in rows) / total.weights
        connections = 100 * sum(row.connections or 0 for row in rows) / total.connections
        notes.append(f"Convolutions hold {weights:.1f} % of the weights and {connections:.1f} % of the connections.")
    return tuple(notes)
