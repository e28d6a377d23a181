"""What is known of columns before a fit: their overall distribution, from which families begin and priors are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.latent.forms.natural import Covariance, Moments, split
from suffice.rows.survey import Survey


@dataclass(frozen=True)
class Columns:
    """Mean (D,) and variance (D,) of each column over all rows, the variance 1 where the column is ``constant``.

    Of columns of categories, ``sizes`` says how many each has, and ``shares`` (F,) which share of the cells is in each.
    """

    mean: np.ndarray
    variance: np.ndarray
    constant: Any = False
    sizes: tuple[int, ...] = ()
    shares: Any = None


def plain(mean: float, count: int, sizes: tuple[int, ...] = ()) -> Columns:
    """So many columns of this mean, of which nothing else is known; of categories where they have sizes."""
    shares = np.repeat(1 / np.array(sizes), sizes) if sizes else None
    return Columns(np.full(count, mean), np.ones(count), False, sizes, shares)


def surveyed(
    overview: Survey,
    origin: np.ndarray | None,
    among: slice | np.ndarray | list[int] = slice(None),
    sizes: tuple[int, ...] = (),
) -> Columns:
    """Some columns of a survey, measured from ``origin``; of categories where they have sizes."""
    mean, constant = overview.mean[among], overview.constant[among]
    mean = mean if origin is None else mean - origin[among]
    shares = category_shares(overview.sample[:, among], overview.sample_weight, sizes) if sizes else None
    return Columns(mean, np.where(constant, 1.0, overview.variance[among]), constant, sizes, shares)


def category_shares(sample: np.ndarray, weight: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """Share of each category among a sample's cells, one row spread over all categories added, (F,)."""
    column = np.repeat(np.arange(len(sizes)), sizes)
    code = np.concatenate([np.arange(size) for size in sizes])
    counts = (sample.T[column] == code[:, None]).astype(float) @ weight
    return softened(counts, np.cumsum(sizes)[:-1])


def softened(counts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Shares of each column's categories, from counts one column after another, one row spread over all added."""
    return np.concatenate([(part + 1 / len(part)) / (part.sum() + 1) for part in np.split(counts, ends)])


def over_all_classes(
    moments: Moments, centres: np.ndarray, covariance_type: Covariance
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance ``(D,)`` of each column over the rows of all classes, from Gaussian moments about the centres."""
    second, first, counts, _ = map(np.asarray, split(moments.total, centres.shape[1], covariance_type))
    squares = np.diagonal(second, axis1=-2, axis2=-1) if covariance_type == "full" else second
    second = np.diagonal(moments.common) if covariance_type == "tied" else squares.sum(0)
    weight = np.maximum(counts.sum(0), np.finfo(float).tiny)
    shift = first / np.where(counts > 0, counts, 1)
    means = centres + shift
    mean = (counts * means).sum(0) / weight
    moved = counts * (np.square(means - mean) - np.square(shift))
    if covariance_type == "spherical":
        total = np.broadcast_to(weight, mean.shape).sum()
        return mean, np.full(mean.shape, max(0.0, (second.sum() + moved.sum()) / total))
    return mean, np.maximum(second + moved.sum(0), 0) / weight
