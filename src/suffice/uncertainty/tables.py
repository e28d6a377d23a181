"""How well a mixture of labels reproduces the rows' tables: of pairs of columns, and of all columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import chdtrc, xlogy

from suffice.latent.families.bernoulli import Bernoulli
from suffice.latent.families.categorical_columns import CategoricalColumns

MOST_CELLS = 1_000_000


def chances_of(components: Any) -> list[np.ndarray]:
    """Probabilities (K, C) of the labels of each column."""
    found: dict[int, np.ndarray] = {}
    parts = getattr(components, "parts", (components,))
    groups = getattr(components, "columns", (tuple(range(components.features)),))
    for part, group in zip(parts, groups, strict=True):
        if isinstance(part, Bernoulli):
            own = np.asarray(part.probabilities).T
            found |= dict(zip(group, np.stack([1 - own, own], -1), strict=True))
        elif isinstance(part, CategoricalColumns):
            found |= dict(zip(group, part.by_column(), strict=True))
        else:
            raise ValueError(
                f"Columns of the kind {part.kind!r} have no table of labels; tables are those of CategoricalMixture and "
                "BernoulliMixture, and of a MixedMixture of such columns."
            )
    return [found[column] for column in range(components.features)]


def bivariate_residuals(model: Any, rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Pearson's statistic over its degrees of freedom (D, D), of the table of each two columns; NaN on the diagonal."""
    chances, weights = chances_of(model.components), np.asarray(model.weights)
    found = np.full((len(chances), len(chances)), np.nan)
    for one in range(len(chances)):
        for other in range(one):
            seen = ~np.isnan(rows[:, [one, other]]).any(1)
            sizes = chances[one].shape[1], chances[other].shape[1]
            counts = _counts(rows[seen][:, [one, other]], weight[seen], sizes)
            expected = counts.sum() * np.einsum("k,ka,kb->ab", weights, chances[one], chances[other])
            freedom = max(1, (sizes[0] - 1) * (sizes[1] - 1))
            found[one, other] = found[other, one] = _pearson(counts, expected) / freedom
    return found


def absolute_fit(model: Any, rows: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """G2 and X2 of the table of all columns, their degrees of freedom and p-values."""
    chances, weights = chances_of(model.components), np.asarray(model.weights)
    sizes = tuple(own.shape[1] for own in chances)
    cells = np.prod(sizes, dtype=float)
    if cells > MOST_CELLS:
        raise ValueError(
            f"The table of all columns has {cells:.3g} cells, more than {MOST_CELLS:,}: nearly all would be "
            "empty, and the statistics would mean nothing; use bivariate_residuals, or fewer columns."
        )
    if np.isnan(rows).any():
        raise ValueError("Cells are missing (NaN), and the table of all columns takes complete rows; give those alone.")
    counts = _counts(rows, weight, sizes)
    joint = weights[:, None]
    for own in chances:
        joint = (joint[..., None] * own[:, None, :]).reshape(len(weights), -1)
    expected = counts.sum() * joint.sum(0).reshape(sizes)
    freedom = counts.size - 1 - model.parameter_count()
    tiny = np.finfo(float).tiny
    ratio = 2 * float((xlogy(counts, counts) - xlogy(counts, np.maximum(expected, tiny))).sum())
    pearson = _pearson(counts, expected)
    p_values = [float(chdtrc(freedom, value)) if freedom > 0 else 1.0 for value in (ratio, pearson)]
    return {"g2": ratio, "x2": pearson, "dof": freedom, "g2_p_value": p_values[0], "x2_p_value": p_values[1]}


def _counts(rows: np.ndarray, weight: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """The weighted table of codes."""
    found = np.zeros(sizes)
    np.add.at(found, tuple(rows.astype(int).T), weight)
    return found


def _pearson(counts: np.ndarray, expected: np.ndarray) -> float:
    """Sum of squared differences over what is expected; infinite where something impossible was seen."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where((expected > 0) | (counts > 0), np.square(counts - expected) / expected, 0.0).sum())
