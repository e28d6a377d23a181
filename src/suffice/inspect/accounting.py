"""What a network is made of, layer by layer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from suffice.inspect.backward_bytes import BackwardBytes, backward_bytes
from suffice.inspect.convention import Convention, ConventionLike, as_convention
from suffice.inspect.flow import Flow, flow
from suffice.inspect.layer_row import Row
from suffice.inspect.ledger import Entry, Ledger
from suffice.inspect.nodes import Graph, Node
from suffice.inspect.of_network import InputShape, Network, network_graph
from suffice.inspect.receptive_field import ReceptiveField, receptive_fields
from suffice.inspect.seen import confirmed, seen
from suffice.inspect.tabular import AtLeast, Cell, Table, Tabular

SUMMED = ("units", "weights", "biases", "connections", "operations")
KEPT = ("bytes the rules need", "bytes this JAX keeps")
LABELS = {
    "convolution": "conv",
    "affine": "fc",
    "normalisation": "norm",
    "max pooling": "pool",
    "average pooling": "pool",
    "sum pooling": "pool",
    "matrix product": "product",
}
NUMBERED_TOGETHER = {"conv": "layer", "fc": "layer"}


@dataclass(frozen=True)
class Totals:
    """Sums over the layers of an account; a sum of which a part is not known is an ``AtLeast``."""

    units: int
    weights: int
    biases: int
    connections: int
    operations: int

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


@dataclass(frozen=True)
class Account(Tabular):
    """Layers of a network with their counts; ``account`` makes it.

    Attributes
    ----------
    rows
        Layers in forward order.
    convention
        What was counted and how.
    graph
        The graph of one example, which was counted.
    batch_graph
        The graph of as many examples as the convention says, whose bytes are told.
    source
        Number of the input whose receptive fields are told, None where there is none.
    notes
        Sentences that stand under the table, the convention first.

    Examples
    --------
    See ``suffice.inspect.account``.
    """

    rows: tuple[Row, ...]
    convention: Convention
    graph: Graph = field(repr=False)
    batch_graph: Graph = field(repr=False)
    source: int | None
    notes: tuple[str, ...]

    @property
    def total(self) -> Totals:
        """Sums over all layers."""
        return Totals(*(_total([getattr(row, name) for row in self.rows]) for name in SUMMED))

    def __getitem__(self, layer: str | int) -> Row:
        """A row by the layer's short name, the author's name for it, or its place."""
        if isinstance(layer, int):
            return self.rows[layer]
        found = [row for row in self.rows if layer in (row.layer, row.where)]
        if len(found) != 1:
            names = ", ".join(row.layer for row in self.rows)
            raise ValueError(f"{layer!r} names {len(found) or 'no'} layers; expected one of {names}.")
        return found[0]

    def seen(self, layer: str | int, unit: int | tuple[int, ...]) -> np.ndarray:
        """Which places of an image a unit of a layer sees, borders and gaps included; True or False.

        Parameters
        ----------
        layer
            Its short name, the author's name for it, or its place.
        unit
            Place of the unit along the axes of an image; one number for all of them.

        Raises
        ------
        ValueError
            When there is no such layer or unit.
        """
        row = self[layer]
        if row.receptive_field is None or self.source is None:
            raise ValueError(f"{row.layer} sees nothing of the input, or stands in a loop.")
        shown = row.receptive_field.shown
        source, value = (self._flow.values[number] for number in (self.source, row.path[0]))
        place = _place(row, row.receptive_field, unit)
        cells = seen(self._flow, value, row.shape, place, source, row.receptive_field.input_shape)
        return np.asarray(cells.any(tuple(axis for axis in range(cells.ndim) if axis not in shown)))

    def box(self, layer: str | int, unit: int | tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """First and last place that a unit of a layer sees, along each axis of an image.

        Parameters
        ----------
        layer, unit
            As for ``seen``.

        Raises
        ------
        ValueError
            When there is no such layer or unit, or it sees nothing but padding.
        """
        places = np.nonzero(self.seen(layer, unit))
        if not len(places[0]):
            raise ValueError(f"Unit {unit} of {self[layer].layer} sees nothing but padding.")
        return tuple((int(along.min()), int(along.max())) for along in places)

    @cached_property
    def backward(self) -> BackwardBytes:
        """Bytes that the backward pass needs, and that this version of JAX keeps for it."""
        return backward_bytes(self.batch_graph, self.rows)

    def table(self) -> Table:
        """One line a layer."""
        header = ("layer", "name", "shape", *SUMMED[:-1], self.convention.operations, "receptive field", *KEPT)
        kept = self.backward
        lines = tuple(
            (row.layer, row.where, _shape(row), *_cells(row), _field(row), needed, saved)
            for row, needed, saved in zip(self.rows, kept.needed, kept.saved, strict=True)
        )
        sums = (getattr(self.total, name) for name in SUMMED)
        return Table(header, lines, ("total", "", "", *sums, "", kept.total_needed, kept.total_saved), self.notes)

    @cached_property
    def _flow(self) -> Flow:
        return flow(self.graph)


def account(
    net: Network, input_shape: InputShape, convention: ConventionLike = "course", *, training: bool = False
) -> Account:
    """Units, weights, biases, connections, operations and receptive fields of a network, layer by layer.

    Everything is counted on the graph of the network, from shapes: nothing is computed, and nothing allocated. Weights that
    several layers share are counted once, each of their uses in the connections. What there is no rule for is shown as
    unknown, and totals as "at least".

    Parameters
    ----------
    net
        Network or function of one example, as ``suffice.inspect.graph`` takes; or a function without arguments that makes
        the network, which then never exists: its size does not matter.
    input_shape
        Shape of an example, such as ``(3, 227, 227)``; arrays or ``jax.ShapeDtypeStruct`` for inputs of another type, and a
        list of these for several.
    convention
        What counts: ``"course"`` (no biases, taps on padding count, pooling left out, multiply-accumulates), ``"xla"``, or a
        ``Convention``.
    training
        Whether a ``BatchNetwork`` is trained: bytes are then those that dropout and normalisation by the batch keep too, and
        through such a normalisation a unit sees the whole input. Otherwise it is evaluated.

    Returns
    -------
    Account
        A table, shown as text, Markdown, LaTeX, HTML, CSV, JSON or by pandas.

    Raises
    ------
    ValueError
        When the network does not take such an input, or the convention is not known.

    Examples
    --------
    >>> from suffice.inspect import account
    >>> from suffice.nets import AlexNet
    >>> found = account(lambda: AlexNet(towers=2, key=0), (3, 227, 227))
    >>> found["conv2"].connections, found.total.weights
    (223948800, 60954656)
    """
    convention = as_convention(convention)
    graph, source = network_graph(net, input_shape, training=training)
    several = graph if convention.batch == 1 else network_graph(net, input_shape, convention.batch, training)[0]
    return account_of(graph, source, convention, several)


def account_of(graph: Graph, source: int | None, convention: Convention, several: Graph | None = None) -> Account:
    """The account of a graph of one example, and of that of several.

    ``source`` is the number of the input whose receptive fields are told.
    """
    entries = list(Ledger(convention).entries(graph))
    counted = [entry for entry in entries if entry.counted]
    rows = _rows(counted, _fields(graph, source, [entry.node for entry in counted if len(entry.path) == 1]))
    return Account(rows, convention, graph, several or graph, source, _notes(convention, entries, rows))


def _fields(graph: Graph, source: int | None, nodes: list[Node]) -> dict[int, ReceptiveField]:
    """Receptive fields of nodes, by their numbers."""
    links = flow(graph)
    if source is None or source not in links.values:
        return {}
    start = links.values[source]
    found = receptive_fields(links, start, graph.nodes[source].shape)
    shapes = {value: node.shape for node in nodes if (value := links.values[node.number]) in found}
    sure = confirmed(found, links, shapes, start)
    return {node.number: sure[links.values[node.number]] for node in nodes if links.values[node.number] in sure}


def _rows(entries: list[Entry], fields: dict[int, ReceptiveField]) -> tuple[Row, ...]:
    numbers: Counter[str] = Counter()
    rows = []
    for entry in entries:
        node = _weighing(entry)
        label = LABELS.get(node.operation, node.operation.replace(" ", "-"))
        numbers[NUMBERED_TOGETHER.get(label, label)] += 1
        layer = f"{label}{numbers[NUMBERED_TOGETHER.get(label, label)]}"
        seen = fields.get(node.number) if len(entry.path) == 1 else None
        rows.append(Row(layer, _where(node), node.operation, node.shape, entry.counts, seen, entry.shared, entry.path))
    return tuple(rows)


def _weighing(entry: Entry) -> Node:
    """The node of an entry; a product that has units of its own is a layer, whoever holds its weights."""
    layer = entry.node.operation == "matrix product" and entry.counts.units is not None and entry.counts.units.terms
    return replace(entry.node, operation="affine") if layer else entry.node


def _where(node: Node) -> str:
    return ".".join(node.scope) or node.name or ""


def _notes(convention: Convention, entries: list[Entry], rows: tuple[Row, ...]) -> tuple[str, ...]:
    notes = [str(convention)]
    pools = sum(not entry.counted and LABELS.get(entry.node.operation) == "pool" for entry in entries)
    if pools:
        notes.append(f"Not shown, since pooling has no units: {pools} pooling layer{'s' * (pools > 1)}.")
    if shared := [row.layer for row in rows if row.shared]:
        notes.append(f"Weights counted where they are first used, not again in {', '.join(shared)}.")
    if unknown := [f"{row.layer} ({row.where or row.kind})" for row in rows if row.units is None]:
        notes.append(f"There is no rule for {', '.join(unknown)}: totals are at least what is shown.")
    if any(row.receptive_field is not None and row.receptive_field.status == "bound" for row in rows):
        notes.append("A receptive field after ≤ is a box around what a unit sees, which may be less.")
    return tuple(notes)


def _total(parts: list[int | None]) -> int:
    known = sum(part for part in parts if part is not None)
    return AtLeast(known) if None in parts else known


def _shape(row: Row) -> str:
    return "×".join(map(str, row.shape)) or "one number"


def _cells(row: Row) -> tuple[Cell, ...]:
    return tuple(getattr(row, name) for name in SUMMED)


def _field(row: Row) -> str:
    return "" if row.receptive_field is None else str(row.receptive_field)


def _place(row: Row, found: ReceptiveField, unit: int | tuple[int, ...]) -> dict[int, int]:
    """Place of a unit along axes of its layer's value."""
    places = (unit,) * len(found.shown) if isinstance(unit, int) else tuple(unit)
    pairs = zip((found.axes[axis] for axis in found.shown), places, strict=False)
    along = {own: place for own, place in pairs if own is not None}
    if len(places) != len(found.shown) or any(not 0 <= place < row.shape[own] for own, place in along.items()):
        raise ValueError(
            f"unit={unit!r} was given; a place along each of {len(found.shown)} axes of a value of shape {row.shape} is "
            "expected."
        )
    return along
