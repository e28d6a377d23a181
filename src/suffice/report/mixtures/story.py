"""The story of a mixture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.attributes import set_attributes
from suffice.latent.families.kinds import KINDS
from suffice.plot.canvas import FAINT, component_colours
from suffice.plot.components import centres, deviations, feature_names, telling_features
from suffice.report.advice import Advice
from suffice.report.finder import MANY_COLUMNS, PICTURED, Finder, finder, shown_note
from suffice.report.latent import LatentStory, fitted_to
from suffice.report.mixtures.advice import advice
from suffice.report.mixtures.agreement import agreement
from suffice.report.parts import Line, Table
from suffice.report.picture import Picture
from suffice.report.scatter import scatter
from suffice.report.story import Run, story, takes_labels
from suffice.report.summary import Assigned, Summary, cells_of
from suffice.runtime.types import TableLike

PERSONS = tuple(family.title for family in KINDS.values() if family.title[0].isupper())
MOST_LINES, MOST_SHOWN = 200, 40


@story.register(MixtureEstimator)
class MixtureStory(LatentStory):
    """What is said of a mixture: components, and how rows belong to them."""

    rows_file = "assignments.csv"
    holds = "component, its probability and the log-likelihood"

    @property
    def count(self) -> int:
        return len(self.estimator.weights_)

    def columns_of_block(self, block: Assigned) -> dict[str, np.ndarray]:
        return {
            "component": block.component, "probability": block.probability, "log_likelihood": block.log_likelihood,
        }  # fmt: skip

    def lead(self, summary: Summary, source: str | None) -> str:
        kind = self.name if self.name.startswith(PERSONS) else self.name[0].lower() + self.name[1:]
        shape = getattr(self.estimator, "covariance_type", None)
        shaped = "" if shape is None else f" and {shape} covariances"
        article = "An" if kind[0] in "aeiou" else "A"
        return f"{article} {kind} with {self.size}{shaped}, {fitted_to(self.estimator, summary, source)}"

    def criteria(self, summary: Summary) -> dict[str, float]:
        found = super().criteria(summary)
        return found | {"ICL": found["BIC"] + 2.0 * summary.entropy}

    def in_numbers(self, told: Summary) -> dict[str, float]:
        classes = len(told.counts)
        entropy = 1.0 if classes == 1 else 1 - told.entropy / (told.weight * float(np.log(classes)))
        return super().in_numbers(told) | {"relative entropy": entropy}

    def judgement(self, rows: TableLike, summary: Summary, run: Run) -> list[Table]:
        from suffice.report.mixtures.judgement import judgement

        return judgement(self, rows, summary, run)

    def advice(self, summary: Summary, run: Run) -> list[Advice]:
        return advice(self.estimator, summary, run.command, image_shape=run.image_shape, selection=run.selection)

    def pictures(self, rows: TableLike, summary: Summary, run: Run) -> list[Picture]:
        from suffice.report.mixtures.pictures import pictures

        if run.image_shape is not None or not self._wide:
            return pictures(self.plain, summary, self.columns, run.image_shape)
        shown = self._shown()
        climbed = {name: getattr(self.plain, name) for name in ("traces_", "lower_bound_", "converged_", "n_iter_")}
        part = set_attributes(self.plain.marginal(shown), climbed)
        few = replace(summary, sample=cells_of(summary.sample, shown), missing=summary.missing[shown])
        return pictures(part, few, [self.columns[j] for j in shown])

    @property
    def _wide(self) -> bool:
        """Whether pictures show some of the columns: there are many, one feature each."""
        return len(self.columns) > MANY_COLUMNS and not takes_labels(self.estimator)

    def _shown(self) -> list[int]:
        return telling_features(self.plain, PICTURED)

    def remark(self) -> str:
        if not self._wide:
            return ""
        return shown_note(PICTURED, len(self.columns), "in which the components lie furthest apart")

    def finder(self) -> Finder | None:
        if not self._wide:
            return None
        header = [f"component {k}" for k in range(self.count)]
        return finder("Means of any column", header, self.columns, centres(self.estimator).T)

    def scatter(self, summary: Summary) -> str:
        names = [f"component {k}" for k in range(self.count)]
        shown = self._shown() if self._wide else range(len(self.columns))
        columns = [self.columns[j] for j in shown]
        return scatter(cells_of(summary.sample, list(shown)), columns, summary.sample_labels, names)

    def tables(self, summary: Summary, run: Run) -> list[Table]:
        found = [self._components(summary, told=run.image_shape is None)]
        return found if run.target is None else [*found, agreement(run.target, summary.labels, run.target_name)]

    def table(self) -> Table:
        what = "mean or share" if takes_labels(self.estimator) else "mean"
        header = ["component", "weight", f"{what} where it differs most (sd from the overall mean)"]
        weights, words = self.estimator.weights_, self._telling()
        lines = [Line([str(k), f"{weights[k]:.4f}", words[k]]) for k in self._heaviest(MOST_SHOWN)]
        if hasattr(self.estimator, "noise_weight_"):
            lines.append(Line(["noise", f"{self.estimator.noise_weight_:.4f}", "uniform"]))
        return Table("", header, lines, text=self.level)

    def _heaviest(self, most: int) -> np.ndarray:
        return np.argsort(-np.asarray(self.estimator.weights_), kind="stable")[:most]

    def _telling(self) -> list[str]:
        apart, centre, features = (
            deviations(self.estimator),
            centres(self.estimator),
            feature_names(self.estimator, self.columns),
        )
        return [telling(*component, features) for component in zip(apart, centre, strict=True)]

    def _components(self, summary: Summary, *, told: bool) -> Table:
        """A line for each component; where rows are not images with the columns in which it differs most."""
        weights, colours = np.asarray(self.estimator.weights_), component_colours(self.count)
        header = ["component", "weight", "rows assigned", "mean certainty"]
        words = self._telling() if told else None
        lines = []
        for k in self._heaviest(MOST_LINES):
            cells = [str(k), f"{weights[k]:.4f}", *_assigned(summary, k)]
            lines.append(Line([*cells, *([] if words is None else [words[k]])], colours[k]))
        if hasattr(self.estimator, "noise_weight_"):
            cells = ["noise", f"{self.estimator.noise_weight_:.4f}", *_assigned(summary, -1)]
            lines.append(Line([*cells, *([] if words is None else ["uniform"])], FAINT))
        if words is not None:
            header.append("mean where it differs most (standard deviations from the overall mean)")
        return Table("Components", header, lines, numbers=(1, 2, 3))


def _assigned(summary: Summary, group: int) -> list[str]:
    """How many rows a component holds, and how surely."""
    certainty = f"{summary.certainty[group]:.2f}" if summary.counts[group] > 0 else "none"
    return [f"{summary.counts[group]:,.6g}", certainty]


def telling(apart: np.ndarray, centre: np.ndarray, names: list[str]) -> str:
    """The columns (or categories) in which a component lies furthest from the mean of the mixture, in words."""
    strongest = np.argsort(-np.abs(apart), kind="stable")[:4]
    chosen = [j for j in strongest if abs(apart[j]) >= 0.3]
    words = [f"{names[j]} {centre[j]:.4g} ({apart[j]:+.1f} sd)" for j in chosen]
    return ", ".join(words) or "near the mean in every column"
