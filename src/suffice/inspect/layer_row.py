"""One layer of an account."""

from __future__ import annotations

from dataclasses import dataclass, field

from suffice.inspect.count import Count
from suffice.inspect.counting import Counts
from suffice.inspect.receptive_field import ReceptiveField
from suffice.validation import check_choice

COLUMNS = ("units", "weights", "biases", "connections", "operations")


@dataclass(frozen=True)
class Row:
    """One layer of an account.

    Attributes
    ----------
    layer
        Its short name: convolutions and fully connected layers are numbered together, conv1 to fc8.
    where
        The author's name for it: fields of modules, or a variable.
    kind
        The operation, as nodes of graphs name it.
    shape
        Shape of its value.
    counts
        What it adds, each count with its formula.
    receptive_field
        What a unit sees of the input; None where it sees nothing of it, or in a loop.
    shared
        Whether it uses weights that a layer before has counted.
    path
        Number of its node in the graph; in a loop, after those of the loops.

    Examples
    --------
    >>> from suffice.inspect import account
    >>> from suffice.nets import MLP
    >>> row = account(MLP(4, [8], 3, key=0), (4,)).rows[0]
    >>> row.layer, row.kind, row.shape
    ('fc1', 'affine', (8,))
    """

    layer: str
    where: str
    kind: str
    shape: tuple[int, ...]
    counts: Counts
    receptive_field: ReceptiveField | None = None
    shared: bool = False
    path: tuple[int, ...] = field(default=(), repr=False)

    @property
    def units(self) -> int | None:
        """Units of the layer, None where there is no rule for it."""
        return _number(self.counts.units)

    @property
    def weights(self) -> int:
        """Weights that no layer before shares."""
        return int(self.counts.weights)

    @property
    def biases(self) -> int:
        """Biases that no layer before shares."""
        return int(self.counts.biases)

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def connections(self) -> int | None:
        """Connections, None where there is no rule for the layer."""
        return _number(self.counts.connections)

    @property
    def operations(self) -> int | None:
        """Multiply-accumulates or FLOPs, None where there is no rule for the layer."""
        return _number(self.counts.operations)


def _number(count: Count | None) -> int | None:
    return None if count is None else int(count)


def explain(row: Row, column: str = "connections") -> str:
    """How a count of a layer came about.

    Parameters
    ----------
    row
        A row of an account.
    column
        ``"units"``, ``"weights"``, ``"biases"``, ``"connections"`` or ``"operations"``.

    Raises
    ------
    ValueError
        When the column is not known.

    Examples
    --------
    >>> from suffice.inspect import account, explain
    >>> from suffice.nets import Conv2d
    >>> explain(account(Conv2d(48, 256, 5, padding=2, key=0), (48, 1, 27, 27))["conv1"])
    'conv1: (27·27·256)·(5·5·48) = 223,948,800'
    """
    if not isinstance(row, Row):
        raise ValueError(
            f"{type(row).__name__} was given; a row of an account is expected, such as account(...)['conv1']."
        )
    check_choice("column", column, COLUMNS)
    count = getattr(row.counts, column)
    if count is None:
        return f"{row.layer}: there is no rule for {row.kind}, so its {column} are not known"
    shared = " (its weights are counted where they are first used)" if row.shared and column == "weights" else ""
    return f"{row.layer}: {count} = {int(count):,}{shared}"
