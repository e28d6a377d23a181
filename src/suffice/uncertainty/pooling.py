"""Estimates from several completed tables, pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suffice.runtime.types import ArrayLike
from suffice.validation import check_at_least


@dataclass(frozen=True)
class Pooled:
    """What ``suffice.pool`` found.

    Parameters
    ----------
    estimate
        ``(p,)``.
    covariance
        Of the estimate, ``(p, p)``: within tables, and between them.
    standard_error
        ``(p,)``.
    degrees_of_freedom
        Of a t distribution of each estimate, ``(p,)``; infinite where tables agree.
    missing_information
        Share of the information about each that is missing, ``(p,)``.

    Examples
    --------
    >>> import suffice
    >>> suffice.pool([[1.0], [1.2], [0.8]], [[[0.04]], [[0.04]], [[0.04]]]).standard_error.round(3)
    array([0.306])
    """

    estimate: np.ndarray
    covariance: np.ndarray
    standard_error: np.ndarray
    degrees_of_freedom: np.ndarray
    missing_information: np.ndarray


def pool(estimates: ArrayLike, covariances: ArrayLike, *, complete_dof: float | None = None) -> Pooled:
    r"""Pool estimates from several imputed tables by Rubin's rules.

    .. math:: \bar q = \frac1m \sum_i q_i, \quad T = \bar U + (1 + \tfrac1m) B, \quad
        \nu = (m - 1) (1 + 1 / r)^2, \quad r = (1 + \tfrac1m) B / \bar U

    with U the mean of the tables' covariances and B the covariance between their estimates (Rubin, 1987).

    Parameters
    ----------
    estimates
        Of each table, ``(m, p)``, or ``(m,)`` for a single number.
    covariances
        Of each table's estimate, ``(m, p, p)``, or ``(m,)`` variances of a single number.
    complete_dof
        Degrees of freedom that complete rows would have; ``degrees_of_freedom`` are then those of Barnard and Rubin (1999), never
        more than this.

    Returns
    -------
    Pooled
        ``estimate``, ``covariance``, ``degrees_of_freedom``.

    Raises
    ------
    ValueError
        If there are fewer than two tables, or shapes do not agree, or numbers are not finite.

    Examples
    --------
    >>> import suffice
    >>> pooled = suffice.pool([1.0, 1.2, 0.8], [0.04, 0.04, 0.04])
    >>> print(pooled.estimate, pooled.degrees_of_freedom.round(1))
    [1.] [6.1]
    """
    each, within = np.asarray(estimates, float), np.asarray(covariances, float)
    if each.ndim == 1 and within.ndim == 1:
        each, within = each[:, None], within[:, None, None]
    _check(each, within)
    if complete_dof is not None:
        check_at_least("complete_dof", complete_dof, 1.0)
    count = len(each)
    mean, inside = each.mean(0), within.mean(0)
    between = (1 + 1 / count) * np.atleast_2d(np.cov(each.T, ddof=1))
    total = inside + between
    variance, added = np.diagonal(total), np.diagonal(between)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(variance > 0, added / variance, 0.0)
        freedom = np.where(share > 0, (count - 1) / np.square(share), np.inf)
        ratio = np.where(share < 1, share / (1 - share), np.inf)
        freedom = freedom if complete_dof is None else _small_sample(freedom, share, complete_dof)
        lost = np.where(np.isfinite(ratio), (ratio + 2 / (freedom + 3)) / (ratio + 1), 1.0)
    return Pooled(mean, total, np.sqrt(np.maximum(variance, 0.0)), freedom, np.where(share > 0, lost, 0.0))


def _small_sample(freedom: np.ndarray, share: np.ndarray, complete: float) -> np.ndarray:
    """Degrees of freedom where complete rows would have so many (Barnard and Rubin, 1999)."""
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    return np.where(np.isfinite(freedom), freedom * observed / (freedom + observed), observed)


def _check(each: np.ndarray, within: np.ndarray) -> None:
    if each.ndim != 2 or within.shape != (*each.shape, each.shape[-1]):
        raise ValueError(
            f"estimates has shape {each.shape} and covariances {within.shape}; (m, p) and (m, p, p) are expected, or (m,) twice."
        )
    if len(each) < 2:
        raise ValueError(
            f"{len(each)} table was given; at least two are expected, since what is missing shows between them."
        )
    if not (np.isfinite(each).all() and np.isfinite(within).all()):
        raise ValueError("estimates or covariances hold numbers that are not finite.")
    if (np.diagonal(within, axis1=1, axis2=2) < 0).any():
        raise ValueError("covariances hold variances below 0 on their diagonals.")
