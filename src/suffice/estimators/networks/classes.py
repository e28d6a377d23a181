"""The classes of a network's rows: their places, and the weights that they give to rows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from suffice.runtime.types import ArrayLike

ClassWeight: TypeAlias = Literal["balanced"] | Mapping[Hashable, float] | None
"""How much rows of a class count: alike in sum, or by class."""


def check_labels(labels: np.ndarray, first: bool) -> None:
    """Refuse labels (n,) that are no classes; once some were seen, whole numbers are classes without a further look."""
    if first or labels.dtype.kind not in "iub":
        check_classification_targets(labels)


def class_codes(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Places of labels (n,) among the classes (K,), of which there are at least two."""
    strange = ~np.isin(labels, classes)
    if strange.any():
        raise ValueError(
            f"y holds the class {labels[strange][:1].tolist()[0]!r}, which is none of {classes.tolist()[:20]}."
        )
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes.tolist()}; at least two classes are needed.")
    return np.searchsorted(classes, labels).astype(np.int32)


def weights_by_class(
    class_weight: ClassWeight, classes: np.ndarray, codes: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Row weights (n,) times those of the rows' classes."""
    if class_weight is None:
        return weight
    of_class = np.ones(len(classes))
    if class_weight == "balanced":
        present = np.unique(codes)
        mass = np.bincount(codes, weight, len(classes))[present]
        of_class[present] = mass.sum() / (len(present) * np.maximum(mass, np.finfo(float).tiny))
    else:
        of_class = np.asarray(compute_class_weight(class_weight, classes=classes, y=classes), float)
    if not (np.isfinite(of_class).all() and (of_class >= 0).all() and (weight * of_class[codes]).sum() > 0):
        raise ValueError(
            f"class_weight={class_weight!r} was given; weights of at least 0, and not all 0, are expected."
        )
    return weight * of_class[codes]


def check_left(classes: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> None:
    """Refuse rows of which fewer than two classes have weight."""
    left = np.unique(codes[weight > 0])
    if len(left) < 2:
        raise ValueError(
            f"y holds one class only among rows of positive weight that are not held out, {classes[left].tolist()}; at least "
            "two classes are needed."
        )


def told_classes(classes: ArrayLike | None, known: np.ndarray | None, class_weight: ClassWeight) -> np.ndarray:
    """All classes (K,) that calls of ``partial_fit`` will meet, as the first call was told."""
    if class_weight == "balanced":
        raise ValueError("class_weight='balanced' needs all rows at once: give partial_fit weights as a dict.")
    if classes is None and known is None:
        raise ValueError("classes=None was given; the first call of partial_fit needs all classes that there will be.")
    told: Any = known if classes is None else np.unique(classes)
    if known is not None and not np.array_equal(told, known):
        raise ValueError(
            f"classes={told.tolist()} was given, but the first call had {known.tolist()}; give the same, or None."
        )
    return told
