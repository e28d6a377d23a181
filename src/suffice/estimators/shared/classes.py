"""The classes of a network's rows: their places, and the weights that they give to rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight


class WeightedClasses:
    """Checks of labels, and weights by class."""

    class_weight: Any
    classes_: np.ndarray
    _weights_of: Any

    def _codes(self, labels: np.ndarray, known: np.ndarray | None) -> np.ndarray:
        """Places of the classes, which are learned unless they are known."""
        self.classes_ = np.unique(labels) if known is None else known
        strange = ~np.isin(labels, self.classes_)
        if strange.any():
            raise ValueError(
                f"y holds the class {labels[strange][0]!r}, which is none of {self.classes_.tolist()[:20]}."
            )
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class only, {self.classes_.tolist()}; at least two classes are needed.")
        return np.searchsorted(self.classes_, labels).astype(np.int32)

    def _weight(self, sample_weight: Any, rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
        weight = self._weights_of(sample_weight, rows)
        if self.class_weight is None:
            return weight
        present = np.unique(codes)
        of_class = np.ones(len(self.classes_))
        if self.class_weight == "balanced":
            mass = np.bincount(codes, weight, len(self.classes_))[present]
            of_class[present] = mass.sum() / (len(present) * np.maximum(mass, np.finfo(float).tiny))
        else:
            given = compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_)
            of_class = np.asarray(given, float)
        if not (np.isfinite(of_class).all() and (of_class >= 0).all() and (weight * of_class[codes]).sum() > 0):
            raise ValueError(
                f"class_weight={self.class_weight!r} was given; weights of at least 0, and not all 0, are expected."
            )
        return weight * of_class[codes]

    def _check_left(self, codes: np.ndarray, weight: np.ndarray) -> None:
        left = np.unique(codes[weight > 0])
        if len(left) < 2:
            raise ValueError(
                f"y holds one class only among rows of positive weight that are not held out, "
                f"{self.classes_[left].tolist()}; at least two classes are needed."
            )

    def _told_classes(self, classes: Any, maximize_given_responsibilities: bool) -> np.ndarray:
        if self.class_weight == "balanced":
            raise ValueError("class_weight='balanced' needs all rows at once: give partial_fit weights as a dict.")
        if classes is None and not maximize_given_responsibilities:
            raise ValueError(
                "classes=None was given; the first call of partial_fit needs all classes that there will be."
            )
        told = self.classes_ if classes is None else np.unique(classes)
        if maximize_given_responsibilities and not np.array_equal(told, self.classes_):
            raise ValueError(
                f"classes={told.tolist()} was given, but the first call had {self.classes_.tolist()}; give the same, or None."
            )
        return told
