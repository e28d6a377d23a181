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

    ``local`` (D,) is the variance of values that lie close together, of which floors are shares: neither distant groups nor a
    few distant rows count in it; None is the variance. Where rows have classes, ``of_classes`` are their means (K, D). Of columns
    of categories, ``sizes`` says how many each has, and ``shares`` (F,) which share of the cells is in each.
    """

    mean: np.ndarray
    variance: np.ndarray
    constant: Any = False
    sizes: tuple[int, ...] = ()
    shares: Any = None
    local: Any = None
    of_classes: Any = None

    def least(self, share: float) -> np.ndarray:
        """Variances (D,) that are a share of the local ones."""
        return share * (self.variance if self.local is None else self.local)


def plain(mean: float, count: int, sizes: tuple[int, ...] = ()) -> Columns:
    """So many columns of this mean, of which nothing else is known; of categories where they have sizes."""
    shares = np.repeat(1 / np.array(sizes), sizes) if sizes else None
    return Columns(np.full(count, mean), np.ones(count), False, sizes, shares)


def surveyed(
    overview: Survey,
    origin: np.ndarray | None,
    among: slice | np.ndarray | list[int] = slice(None),
    sizes: tuple[int, ...] = (),
    local: bool = False,
) -> Columns:
    """Some columns of a survey, from ``origin``; of categories where they have sizes; with ``local`` variances or none."""
    mean, constant = overview.mean[among], overview.constant[among]
    mean = mean if origin is None else mean - origin[among]
    shares = category_shares(overview.sample[:, among], overview.sample_weight, sizes) if sizes else None
    variance = np.where(constant, 1.0, overview.variance[among])
    return Columns(mean, variance, constant, sizes, shares, _filled(overview.local[among], constant) if local else None)


def _filled(local: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """Local variances, those of constant columns being the average of the others, or 1."""
    return np.where(constant, local[~constant].mean() if not constant.all() else 1.0, local)


def category_shares(sample: np.ndarray, weight: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """Share of each category among a sample's cells, one row spread over all categories added, (F,)."""
    counts = [_counted(cells, weight, size) for cells, size in zip(sample.T, sizes, strict=True)]
    return softened(np.concatenate(counts), np.cumsum(sizes)[:-1])


def _counted(cells: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    """Weight of the cells of one column that are of each of so many categories."""
    inside = (cells >= 0) & (cells < size)
    return np.bincount(cells[inside].astype(int), weight[inside], size)


def softened(counts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Shares of each column's categories, from counts one column after another, one row spread over all added."""
    return np.concatenate([(part + 1 / len(part)) / (part.sum() + 1) for part in np.split(counts, ends)])


def over_all_classes(moments: Moments, centres: np.ndarray, covariance_type: Covariance) -> Columns:
    """Columns over the rows of all classes, from Gaussian moments about the centres; local are variances within a class."""
    mean, variance, within, means = _moments_of_classes(moments, centres, covariance_type)
    constant = variance <= (least := np.square(8 * np.finfo(float).eps * np.abs(mean)))
    local = _within(within, least, variance, constant)
    return Columns(mean, np.where(constant, 1.0, variance), constant, local=local, of_classes=means)


def local_variances(within: np.ndarray, mean: np.ndarray, variance: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """Variances (D,) within classes, or overall where those are rounding; those of constant columns the others' average."""
    return _within(within[None], np.square(8 * np.finfo(float).eps * np.abs(mean)), variance, constant)


def _within(within: np.ndarray, least: np.ndarray, variance: np.ndarray, constant: np.ndarray) -> np.ndarray:
    local = np.where(within > least, within, np.inf).min(0)
    return _filled(np.where(np.isfinite(local), local, variance), constant)


def _moments_of_classes(
    moments: Moments, centres: np.ndarray, covariance_type: Covariance
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean and variance (D,) of each column, its variances (K or 1, D) within classes as far as moments tell, and its means."""
    second, first, counts, _ = map(np.asarray, split(moments.total, centres.shape[1], covariance_type))
    squares = np.diagonal(second, axis1=-2, axis2=-1) if covariance_type == "full" else second
    squares = np.diagonal(moments.common)[None] if covariance_type == "tied" else squares
    counts = np.broadcast_to(counts, first.shape)
    weight = np.maximum(counts.sum(0), np.finfo(float).tiny)
    shift = first / np.where(counts > 0, counts, 1)
    means = centres + shift
    mean = (counts * means).sum(0) / weight
    moved = counts * (np.square(means - mean) - np.square(shift))
    if covariance_type == "spherical":
        variance = max(0.0, (squares.sum() + moved.sum()) / weight.sum())
        within = (squares[:, 0] - (counts * np.square(shift)).sum(1)) / np.maximum(counts.sum(1), np.finfo(float).tiny)
        return mean, np.full(mean.shape, variance), np.broadcast_to(within[:, None], first.shape), means
    between = counts * np.square(shift)
    if covariance_type == "tied":
        within = (squares - between.sum(0)) / weight
    else:
        within = (squares - between) / np.where(counts > 0, counts, 1)
    return mean, np.maximum(squares.sum(0) + moved.sum(0), 0) / weight, within, means
