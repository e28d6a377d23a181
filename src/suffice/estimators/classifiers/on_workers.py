"""Labelled rows of a Dask collection for a classifier: columns and classes are learned where the partitions lie."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from suffice.estimators.classifiers.base import Classifier
from suffice.latent.class_counts import ClassCounts, members, summed
from suffice.rows.frequencies import weighed
from suffice.rows.streams import partitions_of
from suffice.rows.survey import NO_WEIGHT
from suffice.runtime.types import ArrayLike, TableLike

FIRST_ROWS = 1000
"""Rows of a partition that are looked at for how many differ."""


def learned_on_workers(
    classifier: Classifier, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[Any, str]:
    """Partitions of checked rows with places of their classes (-1 unknown) and weights; and what was done to these."""
    from suffice.rows.cluster.collections import labelled_partitions
    from suffice.rows.cluster.labelled import Alone, Chosen
    from suffice.rows.cluster.partitions import reduced

    if y is None:
        raise ValueError(f"{type(classifier).__name__} requires y to be passed, but the target y is None.")
    data, _, scaled = weighed(labelled_partitions(X, y, sample_weight), None)
    classifier._settle_columns(Alone(data))  # type: ignore[arg-type]
    classifier._input.learn(Alone(data), None)
    classes = reduced(
        Chosen(data, partial(_labels_alone, classifier), partial(_labelled, classifier)), _classes, _all_classes
    )
    if classes is None and partitions_of(data).weighted:
        raise ValueError(NO_WEIGHT)
    classifier._take_classes(np.zeros(0) if classes is None else classes)
    return Chosen(data, partial(_coded, classifier), _weighing), scaled


class OfClass(NamedTuple):
    """Of the rows of a class their weight, and up to ``most`` that differ."""

    most: int
    weight: float
    different: np.ndarray

    def joined(self, other: OfClass) -> OfClass:
        """Both together."""
        rows = np.concatenate([self.different, other.different])
        return OfClass(self.most, self.weight + other.weight, np.unique(rows, axis=0)[: self.most])


def rows_of_classes(data: Any, count: int, most: int) -> Iterator[tuple[Any, OfClass]]:
    """The rows of each class as partitions, and up to ``most`` of them that differ."""
    from suffice.rows.cluster.labelled import Alone, Chosen, Labelled
    from suffice.rows.cluster.partitions import reduced

    _refuse_unlabelled(data, "MixtureClassifier")
    for place in range(count):
        rows = Alone(Chosen(data, Labelled, partial(_is_of, place)))
        found = reduced(rows, partial(_of_class, most), OfClass.joined)
        yield rows, found


def counts_of_classes(data: Any, count: int) -> ClassCounts:
    """Sums over the rows of so many classes."""
    from suffice.rows.cluster.partitions import reduced

    _refuse_unlabelled(data, "MultinomialNaiveBayes")
    return reduced(data, partial(_counts, count), ClassCounts.added)


def _refuse_unlabelled(data: Any, name: str) -> None:
    from suffice.rows.cluster.partitions import reduced

    if reduced(data, _unknown, operator.or_):
        raise ValueError(f"Rows are unlabelled; of a Dask collection {name} takes labelled rows alone.")


def _counts(count: int, kept: Any, number: int) -> ClassCounts:
    return summed(kept.rows.rows, members(kept.rows.labels, kept.weight, count), kept.count)


def _unknown(kept: Any, number: int) -> bool:
    return bool((kept.rows.labels < 0).any())


def _is_of(place: int, labels: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return labels == place


def _of_class(most: int, kept: Any, number: int) -> OfClass:
    return OfClass(most, float(kept.weight.sum()), np.unique(kept.rows[:FIRST_ROWS], axis=0)[:most])


def _weighing(labels: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return weight > 0


def _labelled(classifier: Classifier, labels: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return (weight > 0) & ~classifier._is_unlabelled(labels)


def _labels_alone(classifier: Classifier, rows: Any, labels: np.ndarray) -> Any:
    """Labels, checked, without their rows."""
    from suffice.rows.cluster.labelled import Labelled

    classifier._check_labels(labels)
    return Labelled(np.zeros((len(labels), 0)), labels)


def _coded(classifier: Classifier, rows: Any, labels: np.ndarray) -> Any:
    from suffice.rows.cluster.labelled import Labelled

    return Labelled(classifier._input.batch(rows, 0), classifier._codes(labels, ~classifier._is_unlabelled(labels)))


def _classes(kept: Any, number: int) -> np.ndarray:
    return np.unique(kept.rows.labels)


def _all_classes(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.union1d(left, right)
