"""What the stories of all classifiers share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from suffice.plot.canvas import component_colours
from suffice.report.finder import Finder
from suffice.report.parts import Line, Section, Table
from suffice.report.picture import Picture
from suffice.report.story import Run, Story, begun
from suffice.runtime.types import TableLike

MOST_NAMES = 40


@dataclass(frozen=True)
class Judged:
    """Rows by their places (n,), the codes of their classes, the probability of each class (n, K), and the row weights.

    ``how`` says in a sentence which rows these are, and ``held_out`` whether the fit did not see them.
    """

    places: np.ndarray
    codes: np.ndarray
    probability: np.ndarray
    weight: np.ndarray
    how: str
    held_out: bool

    @property
    def found(self) -> np.ndarray:
        """The most probable class of each row, (n,)."""
        return self.probability.argmax(1)

    @property
    def accuracy(self) -> float:
        """Share of the rows whose most probable class is theirs."""
        return float(np.average(self.found == self.codes, weights=self.weight))

    def surprise(self, least: float) -> float:
        """Mean of minus the logarithm of the probability of a row's class, nats; no probability counts as less than ``least``."""
        own = np.take_along_axis(self.probability, self.codes[:, None], 1)[:, 0]
        return float(np.average(-np.log(np.maximum(own, least)), weights=self.weight))

    def recall_and_precision(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each class the share of its rows that are found, and the share of those found that are of it."""
        size = self.probability.shape[1]
        right = np.bincount(self.codes[self.codes == self.found], minlength=size)
        every = (np.maximum(np.bincount(codes, minlength=size), 1) for codes in (self.codes, self.found))
        recall, precision = (right / count for count in every)
        return recall, precision


class ClassesStory(Story):
    """What is said of a model that predicts classes."""

    rows_file = "predictions.csv"
    holds = "class and its probability"
    article, figure = "a classifier", ""
    target_name = "class"
    least_probability: ClassVar[float] = 1e-15

    @property
    def size(self) -> str:
        count = len(self.estimator.classes_)
        return f"{count} class{'' if count == 1 else 'es'}"

    def columns_of(self, rows: TableLike) -> dict[str, np.ndarray]:
        probability = self.plain.predict_proba(rows)
        best = {"class": self.estimator.classes_[probability.argmax(1)], "probability": probability.max(1)}
        return best | self.figure_of(rows)

    @property
    def shares(self) -> np.ndarray | None:
        """The probability of each class, (K,), where the model has it."""
        return getattr(self.estimator, "class_prior_", None)

    def table(self) -> Table:
        names = [str(name) for name in self.estimator.classes_]
        if self.shares is None:
            return Table("", ["class"], [Line([name]) for name in names])
        lines = [Line([f"{share:.4f}", name]) for share, name in zip(self.shares, names, strict=True)]
        return Table("", ["probability", "class"], lines)

    def judge(self, rows: TableLike, run: Run) -> Judged:
        """Classes of rows, as far as possible of rows that were not fitted to."""
        raise NotImplementedError

    def judged(self, run: Run, places: np.ndarray, probability: np.ndarray, how: str, *, held_out: bool) -> Judged:
        """Predictions at some of the rows beside what is known of them."""
        weight = np.ones(len(run.target)) if run.sample_weight is None else run.sample_weight
        codes = np.searchsorted(self.estimator.classes_, run.target[places])
        return Judged(places, codes, probability, weight[places], how, held_out)

    def page(self, rows: TableLike, run: Run) -> Section:
        from suffice.report.uncertain import told as errors_told

        judged, few = self.judge(rows, run), len(self.columns) <= MOST_NAMES
        named = ", ".join(self.columns) if few else f"{len(self.columns):,}"
        accuracy, surprise = judged.accuracy, judged.surprise(self.least_probability)
        of_what = "of rows held out" if judged.held_out else "of the rows of the fit"
        measures = [("accuracy", f"{accuracy:.2%}", of_what), ("log loss", f"{surprise:.4f}", "nats per row"),
                    *self.measures()]  # fmt: skip
        if run.seconds is not None:
            measures.append(("time", f"{run.seconds:.2f} s", "one fit"))
        tables, finder = self.tables(rows, run)
        uncertain = [] if run.uncertain is None else [errors_told(run.uncertain)]
        return replace(
            begun(self, f"{self.title} of {run.target_name} in {run.source or 'an array'}", run),
            lead=self.lead(run),
            measures=measures,
            remark=judged.how,
            pictures=self.pictures(rows, run, judged),
            tables=[self._classes(run, judged), *tables, *uncertain],
            finder=finder,
            scatter=self.scatter(rows, run),
            data=[("source", run.source or "an array"), ("rows", f"{len(run.target):,}"), ("columns", named),
                  *(("note", note) for note in [*run.notes, *self.notes])],
            said=f"accuracy {accuracy:.2%}, log loss {surprise:.4f} nats per row. {judged.how}",
        )  # fmt: skip

    def scatter(self, rows: TableLike, run: Run) -> str:
        """Rows for a picture of any two columns, where there is one."""
        return ""

    def tables(self, rows: TableLike, run: Run) -> tuple[list[Table], Finder | None]:
        """Tables of the columns, and a box to find them in, where they are many."""
        return [], None

    @property
    def title(self) -> str:
        """The kind of model in words."""
        raise NotImplementedError

    def lead(self, run: Run) -> str:
        """The first sentence of the page."""
        raise NotImplementedError

    def measures(self) -> list[tuple[str, str, str]]:
        """Names, values and hints of what the page counts beside accuracy and time."""
        raise NotImplementedError

    def pictures(self, rows: TableLike, run: Run, judged: Judged) -> list[Picture]:
        """The pictures of the page."""
        raise NotImplementedError

    def _classes(self, run: Run, judged: Judged) -> Table:
        names = self.estimator.classes_
        count = np.array([(run.target == name).sum() for name in names])
        shares = count / count.sum() if self.shares is None else self.shares
        parts = zip(names, shares, count, *judged.recall_and_precision(), component_colours(len(names)), strict=True)
        lines = [
            Line([str(name), f"{share:.4f}", f"{rows:,}", f"{recall:.3f}", f"{precision:.3f}"], colour)
            for name, share, rows, recall, precision, colour in parts
        ]
        return Table("Classes", [run.target_name, "probability", "rows", "recall", "precision"], lines, (1, 2, 3, 4))
