"""The tables of a network as a latent-variable model, for expectation-maximisation over rows with missing cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np

from suffice.bayesian.learning.tables import table_of
from suffice.bayesian.network import DiscreteNetwork
from suffice.model import Chart, Hyperparameters, LatentModel
from suffice.runtime.module import Module, field


class PlannedRows(Protocol):
    """Rows for which the work of an E-step is planned; ``weight`` is what their weights sum to."""

    weight: float

    def expected(self, tables: Sequence[np.ndarray]) -> tuple[list[np.ndarray], float]:
        """Expected counts of the families, shaped as the tables, and the log-likelihood."""
        ...


class FamilySums(NamedTuple):
    """Expected counts of the families, (restarts, parents..., node) each, log-likelihood (restarts,) and weight of the rows."""

    counts: tuple[np.ndarray, ...]
    log_likelihood: np.ndarray
    weight: float


class RowsBefore(Hyperparameters):
    """Rows that the prior adds to each cell of each table, (nodes,)."""

    cells: np.ndarray


class Skeleton(Module):
    """A network without its tables."""

    nodes: tuple[str, ...] = field(static=True)
    states: tuple[tuple[Any, ...], ...] = field(static=True)
    parents: tuple[tuple[int, ...], ...] = field(static=True)

    @property
    def families(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the axes of each table: the parents, then the node."""
        return tuple((*own, node) for node, own in enumerate(self.parents))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of states of each node."""
        return tuple(len(own) for own in self.states)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the tables."""
        sizes = self.sizes
        return [tuple(sizes[node] for node in family) for family in self.families]

    def network(self, tables: Sequence[np.ndarray]) -> DiscreteNetwork:
        """The network with these tables."""
        own = tuple(np.ascontiguousarray(table, np.float64) for table in tables)
        return DiscreteNetwork(own, self.nodes, self.states, self.parents)


class TablesChart(Chart):
    """Square roots of the probabilities: each row of a table is a point on the unit sphere."""

    def exists(self, model: TableModel) -> bool:
        """Always."""
        return True

    def position(self, model: TableModel) -> np.ndarray:
        """One table after another."""
        return _joined([np.sqrt(table) for table in model.tables])

    def at(self, model: TableModel, position: np.ndarray) -> TableModel:
        """Squares, made to sum to 1."""
        squares = [np.square(part) for part in _parted(position, model.skeleton.shapes)]
        return model.with_tables([part / part.sum(-1, keepdims=True) for part in squares])

    def slope(self, model: TableModel, statistics: FamilySums) -> np.ndarray:
        """2 (c / u - C u) of the counts c of each cell, the prior's among them, and C of its row."""
        parts = zip(statistics.counts, model.before.cells, model.tables, strict=True)
        slopes = [_slope(counts + before, table) for counts, before, table in parts]
        for node in model.held:
            slopes[node] = np.zeros_like(slopes[node])
        return _joined(slopes)

    def limited(self, model: TableModel) -> np.ndarray:
        """Every one."""
        return np.ones(sum(int(np.prod(shape)) for shape in model.skeleton.shapes), bool)


class TableModel(LatentModel):
    """Tables with an axis of restarts before their own, and the prior's rows."""

    tables: tuple[np.ndarray, ...]
    before: RowsBefore
    skeleton: Skeleton
    held: tuple[int, ...] = field(static=True, default=())
    """Nodes whose tables stay."""

    chart: ClassVar[Any] = TablesChart()

    @property
    def restarts(self) -> tuple[int, ...]:
        """The first axis of the tables."""
        return np.shape(self.tables[0])[:1]

    def expectation(self, centred: bool) -> Callable[..., FamilySums]:
        """Expected counts of planned rows, one restart after another."""

        def expect(rows: PlannedRows, weight: np.ndarray, given: np.ndarray | None = None) -> FamilySums:
            each = [rows.expected(self.tables_of(restart)) for restart in range(self.restarts[0])]
            counts = tuple(np.stack(tables) for tables in zip(*(found for found, _ in each), strict=True))
            return FamilySums(counts, np.array([log_likelihood for _, log_likelihood in each]), rows.weight)

        return expect

    def maximize(self, statistics: FamilySums) -> Self:
        """Shares of the counts; a row of a table without any stays."""
        parts = zip(statistics.counts, self.before.cells, self.tables, strict=True)
        tables = [table_of(counts, before, table) for counts, before, table in parts]
        for node in self.held:
            tables[node] = self.tables[node]
        return self.with_tables(tables)

    def log_prior(self) -> np.ndarray:
        """Rows before times logarithms of the probabilities, (restarts,)."""
        total = np.zeros(self.restarts)
        for before, table in zip(self.before.cells, self.tables, strict=True):
            if before > 0:
                total = total + before * np.log(table).reshape(len(total), -1).sum(-1)
        return total

    def tables_of(self, restart: int) -> list[np.ndarray]:
        """The tables of one restart."""
        return [table[restart] for table in self.tables]

    def with_tables(self, tables: Sequence[np.ndarray]) -> Self:
        """The same with other tables."""
        return type(self)(tuple(tables), self.before, self.skeleton, self.held)


def _slope(counts: np.ndarray, table: np.ndarray) -> np.ndarray:
    root, tiny = np.sqrt(table), np.finfo(float).eps
    rise = counts - counts.sum(-1, keepdims=True) * table
    seen = table > tiny
    return np.where(seen, 2 * rise / np.where(seen, root, 1.0), 0.0)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.reshape(len(part), -1) for part in parts], -1)


def _parted(position: np.ndarray, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    spans = zip(ends[:-1], ends[1:], shapes, strict=True)
    return [position[..., start:end].reshape(*position.shape[:-1], *shape) for start, end, shape in spans]
