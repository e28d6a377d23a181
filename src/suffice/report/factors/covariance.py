"""The page of factors that were fitted to a covariance matrix, without rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suffice.report.factors.judgement import parallel_table, statistics_table
from suffice.report.factors.pictures import loadings_picture, scree_picture
from suffice.report.latent import LatentStory
from suffice.report.parts import Section, counted
from suffice.report.picture import drawn
from suffice.report.story import Run, begun


def covariance_page(told: LatentStory, n_rows: int, run: Run) -> Section:
    """What a page says of factors by the matrix of so many rows."""
    estimator, statistics = told.estimator, told.estimator.fit_statistics_
    turned = f", {estimator.rotation} rotation" if estimator.rotation else ""
    measures = [("log-likelihood", f"{estimator.lower_bound_:,.4f}", "nats per row, higher is better")]
    if statistics["dof"] > 0 and np.isfinite(statistics["chi2"]):
        measures += [
            ("chi-squared", f"{statistics['chi2']:.4g}", f"on {counted(statistics['dof'], 'degree')} of freedom"),
            ("RMSEA", f"{statistics['rmsea']:.3f}", "below 0.05 is close"),
        ]
    shown = told.table()
    components = [] if shown is None else [replace(shown, title="Components", text="")]
    parallel = [] if run.parallel is None else [parallel_table(run.parallel)]
    return replace(
        begun(told, f"{told.name} of {run.source}" if run.source else told.name, run),
        lead=f"{told.name} with {told.size}{turned}, fitted to a covariance matrix of {n_rows:,} rows in "
        f"{estimator.n_features_in_:,} columns.",
        measures=measures,
        pictures=[*drawn(scree_picture, estimator, False), *drawn(loadings_picture, estimator, told.columns)],
        tables=[*components, statistics_table(statistics), *parallel],
        data=[("source", run.source or "an array"), ("rows behind it", f"{n_rows:,}"),
              ("columns", ", ".join(told.columns[:40])), *(("note", note) for note in run.notes)],
        finder=told.finder(),
        said=f"log-likelihood {estimator.lower_bound_:.4f} nats per row",
    )  # fmt: skip
