"""The story of a Bayesian network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from suffice.bayesian.learning.completed import completed
from suffice.bayesian.rows import decode, encode
from suffice.estimators.bayesian.classifier import BayesianNetworkClassifier
from suffice.estimators.bayesian.network import BayesianNetwork
from suffice.report.advice import Advice
from suffice.report.bayesian.pictures import (
    classifier_drawing,
    differences,
    drawing,
    informative,
    probabilities,
    trace,
)
from suffice.report.classes import Judged
from suffice.report.classifiers.pictures import calibration_picture, confusion_picture
from suffice.report.classifiers.story import ClassifierStory
from suffice.report.parts import Line, Section, Table, counted
from suffice.report.picture import Picture, drawn
from suffice.report.story import Drawn, Run, Story, Told, begun, story
from suffice.rows.streams import is_stream
from suffice.runtime.types import ArrayLike, TableLike

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_ROWS = 65_536
MOST_SHOWN = 60


@story.register(BayesianNetwork)
class BayesianStory(Story):
    """What is said of a Bayesian network: its graph, its probabilities beside those of rows, what tells most."""

    kind, article = "Bayesian network", "a Bayesian network"
    rows_file, holds = "scores.csv", "log-likelihood"
    draws = imputes = True
    deviate = False
    estimator: BayesianNetwork

    @property
    def states(self) -> dict[str, list[Any]]:
        """Labels of each node."""
        return self.estimator.states_

    @property
    def size(self) -> str:
        nodes, edges = len(self.estimator.nodes_), len(self.estimator.edges_)
        return f"{counted(nodes, 'node')}, {counted(edges, 'edge')}"

    @property
    def notes(self) -> list[str]:
        return []

    @property
    def plain(self) -> Any:
        return self.estimator

    def coded(self, rows: TableLike) -> TableLike:
        return rows

    def trace(self) -> dict[str, np.ndarray]:
        traces = [np.asarray(trace, dtype=float) for trace in self.estimator.traces_]
        return {
            "restart": np.repeat(np.arange(len(traces)), [len(trace) for trace in traces]),
            "iteration": np.concatenate([np.arange(len(trace)) for trace in traces]),
            "log_likelihood": np.concatenate(traces),
        }

    def columns_of(self, rows: TableLike) -> dict[str, np.ndarray]:
        return self.figure_of(rows)

    def tell(
        self, rows: TableLike, weight: ArrayLike | None = None, write: Callable[[dict], None] | None = None
    ) -> Told:
        figures, weights, missing = [], [], 0
        for block, own in _blocks(rows, weight):
            columns = self.figure_of(block)
            if write is not None:
                write(columns)
            figures.append(columns[self.column])
            weights.append(own)
            missing += _gaps(block)
        weight = np.concatenate(weights)
        return Told(len(weight), float(np.average(np.concatenate(figures), weights=weight)), missing)

    def sample(self, count: int) -> Drawn:
        rows = self.estimator.sample(count, random_state=self.estimator.random_state)
        observed = [place for place, node in enumerate(self.estimator.nodes_) if node not in self.estimator.hidden_]
        return Drawn(rows[:, observed])

    def filled(self, rows: TableLike, generator: np.random.Generator | None) -> Any:
        """Rows whose gaps hold the likeliest label each, or draws of all together."""
        network = self.estimator.model_
        if generator is None:
            whole = self.estimator.impute(rows)
        else:
            codes = encode(rows, network.nodes, network.states, hidden=self.estimator.hidden_)
            whole = decode(completed(network, codes, generator), network.nodes, network.states, rows)
        return whole.select(cast("pa.Table", rows).column_names)

    def table(self) -> Table:
        lines = [
            Line([node, str(len(self.estimator.states_[node])), ", ".join(self.estimator.parents_[node])])
            for node in self.estimator.nodes_[:MOST_SHOWN]
        ]
        return Table("", ["node", "states", "parents"], lines)

    def page(self, rows: TableLike, run: Run) -> Section:
        told = run.told or self.tell(rows, run.sample_weight)
        observed, found = _observed(self.estimator, rows, run.sample_weight), probabilities(self.estimator)
        source = run.source or "an array"
        facts = [("source", source), ("rows", f"{told.n_rows:,}"), ("columns", f"{len(self.columns):,}")]
        if told.missing_cells:
            facts.append(("missing cells", f"{told.missing_cells:,}"))
        return replace(
            begun(self, f"Bayesian network of {source}", run),
            lead=f"A Bayesian network of {self.size}, fitted to {told.n_rows:,} rows of {source}.",
            measures=_measures(self.estimator, told, run),
            advice=_advice(run),
            pictures=[*drawn(trace, self.estimator), *drawn(drawing, self.estimator, found, observed)],
            tables=[*differences(found, observed), *informative(self.estimator)],
            data=[*facts, *(("note", note) for note in run.notes)],
            said=f"log-likelihood {told.mean:.4f} nats per row",
        )


@story.register(BayesianNetworkClassifier)
class BayesianClassifierStory(ClassifierStory):  # pyright: ignore[reportGeneralTypeIssues]
    """What is said of a classifier: its classes, its graph, how columns were cut, how well it tells the classes apart."""

    @property
    def notes(self) -> list[str]:
        return list(self.estimator.notes_)

    def pictures(self, rows: TableLike, run: Run, judged: Judged) -> list[Picture]:
        names = self.estimator.classes_.astype(str)
        return [
            *drawn(confusion_picture, judged.codes, judged.found, judged.weight, names),
            *drawn(calibration_picture, judged.codes, judged.probability, judged.weight),
            *drawn(classifier_drawing, self.estimator),
        ]

    def scatter(self, rows: TableLike, run: Run) -> str:
        return ""


def _blocks(rows: Any, weight: ArrayLike | None) -> Iterator[tuple[Any, np.ndarray]]:
    """Rows with their weights, so many at a time of a table in memory, or as a stream brings them."""
    if is_stream(rows):
        for batch in cast("Iterable[Any]", rows):
            part, own = batch if isinstance(batch, tuple) else (batch, None)
            yield part, np.ones(len(part)) if own is None else np.asarray(own, float)
        return
    given = np.ones(_count(rows)) if weight is None else np.asarray(weight, float)
    for start in range(0, len(given), BLOCK_ROWS):
        yield _part(rows, start), given[start : start + BLOCK_ROWS]


def _count(rows: Any) -> int:
    return rows.num_rows if hasattr(rows, "num_rows") else len(rows)


def _part(rows: Any, start: int) -> Any:
    if hasattr(rows, "num_rows"):
        return rows.slice(start, BLOCK_ROWS)
    stop = start + BLOCK_ROWS
    return rows.iloc[start:stop] if hasattr(rows, "iloc") else rows[start:stop]


def _gaps(rows: Any) -> int:
    if hasattr(rows, "num_rows"):
        return sum(column.null_count for column in cast("pa.Table", rows).columns)
    if hasattr(rows, "isna"):
        return int(np.asarray(rows.isna()).sum())
    cells = np.asarray(rows)
    return int(sum(cell is None or cell != cell for cell in cells.ravel().tolist()))


def _observed(estimator: BayesianNetwork, rows: TableLike, weight: ArrayLike | None) -> dict[str, Any]:
    """Shares of the states among rows in memory, or those of the first batch of a stream."""
    if is_stream(rows):
        part, own = next(_blocks(rows, None))
        return estimator.observed_shares(part, own)
    return estimator.observed_shares(rows, weight)


def _measures(estimator: BayesianNetwork, told: Told, run: Run) -> list[tuple[str, str, str]]:
    free = sum(table.size - table.size // table.shape[-1] for table in estimator.tables_.values())
    found = [
        ("log-likelihood", f"{told.mean:,.4f}", "nats per row, higher is better"),
        ("free probabilities", f"{free:,}", f"in {counted(len(estimator.nodes_), 'table')}"),
    ]
    if np.isfinite(estimator.structure_score_):
        found.append(
            (estimator.criterion.upper(), f"{estimator.structure_score_:,.1f}", "of the structure, higher is better")
        )
    found.append(("iterations", f"{estimator.n_iter_:,}", f"of at most {estimator.max_iter:,}"))
    if run.seconds is not None:
        found.append(("time", f"{run.seconds:.2f} s", counted(len(estimator.traces_), "start")))
    return found


def _advice(run: Run) -> list[Advice]:
    told = "Probabilities given what is observed: marginals(evidence) for one case, predict_proba(rows) for tables of them."
    if run.command is None:
        return [Advice(told)]
    words = list(run.command)
    out = words[words.index("--out") + 1] if "--out" in words[:-1] else "RUN"
    return [
        Advice(
            "Ask for probabilities given what is observed.", (f"suffice query {out} --given NODE=STATE --target NODE",)
        )
    ]
