"""Components against known classes."""

from __future__ import annotations

import numpy as np

from suffice.report.parts import Line, Table
from suffice.runtime.types import ArrayLike

MOST_CLASSES, DENSE = 40, 12


def agreement(target: ArrayLike, labels: np.ndarray | None, name: str = "target") -> Table:
    """Cross table of known classes and components, with the adjusted Rand index."""
    from sklearn.metrics import adjusted_rand_score

    classes, row = np.unique(np.asarray(target).astype(str), return_inverse=True)
    components, column = np.unique(np.asarray(labels), return_inverse=True)
    text = (
        f"Adjusted Rand index {adjusted_rand_score(row, column):.3f}: 1 if components and {name} divide the rows alike, about 0 "
        "if they have nothing to do with each other. The column was kept out of the fit."
    )
    title = f"Components against {name}"
    if len(classes) > MOST_CLASSES:
        more = f"{name} has {len(classes):,} different values, too many for a table."
        return Table(title, [], [], text=text, more=more)
    counts = np.zeros((len(classes), len(components)), dtype=np.int64)
    np.add.at(counts, (row, column), 1)
    lines = [Line([str(known), *(f"{count:,}" for count in line)]) for known, line in zip(classes, counts, strict=True)]
    numbers = range(1, len(components) + 1)
    return Table(title, [name, *map(str, components)], lines, numbers, text, dense=len(components) > DENSE)
