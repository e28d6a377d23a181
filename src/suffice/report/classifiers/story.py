"""The story of a classifier that gives each class a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse

from suffice.estimators.classifiers.base import Classifier
from suffice.estimators.classifiers.count_scores import CountScores
from suffice.report.classes import ClassesStory, Judged
from suffice.report.finder import MANY_COLUMNS, Finder
from suffice.report.parts import Table, model_name
from suffice.report.picture import Picture, drawn
from suffice.report.scatter import scatter
from suffice.report.story import Drawn, Run, story, takes_labels
from suffice.runtime.types import TableLike

SAMPLE_ROWS = 3000
SEEN = "Measured on the rows of the fit: expect less of others."


class ClassifierStory(ClassesStory):
    """What is said of a classifier: its classes, and how well it tells them apart."""

    holds = "class, its probability and the log-likelihood"
    figure, draws = "log-likelihood", True
    measuring = "classes of rows held out predicted"

    @property
    def title(self) -> str:
        return model_name(self.estimator)

    def columns_of(self, rows: TableLike) -> dict[str, np.ndarray]:
        axes = self.estimator.transform(rows).T if hasattr(self.estimator, "transform") else ()
        return super().columns_of(rows) | {f"axis{j}": np.ascontiguousarray(axis) for j, axis in enumerate(axes)}

    def measure(self, rows: TableLike, run: Run) -> Any:
        from suffice.selection.cross_validation import cross_validated

        return cross_validated(self.estimator, rows, run.target, run.sample_weight)

    def judge(self, rows: TableLike, run: Run) -> Judged:
        tested = run.measured
        if tested is not None:
            return self.judged(run, tested.rows, tested.probability, tested.how, held_out=True)
        known = np.flatnonzero(np.isin(run.target, self.estimator.classes_))
        return self.judged(run, known, self.estimator.predict_proba(rows)[known], SEEN, held_out=False)

    def lead(self, run: Run) -> str:
        return (
            f"A {self.title} of {self.size}, fitted to {len(run.target):,} rows in "
            f"{self.estimator.n_features_in_:,} columns."
        )

    def measures(self) -> list[tuple[str, str, str]]:
        return [("iterations", f"{self.estimator.n_iter_:,}", "passes over the rows")]

    def pictures(self, rows: TableLike, run: Run, judged: Judged) -> list[Picture]:
        from suffice.report.classifiers.pictures import (
            axes_picture,
            calibration_picture,
            confusion_picture,
            density_picture,
            region_picture,
            telling,
        )

        if self.wide(rows):
            return [
                *drawn(
                    confusion_picture, judged.codes, judged.found, judged.weight, self.estimator.classes_.astype(str)
                ),
                *drawn(calibration_picture, judged.codes, judged.probability, judged.weight),
            ]
        names, classes = self.estimator.classes_.astype(str), self.estimator.classes_
        shown = _sample(np.flatnonzero(np.isin(run.target, classes)))
        values, codes = np.asarray(self.coded(rows), float)[shown], np.searchsorted(classes, run.target[shown])
        best = telling(values, codes)
        plain, pair = self.plain, best[:2]
        return [
            *(drawn(region_picture, plain, values, codes, pair, self.columns, names) if len(best) > 1 else ()),
            *(
                drawn(axes_picture, self.estimator, values, codes, names)
                if hasattr(self.estimator, "transform")
                else ()
            ),
            *drawn(confusion_picture, judged.codes, judged.found, judged.weight, names),
            *drawn(calibration_picture, judged.codes, judged.probability, judged.weight),
            *drawn(density_picture, plain, values, codes, best, self.columns, names),
        ]

    def scatter(self, rows: TableLike, run: Run) -> str:
        if self.wide(rows):
            return ""
        classes = self.estimator.classes_
        known = _sample(np.flatnonzero(np.isin(run.target, classes)))
        values = np.asarray(self.coded(rows), float)[known]
        return scatter(
            values, self.columns, np.searchsorted(classes, run.target[known]), [str(name) for name in classes]
        )

    def wide(self, rows: TableLike) -> bool:
        """Whether there are too many columns for pictures of some of them, or rows are sparse."""
        return issparse(rows) or len(self.columns) > MANY_COLUMNS

    def tables(self, rows: TableLike, run: Run) -> tuple[list[Table], Finder | None]:
        from suffice.report.classifiers.wide import class_means, column_finder, telling_table

        if not self.wide(rows) or takes_labels(self.estimator):
            return [], None
        known, classes = np.isin(run.target, self.estimator.classes_), self.estimator.classes_
        given: Any = csr_array(rows) if issparse(rows) else np.asarray(rows, float)
        found = class_means(given[known], np.searchsorted(classes, run.target[known]), len(classes))
        names = [str(name) for name in classes]
        return [telling_table(found, names, self.columns)], column_finder(found, names, self.columns)

    def sample(self, count: int) -> Drawn:
        return Drawn(*self.estimator.sample(count), part="class")


class CountsStory(ClassifierStory):
    """What is said of a classifier of counts: the columns that speak for each class among it."""

    def pictures(self, rows: TableLike, run: Run, judged: Judged) -> list[Picture]:
        from suffice.report.classifiers.counts import speaking_picture
        from suffice.report.classifiers.pictures import calibration_picture, confusion_picture

        names = self.estimator.classes_.astype(str)
        return [
            *drawn(speaking_picture, self.estimator, self.columns),
            *drawn(confusion_picture, judged.codes, judged.found, judged.weight, names),
            *drawn(calibration_picture, judged.codes, judged.probability, judged.weight),
        ]

    def tables(self, rows: TableLike, run: Run) -> tuple[list[Table], Finder | None]:
        from suffice.report.classifiers.counts import speaking_finder, speaking_table

        return [speaking_table(self.estimator, self.columns)], speaking_finder(self.estimator, self.columns)


class ComplementStory(CountsStory):
    """What is said where rows have no distribution."""

    holds = "class and its probability"
    figure, draws = "", False

    @property
    def notes(self) -> list[str]:
        """That scores by complements are in order, and no probabilities."""
        return [
            "Scores by complements put classes in order; what is given as their probabilities does not mean shares of rows."
        ]


story.register(Classifier, ClassifierStory)


@story.register(CountScores)
def _of_counts(estimator: Any, columns: Sequence[str] | None = None) -> CountsStory:
    return (ComplementStory if estimator.complement else CountsStory)(estimator, columns)


def _sample(rows: np.ndarray) -> np.ndarray:
    few = len(rows) <= SAMPLE_ROWS
    return rows if few else np.sort(np.random.default_rng(0).choice(rows, SAMPLE_ROWS, replace=False))
