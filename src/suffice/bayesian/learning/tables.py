"""Tables from counts, and what is known beforehand: Dirichlet priors as rows seen before."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from suffice.bayesian.network import listed


class UnseenParentsWarning(UserWarning):
    """States of parents were seen in no row, so that nothing is known of their children there."""


def rows_before(prior: str, strength: float, shape: Sequence[int]) -> float:
    """Rows that the prior adds to each cell: ``"bdeu"`` spreads them over the table, ``"cell"`` adds them to every one."""
    return strength / float(np.prod(shape)) if prior == "bdeu" else float(strength)


def table_of(counts: np.ndarray, before: float, otherwise: np.ndarray | None = None) -> np.ndarray:
    """Probabilities (..., states) of highest posterior density from counts; uniform, or ``otherwise``, where none count."""
    sums = counts + before
    total = sums.sum(-1, keepdims=True)
    unseen = 1.0 / sums.shape[-1] if otherwise is None else otherwise
    return np.where(total > 0, sums / np.where(total > 0, total, 1.0), unseen)


def unseen_parents(counts: np.ndarray) -> int:
    """How many states of the parents no row counts for."""
    return int((counts.sum(-1) == 0).sum())


def warn_unseen(nodes: Sequence[str], counts: Sequence[np.ndarray]) -> None:
    """Say how many states of parents were never seen, where no prior stands in for rows."""
    unseen = {node: number for node, own in zip(nodes, counts, strict=True) if (number := unseen_parents(own))}
    if unseen:
        warnings.warn(
            f"{sum(unseen.values())} states of parents were seen in no row (of {listed(list(unseen))}); there the probabilities "
            "stay uniform, or where the fit began. prior_strength above 0 says what is known beforehand.",
            UnseenParentsWarning, stacklevel=5,
        )  # fmt: skip


def log_likelihood_of(counts: np.ndarray, table: np.ndarray) -> float:
    """Sum of counts times logarithms of probabilities; 0 where nothing counts."""
    with np.errstate(divide="ignore"):
        logs = np.log(table)
    return float((counts[counts > 0] * logs[counts > 0]).sum())


def log_prior_of(table: np.ndarray, before: float) -> float:
    """Logarithm of the prior density of a table up to a constant: the rows before times logarithms of probabilities."""
    with np.errstate(divide="ignore"):
        return float(before * np.log(table).sum()) if before > 0 else 0.0
