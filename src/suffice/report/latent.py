"""What the stories of mixtures and of factor models share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from suffice.latent.readers import aic, bic, caic, sabic
from suffice.report.advice import Advice
from suffice.report.finder import Finder
from suffice.report.parts import Section, Table, counted
from suffice.report.picture import Picture
from suffice.report.scatter import scatter
from suffice.report.story import Drawn, Run, Story, begun
from suffice.report.summary import Assigned, Summary, summarize
from suffice.rows.streams import is_stream
from suffice.runtime.types import ArrayLike, TableLike

if TYPE_CHECKING:
    from suffice.plot.fitted import Climbed


class LatentStory(Story):
    """A model of latent variables fitted by expectation-maximisation; what it says of rows is a ``Summary``."""

    in_words = draws = imputes = True

    @property
    def count(self) -> int:
        """Number of components."""
        raise NotImplementedError

    @property
    def size(self) -> str:
        noise = " and uniform noise" if hasattr(self.estimator, "noise_weight_") else ""
        return counted(self.count, "component") + noise

    def trace(self) -> dict[str, np.ndarray]:
        traces = [np.asarray(trace, dtype=float) for trace in self.estimator.traces_]
        return {
            "restart": np.repeat(np.arange(len(traces)), [len(trace) for trace in traces]),
            "iteration": np.concatenate([np.arange(len(trace)) for trace in traces]),
            "log_likelihood": np.concatenate(traces),
        }

    def tell(
        self,
        rows: TableLike,
        weight: ArrayLike | None = None,
        write: Callable[[dict], None] | None = None,
        covariates: TableLike | None = None,
    ) -> Summary:
        each = None if write is None else lambda assigned: write(self.columns_of_block(assigned))
        return summarize(
            self.estimator,
            rows,
            sample_weight=weight,
            each=each,
            keep_labels=not is_stream(rows),
            covariates=covariates,
        )

    def columns_of_block(self, block: Assigned) -> dict[str, np.ndarray]:
        """What is said of each row of a block, by name."""
        raise NotImplementedError

    @property
    def level(self) -> str:
        """How well the model fits the rows of its fit."""
        return f"log-likelihood {self.estimator.lower_bound_:.4f} nats per row"

    def sample(self, count: int) -> Drawn:
        drawn = self.estimator.sample(count)
        return Drawn(*drawn) if isinstance(drawn, tuple) else Drawn(drawn)

    def page(self, rows: TableLike, run: Run) -> Section:
        from suffice.report.selection import selected, tested_table
        from suffice.report.uncertain import told as errors_told

        summary = run.told or summarize(
            self.estimator, rows, sample_weight=run.sample_weight, keep_labels=run.target is not None,
            covariates=run.covariates,
        )  # fmt: skip
        tested = [] if run.tested is None else [tested_table(run.tested)]
        uncertain = [] if run.uncertain is None else [errors_told(run.uncertain)]
        shown = sorted(self.pictures(rows, summary, run), key=lambda picture: picture.wide)
        of_source = f" of {run.source}" if run.source else ""
        return replace(
            begun(self, f"{self.name[0].upper()}{self.name[1:]}{of_source}", run),
            lead=self.lead(summary, run.source),
            measures=_measures(self, summary, run),
            advice=self.advice(summary, run),
            pictures=shown,
            across=3 if sum(not picture.wide for picture in shown) == 3 else 2,
            tables=[*self.tables(summary, run), *self.judgement(rows, summary, run), *tested, *uncertain],
            data=_data_facts(summary, self.columns, run.source, [*run.notes, *self.notes], run.image_shape),
            finder=None if run.image_shape is not None else self.finder(),
            remark=self.remark(),
            selection=None if run.selection is None else selected(run.selection),
            scatter="" if run.image_shape else self.scatter(summary),
            said=f"log-likelihood {summary.log_likelihood:.4f} nats per row",
        )

    def scatter(self, summary: Summary) -> str:
        """Rows for a picture of any two columns."""
        return scatter(summary.sample, self.columns, np.zeros(len(summary.sample), int), [""])

    def lead(self, summary: Summary, source: str | None) -> str:
        """The first sentence of the page."""
        raise NotImplementedError

    def criteria(self, summary: Summary) -> dict[str, float]:
        """BIC and AIC of the summarised rows, as the estimator's own methods give them, without another pass."""
        given = summary.log_likelihood * summary.weight, self.parameter_count
        return {"BIC": bic(*given, summary.weight), "AIC": aic(*given)}

    def in_numbers(self, told: Summary) -> dict[str, float]:
        given = told.log_likelihood * told.weight, self.parameter_count, told.weight
        return self.criteria(told) | {"SABIC": sabic(*given), "CAIC": caic(*given)}

    @property
    def parameter_count(self) -> int:
        """Free parameters."""
        return getattr(self.estimator, "membership_", self.estimator.model_).parameter_count()

    def judgement(self, rows: TableLike, summary: Summary, run: Run) -> list[Table]:
        """Tables on how well the model explains the rows."""
        raise NotImplementedError

    def advice(self, summary: Summary, run: Run) -> list[Advice]:
        """What the fit suggests doing next."""
        raise NotImplementedError

    def pictures(self, rows: TableLike, summary: Summary, run: Run) -> list[Picture]:
        """The pictures of the page."""
        raise NotImplementedError

    def tables(self, summary: Summary, run: Run) -> list[Table]:
        """The tables of the page."""
        raise NotImplementedError

    def finder(self) -> Finder | None:
        """A box to find columns in, where there are many."""
        raise NotImplementedError

    def remark(self) -> str:
        """What to know of the pictures, if anything."""
        return ""


def fitted_to(estimator: Climbed, summary: Summary, source: str | None) -> str:
    """How many rows and columns of what."""
    where = f"the {summary.n_rows:,} rows of {source}" if source else f"{summary.n_rows:,} rows"
    return f"fitted to {where} in {counted(estimator.n_features_in_, 'column')}."


def share(value: float) -> str:
    """A share in percent that says 100 % and 0 % only of all and none."""
    digits = 0 if value in (0.0, 1.0) or 0.01 <= value < 0.995 else 2
    return f"{value:.{digits}%}"


def _measures(told: LatentStory, summary: Summary, run: Run) -> list[tuple[str, str, str]]:
    estimator = told.estimator
    found = [("log-likelihood", f"{summary.log_likelihood:,.4f}", "nats per row, higher is better")]
    for name, value in told.criteria(summary).items():
        found.append((name, f"{value:,.{1 if abs(value) < 1e5 else 0}f}", "lower is better"))
    found.append(("iterations", f"{estimator.n_iter_:,}", f"of at most {estimator.max_iter:,}"))
    if run.seconds is not None:
        starts = counted(len(estimator.traces_), "start")
        what = starts if run.selection is None else f"{len(run.selection.estimators)} models"
        found.append(("time", f"{run.seconds:.2f} s", what))
    return found


def _data_facts(
    summary: Summary, names: list[str], source: str | None, notes: Sequence[str], image_shape: tuple[int, ...] | None
) -> list[tuple[str, str]]:
    shown = ", ".join(names[:40]) + (f", ... ({len(names):,} in all)" if len(names) > 40 else "")
    facts = [("source", source or "an array"), ("rows", f"{summary.n_rows:,}"), ("columns", shown)]
    if summary.missing.any():
        facts.append(("missing cells", missing_facts(summary)))
    if not np.isclose(summary.weight, summary.n_rows):
        facts.append(("sum of row weights", f"{summary.weight:,.6g}"))
    if image_shape is not None:
        facts.append(("rows shown as", f"images of {image_shape[0]} x {image_shape[1]} pixels"))
    return facts + [("note", note) for note in notes]


def missing_facts(summary: Summary) -> str:
    """How many cells are missing, in how many columns and rows."""
    count, columns = summary.missing_cells, int((summary.missing > 0).sum())
    return (
        f"{count:,} ({share(count / (summary.n_rows * len(summary.missing)))} of all), in {columns:,} columns; "
        f"{summary.complete:,} rows are complete"
    )
