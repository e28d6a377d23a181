"""The columns that speak for each class of a classifier of counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from suffice.latent.class_counts import ClassCounts, log_probabilities
from suffice.plot.canvas import component_colours, shortened
from suffice.plot.marks import Bars
from suffice.plot.panel import Axis, Panel
from suffice.report.finder import Finder, finder
from suffice.report.parts import Line, Table
from suffice.report.picture import Picture, pictures_of

if TYPE_CHECKING:
    from suffice.estimators.classifiers.multinomial import MultinomialNaiveBayes

MOST_COLUMNS, MOST_CLASSES, IN_TABLE = 10, 12, 8
TITLE = "Columns that speak for each class"
EXPLAINED = "what an event of the class says on average, through a column, for the class against all others, in nats"


def speaking(estimator: MultinomialNaiveBayes) -> np.ndarray:
    r"""What each column says for a class (K, D), :math:`\theta_{kd} \log (\theta_{kd} / \theta_{\ne k, d})`.

    Over the columns it sums to the Kullback-Leibler divergence of the class from all others together.
    """
    sums = ClassCounts(estimator.class_count_, estimator.feature_count_, estimator.rows_seen_).as_rows().of_cells
    alpha = np.asarray(estimator.alpha, float)
    own, others = (log_probabilities(counts, alpha) for counts in (sums, sums.sum(0) - sums))
    return np.exp(own) * (own - others)


def speaking_picture(estimator: MultinomialNaiveBayes, columns: Sequence[str]) -> Picture:
    """Of each class the columns that say most for it, as bars."""
    said, names = speaking(estimator), _names(estimator)
    shown = np.sort(np.argsort(-estimator.class_prior_, kind="stable")[:MOST_CLASSES])
    colours = component_colours(len(names))
    panels = [_bars(said[k], columns, shortened(names[k], 24), colours[k]) for k in shown]
    some = "" if len(shown) == len(names) else f" The {len(shown)} largest of {len(names)} classes."
    return pictures_of(TITLE, f"Bars: {EXPLAINED}.{some}", panels, 3)


def speaking_table(estimator: MultinomialNaiveBayes, columns: Sequence[str]) -> Table:
    """A line for each class: the columns that say most for it, the first the most."""
    said, names = speaking(estimator), _names(estimator)
    colours = component_colours(len(names))
    lines = [
        Line([name, ", ".join(columns[j] for j in _most(own, IN_TABLE)), f"{own.sum():.3g}"], colour)
        for name, own, colour in zip(names, said, colours, strict=True)
    ]
    text = f"By {EXPLAINED}; the last column has the sum over all of them."
    return Table(TITLE, ["class", "columns", "nats an event"], lines, (2,), text)


def speaking_finder(estimator: MultinomialNaiveBayes, columns: Sequence[str]) -> Finder | None:
    """A box to find what any column says for each class."""
    return finder("What any column says for a class", _names(estimator), columns, speaking(estimator).T)


def _names(estimator: MultinomialNaiveBayes) -> list[str]:
    return [str(name) for name in estimator.classes_]


def _most(said: np.ndarray, count: int) -> list[int]:
    """The columns that say most for a class, of those that say anything for it."""
    order = np.argsort(-said, kind="stable")[:count]
    return order[said[order] > 0].tolist()


def _bars(said: np.ndarray, columns: Sequence[str], name: str, colour: str) -> Panel:
    best = _most(said, MOST_COLUMNS)
    place = np.arange(len(best), dtype=float)[::-1]
    bars = Bars(np.zeros(len(best)), said[best], place - 0.38, place + 0.38, colour)
    named = Axis("", -0.7, max(len(best) - 0.3, 0.7), place, [shortened(columns[j], 16) for j in best], plain=True)
    return Panel([bars], Axis("nats", 0.0), named, size=(3.4, 0.7 + 0.22 * max(len(best), 3)), title=name)
