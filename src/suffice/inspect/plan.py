"""A network as a plan of layers that can be changed and counted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

from suffice.inspect.accounting import Account
from suffice.inspect.facts import Facts, facts_of
from suffice.inspect.flow import POOLING
from suffice.inspect.windows import windows

Size: TypeAlias = tuple[int, tuple[int, ...]]
"""Maps of a value, and the lengths of each."""
COUNTS = ("units", "weights", "biases", "connections")


class Misfit(ValueError):
    """A change that leaves layers which do not fit together."""


@dataclass(frozen=True)
class Part:
    """One step of a plan.

    ``kind`` is ``"source"``, ``"layer"`` (a convolution or fully connected layer, with ``facts``), ``"pooling"`` (``facts``
    has its windows), ``"resized"`` (maps of the size ``target``), ``"normalisation"`` (``scales`` weights and ``shifts`` biases
    for each map, ``connected`` connections of each unit), ``"flat"`` (one unit for each map) or ``"through"``. ``flattens``
    says that a layer reads all of its input as one row, ``weights`` names its weights.
    """

    number: int
    kind: str
    reads: tuple[int, ...]
    facts: Facts | None = None
    target: tuple[int, ...] = ()
    scales: int = 0
    shifts: int = 0
    connected: int = 0
    flattens: bool = False
    weights: int = -1
    source: Size = (1, ())


@dataclass(frozen=True)
class Counted:
    """Counts of a plan, and the size of each value."""

    units: int
    weights: int
    biases: int
    connections: int
    sizes: Mapping[int, Size]
    layers: Mapping[int, Facts]


def counted(parts: Mapping[int, Part]) -> Counted:
    """Counts of a plan, from its sources on.

    Raises ``Misfit`` where layers do not fit together.
    """
    sizes: dict[int, Size] = {}
    layers: dict[int, Facts] = {}
    sums: dict[str, int] = dict.fromkeys(COUNTS, 0)
    used: dict[int, int] = {}
    for part in parts.values():
        read = [sizes[number] for number in part.reads]
        sizes[part.number], facts = _after(part, read)
        if facts is not None:
            layers[part.number] = facts
            numbers = facts.numbers()
            again = part.weights >= 0 and part.weights in used
            if again and used[part.weights] != numbers["weights"]:
                raise Misfit("layers of different shapes share weights")
            used[part.weights] = numbers["weights"]
            for name in sums:
                sums[name] += 0 if again and name == "weights" else numbers[name]
        if part.kind == "normalisation":
            _add_normalisation(sums, part, sizes[part.number])
    return Counted(**sums, sizes=sizes, layers=layers)


def _add_normalisation(sums: dict[str, int], part: Part, size: Size) -> None:
    maps, places = size
    sums["weights"] += part.scales * maps
    sums["biases"] += part.shifts * maps
    sums["connections"] += part.connected * maps * prod(places)


def _after(part: Part, read: list[Size]) -> tuple[Size, Facts | None]:
    if part.kind == "source":
        return part.source, None
    maps, places = read[0]
    if part.kind == "layer" and part.facts is not None:
        facts = _fitted(part, part.facts, read[0])
        return (facts.outputs, facts.after), facts
    if part.kind == "pooling" and part.facts is not None:
        return (maps, replace(part.facts, before=places).windows), None
    if part.kind in ("resized", "flat"):
        return (maps, part.target), None
    if any(other != read[0] for other in read[1:]):
        raise Misfit(f"{read[0]} and {read[1]} are added")
    return read[0], None


def _fitted(part: Part, facts: Facts, size: Size) -> Facts:
    """The layer on an input of this size."""
    maps, places = size
    if not facts.kernel:
        return replace(
            facts, inputs=maps * prod(places) if part.flattens else maps, after=() if part.flattens else places
        )
    if maps % facts.groups or facts.outputs % facts.groups:
        raise Misfit(f"{maps} and {facts.outputs} maps in {facts.groups} groups")
    found = replace(facts, inputs=maps, before=places)
    found = replace(found, after=found.windows)
    if not all(found.after):
        raise Misfit(f"no window of {facts.kernel} fits into {places}")
    return found


def plan_of(account: Account) -> dict[int, Part]:
    """The plan of an account's network.

    Raises ``ValueError`` where it has an operation that a plan does not follow, or counts otherwise than the account.
    """
    rows = {row.path[0]: row for row in account.rows if len(row.path) == 1}
    parts: dict[int, Part] = {}
    sizes: dict[int, Size] = {}
    for node in account.graph.nodes:
        reads = tuple(number for number in node.inputs if number in parts)
        if node.operation == "input" and node.number == account.source:
            part = Part(node.number, "source", (), source=_source(account, node.number))
        elif not reads:
            continue
        else:
            part = _part(account, node.number, reads, rows, sizes)
        parts[node.number] = part
        sizes[node.number] = _after(part, [sizes[number] for number in reads])[0]
    _check(counted(parts), account)
    return parts


def _check(found: Counted, account: Account) -> None:
    total = account.total
    wanted = (total.units, total.weights, total.biases, total.connections)
    if (found.units, found.weights, found.biases, found.connections) != tuple(map(int, wanted)):
        raise ValueError(
            "This network has layers that levers do not follow, such as loops, attention or products of two values: its counts "
            "would come out otherwise."
        )


def _source(account: Account, number: int) -> Size:
    """Maps and their lengths, from the first layer that reads the input."""
    shape = account.graph.nodes[number].shape
    for row in account.rows:
        facts = facts_of(row, account)
        if facts is not None and facts.kernel:
            return facts.inputs, facts.before
        if facts is not None:
            places = prod(shape) // facts.inputs
            return facts.inputs, (places,) if places > 1 else ()
    return prod(shape), ()


def _part(account: Account, number: int, reads: tuple[int, ...], rows: Mapping, sizes: Mapping[int, Size]) -> Part:
    node, row = account.graph.nodes[number], rows.get(number)
    cells = prod(node.shape)
    maps, places = max((sizes[read] for read in reads), key=lambda size: size[0] * prod(size[1]))
    facts = facts_of(row, account) if row is not None else None
    if facts is not None:
        flattens = not facts.kernel and facts.inputs == maps * prod(places) and bool(places)
        weights = min((read for read in node.inputs if account.graph.nodes[read].operation == "parameter"), default=-1)
        return Part(number, "layer", reads[:1], facts, flattens=flattens, weights=weights)
    if node.operation in POOLING:
        return _pooling(number, reads, node.settings, cells // maps, (maps, places))
    if node.operation == "normalisation" or (
        row is not None and row.weights % maps == 0 and cells == maps * prod(places)
    ):
        if row is None:
            return Part(number, "normalisation", reads[:1])
        connected = (row.connections or 0) // cells
        return Part(number, "normalisation", reads[:1], None, (), row.weights // maps, row.biases // maps, connected)
    if cells == maps * prod(places):
        return Part(number, "through", reads)
    if cells == maps:
        return Part(number, "flat", reads[:1])
    raise ValueError(f"Levers do not follow {account.graph.labels[number]} ({node.operation}).")


def _pooling(number: int, reads: tuple[int, ...], settings: Mapping, cells: int, size: Size) -> Part:
    maps, places = size
    kernel, stride = tuple(settings["kernel"])[-len(places) :], tuple(settings["stride"])[-len(places) :]
    if settings.get("adaptive"):
        after = tuple(max(1, windows(*side)) for side in zip(places, kernel, stride, strict=True))
        return Part(number, "resized", reads, target=after if prod(after) == cells else ())
    padding, ones = tuple(settings["padding"])[-len(places) :], (1,) * len(places)
    return Part(number, "pooling", reads, Facts(maps, maps, kernel, places, (), stride, padding, dilation=ones))
