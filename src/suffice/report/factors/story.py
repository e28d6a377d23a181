"""The story of a factor model."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from suffice.estimators.factors.base import FactorEstimator
from suffice.estimators.factors.by_covariance import CovarianceFactors
from suffice.plot.fitted import FittedFactors
from suffice.report.advice import Advice, option
from suffice.report.factors.judgement import parallel_table, statistics_table
from suffice.report.finder import Finder, finder
from suffice.report.latent import LatentStory, fitted_to
from suffice.report.parts import Line, Table
from suffice.report.picture import Picture
from suffice.report.story import Run, story
from suffice.report.summary import SAMPLE_ROWS, Assigned, Summary
from suffice.rows.streams import is_stream
from suffice.runtime.types import ArrayLike, TableLike

MOST_LINES, MOST_SHOWN = 200, 40


@story.register(FactorEstimator)
class FactorStory(LatentStory):
    """What is said of a factor model: its loadings, and the latent variables of rows."""

    rows_file = "codes.csv"
    holds = "latent variables and the log-likelihood"
    measuring = "rows held out scored with each number of components"

    @property
    def count(self) -> int:
        return self.estimator.loadings_.shape[1]

    def columns_of_block(self, block: Assigned) -> dict[str, np.ndarray]:
        codes = self.estimator.transform(block.rows)
        return {"log_likelihood": block.log_likelihood, **{f"component{j}": code for j, code in enumerate(codes.T)}}

    def measure(self, rows: TableLike, run: Run) -> Any:
        from suffice.selection.sizes import held_out_sizes

        return held_out_sizes(self.estimator, run.told.sample, run.told.sample_weight)

    def lead(self, summary: Summary, source: str | None) -> str:
        rotation = getattr(self.estimator, "rotation", None)
        turned = f", {rotation} rotation" if rotation else ""
        return f"{self.name} with {self.size}{turned}, {fitted_to(self.estimator, summary, source)}"

    def advice(self, summary: Summary, run: Run) -> list[Advice]:
        return factor_advice(self.estimator, run)

    def pictures(self, rows: TableLike, summary: Summary, run: Run) -> list[Picture]:
        from suffice.report.factors.pictures import factor_pictures

        return factor_pictures(
            self.estimator, summary, self.columns, run.image_shape, _coloured(rows, run.target), run.measured
        )

    def tables(self, summary: Summary, run: Run) -> list[Table]:
        header = ["component", "share of the variance", "largest loadings (standard deviations of the column)"]
        lines = [Line([str(j), f"{100 * share:.1f} %", words]) for j, share, words in self._parts()[:MOST_LINES]]
        return [Table("Components", header, lines, numbers=(1,))]

    def judgement(self, rows: TableLike, summary: Summary, run: Run) -> list[Table]:
        found = [] if run.parallel is None else [parallel_table(run.parallel)]
        whole = isinstance(self.estimator, CovarianceFactors) and not is_stream(rows) and not summary.missing.any()
        if not whole or summary.weight <= self.estimator.n_features_in_:
            return found
        return [statistics_table(self.estimator.fit_statistics(rows, sample_weight=run.sample_weight)), *found]

    def finder(self) -> Finder | None:
        apart = self.estimator.loadings_ / np.sqrt(self.estimator.model_.variances())[:, None]
        header = [f"component {j}" for j in range(self.count)]
        return finder("Loadings of any column, in its standard deviations", header, self.columns, apart)

    def table(self) -> Table:
        header = ["component", "share of variance", "largest loadings (sd of the column)"]
        parts = self._parts()[:MOST_SHOWN]
        lines = [Line([str(j), f"{share:.1%}", words]) for j, share, words in parts]
        return Table("", header, lines, text=self.level)

    def _parts(self) -> list[tuple[int, float, str]]:
        """Number, share of the variance and most telling columns of each component.

        Where each column has noise of its own, the share is of columns that all have variance 1, whatever their units.
        """
        estimator = self.estimator
        variance = estimator.model_.variances()
        unit = np.ones(1) if np.ndim(estimator.noise_variance_) == 0 else variance
        correlation = getattr(estimator, "factor_correlation_", np.eye(self.count))
        apart = estimator.loadings_ / np.sqrt(unit)[:, None]
        share = np.square(apart @ np.linalg.cholesky(correlation)).sum(0) / (variance / unit).sum()
        apart = estimator.loadings_ / np.sqrt(variance)[:, None]
        return [(j, float(share[j]), _telling(apart[:, j], self.columns)) for j in range(len(share))]


def _telling(loadings: np.ndarray, names: list[str]) -> str:
    strongest = np.argsort(-np.abs(loadings), kind="stable")[:5]
    words = [f"{names[j]} ({loadings[j]:+.2f} sd)" for j in strongest if abs(loadings[j]) >= 0.1]
    return ", ".join(words) or "no column by a tenth of its standard deviation"


def _coloured(data: TableLike, target: ArrayLike | None) -> tuple[np.ndarray, np.ndarray] | None:
    """At most 3,000 rows in memory with their known classes, or None."""
    if target is None or not hasattr(data, "shape"):
        return None
    rows = np.asarray(cast("ArrayLike", data))
    place = np.unique(np.linspace(0, len(rows) - 1, SAMPLE_ROWS).round().astype(int))
    return rows[place], np.asarray(target)[place]


def factor_advice(estimator: FittedFactors, run: Run) -> list[Advice]:
    """Sentences on what the fit suggests doing next."""
    found = []
    if not estimator.converged_:
        more = option("max_iter", 5 * estimator.max_iter, run.command)
        found.append(
            Advice(f"The fit had not converged after {estimator.n_iter_} iterations; let it run longer with {more}.")
        )
    if run.selection is None:
        most = 2 * estimator.n_components
        sizes = f"n_components=range(1, {most + 1})" if run.command is None else f"--n-components 1-{most}"
        found.append(Advice(f"Compare other numbers of components: {sizes} selects among them by BIC."))
    spread = estimator.model_.variances()
    if np.ndim(estimator.noise_variance_) == 0 and spread.max() > 100 * spread.min():
        found.append(Advice("Variances of the columns differ more than a hundredfold, and the noise is alike in all: bring them "
                            "to one scale, or take factor analysis, to which the scale does not matter."))  # fmt: skip
    return found or [Advice("Look at the loadings and at the rows in latent space before you trust the components.")]
