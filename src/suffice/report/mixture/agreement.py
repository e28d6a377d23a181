"""Components against known classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CLASSES = 40


@dataclass(frozen=True)
class Agreement:
    """How components and known classes overlap."""

    name: str
    classes: list[str]
    components: list[int]
    counts: NDArray[np.int64]
    rand: float

    @property
    def too_many(self) -> bool:
        """Whether a table of the classes would be too long to read."""
        return len(self.classes) > MOST_CLASSES


def agreement(target: Any, labels: Any, name: str = "target") -> Agreement:
    """Cross table of known classes and components, with the adjusted Rand index."""
    from sklearn.metrics import adjusted_rand_score

    classes, row = np.unique(np.asarray(target).astype(str), return_inverse=True)
    components, column = np.unique(np.asarray(labels), return_inverse=True)
    counts = np.zeros((len(classes), len(components)), dtype=np.int64)
    np.add.at(counts, (row, column), 1)
    rand = float(adjusted_rand_score(row, column))
    return Agreement(name, [str(value) for value in classes], components.tolist(), counts, rand)
