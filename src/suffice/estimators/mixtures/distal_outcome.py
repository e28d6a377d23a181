"""How an outcome differs between classes found before."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.mixtures.steps import classes_of
from suffice.outcome import HeldParameterWarning
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.steps.equations import wald
from suffice.uncertainty.steps.outcomes import ByShares, CategoriesByEvidence, NumbersByEvidence
from suffice.uncertainty.steps.seen import Seen, Steps

UNSETTLED = (
    "Expectation-maximisation of the outcome did not settle within 2,000 steps: the evidence hardly tells the classes apart; "
    'take correction="bch".'
)
LEFT_OUT = " Left out: {:,} without an outcome."
ROUNDING = 1e-8
"""Of the largest estimate, what an error below it is no more than."""


@dataclass(frozen=True)
class DistalOutcome:
    """What ``suffice.distal_outcome`` found.

    Parameters
    ----------
    estimates
        Means of the outcome in each class ``(K,)``, or shares of its categories ``(K, C)``.
    standard_errors
        In the same shape.
    covariance
        Of the estimates, one class after another, ``(K, K)`` or ``(K C, K C)``.
    categories
        The categories ``(C,)``; None of numbers.
    wald_test
        That the estimates are the same in all classes: ``"statistic"``, ``"dof"``, ``"p_value"``.
    classification_errors
        Chances ``(K, K)`` that a row of each class (line) is assigned to each.
    outcome
        A sentence.
    left_out
        How many rows have no outcome, and are left out.

    Examples
    --------
    See ``suffice.distal_outcome``.
    """

    estimates: np.ndarray
    standard_errors: np.ndarray
    covariance: np.ndarray
    categories: np.ndarray | None
    wald_test: dict[str, float]
    classification_errors: np.ndarray
    outcome: str
    left_out: int = 0


def distal_outcome(
    mixture: Any, X: TableLike, y: ArrayLike, *, categorical: bool | None = None, n_steps: int = 3,
    correction: str | None = "bch", assignment: str = "modal", sample_weight: ArrayLike | None = None,
) -> DistalOutcome:  # fmt: skip
    r"""Means of an outcome, or shares of its categories, in the classes of a fitted mixture, in two or three steps.

    .. math:: \hat\mu_t = \frac{\sum_n w_n a^*_{nt} y_n}{\sum_n w_n a^*_{nt}}, \quad a^* = a D^{-1}

    with assignments a and the classification errors D (``"bch"``: Bolck, Croon and Hagenaars, 2004; Bakk, Tekle and Vermunt,
    2013), which asks nothing of the outcome's distribution; shares of rare categories may fall below 0. ``"ml"`` and two steps
    take numbers for normal in each class, with variances of their own. Without a correction differences between classes are too
    small. Errors are the sandwich's; with a correction those of the classes themselves are carried over.

    Parameters
    ----------
    mixture
        A fitted mixture, such as ``CategoricalMixture``.
    X
        The rows of its fit ``(n, D)``.
    y
        The outcome ``(n,)``: numbers, or labels of categories. Rows where it is missing (NaN, None) are left out.
    categorical
        Whether it is of categories; None takes numbers for numbers and anything else for categories.
    n_steps, correction, assignment
        As in ``suffice.membership_regression``.
    sample_weight
        Row weights ``(n,)`` as in ``fit``.

    Returns
    -------
    DistalOutcome
        ``estimates``, ``standard_errors``, ``wald_test``; ``outcome`` says how many rows were left out.

    Warns
    -----
    HeldParameterWarning
        If the outcome does not vary in a class, where its errors are 0.
    ConvergenceWarning
        If the expectation-maximisation of ``"ml"`` or of two steps did not settle; ``outcome`` says it too.

    Raises
    ------
    ValueError
        If the outcome holds one value, has another length, or no row is assigned to a class.

    Examples
    --------
    >>> import numpy as np
    >>> import suffice
    >>> draw = np.random.default_rng(0)
    >>> second = draw.random(500) < 0.5
    >>> X = (draw.random((500, 6)) < np.where(second, 0.8, 0.2)[:, None]).astype(float)
    >>> classes = suffice.BernoulliMixture(2, binarize=None, random_state=0).fit(X)
    >>> found = suffice.distal_outcome(classes, X, second + draw.normal(0, 1, 500))
    >>> print(np.ptp(found.estimates).round(0), found.wald_test["p_value"] < 0.001)
    1.0 True
    """
    steps = Steps(n_steps, correction, assignment)
    classes = classes_of(mixture, X, sample_weight, steps)
    known, values, categories = _read(y, len(classes.rows), classes.weight, categorical)

    def problem(seen: Seen) -> Any:
        lines = len(seen.lines) // len(known)
        chosen = np.repeat(known, lines)
        outcome, weight = np.repeat(values, lines, 0), np.where(chosen, seen.lines, 0.0)
        if seen.shares is not None:
            return ByShares(outcome, seen.shares, weight)
        kind = NumbersByEvidence if categories is None else CategoriesByEvidence
        return kind(outcome[:, 0] if categories is None else outcome, seen.evidence, weight)  # type: ignore[arg-type]

    own = problem(classes.found)
    at = own.estimate()
    covariance = classes.covariance(own, at, lambda model: problem(classes.around(model)).estimate())
    estimate, aside = own.read(at), int((~known & (classes.weight > 0)).sum())
    covariance = _sure_held(estimate, covariance[: len(estimate), : len(estimate)], len(mixture.weights_))
    found = _told(estimate, covariance, len(mixture.weights_), categories, classes.found.errors, steps)
    found = replace(found, left_out=aside, outcome=found.outcome + (LEFT_OUT.format(aside) if aside else ""))
    if own.settled(at):
        return found
    warnings.warn(UNSETTLED, ConvergenceWarning, stacklevel=2)
    return replace(found, outcome=f"{UNSETTLED} {found.outcome}")


def _read(
    y: ArrayLike, rows: int, weight: np.ndarray, categorical: bool | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Which rows have an outcome, its values or indicators (n, C), and the categories."""
    given = np.asarray(y)
    if given.shape != (rows,):
        raise ValueError(f"y has shape {given.shape}; ({rows},) is expected, an outcome for each row.")
    numeric = given.dtype.kind in "biuf"
    if categorical is False and not numeric:
        raise ValueError(f"y holds {given.dtype.name} and categorical=False was given; numbers are expected.")
    if numeric and np.isinf(given).any():
        raise ValueError(
            f"y holds {int(np.isinf(given).sum())} infinite cells; numbers, or NaN where it is missing, are expected."
        )
    known = np.isfinite(given) if numeric else np.array([cell is not None and cell == cell for cell in given.tolist()])
    seen = given[known & (weight > 0)]
    if len(np.unique(seen.astype(str))) < 2:
        raise ValueError("y holds one value only, or none; an outcome that differs between rows is expected.")
    if numeric and not categorical:
        return known, np.where(known, given, 0.0).astype(float)[:, None], None
    found = np.unique(seen)
    return known, (given[:, None] == found).astype(float), found


def _sure_held(estimate: np.ndarray, covariance: np.ndarray, classes: int) -> np.ndarray:
    """The covariance, 0 of classes in which the outcome does not vary, and a word on these."""
    held = np.sqrt(np.maximum(np.diagonal(covariance), 0.0)) < ROUNDING * np.abs(estimate).max()
    sure = np.flatnonzero(held.reshape(classes, -1).all(1))
    if len(sure):
        warnings.warn(
            f"The outcome does not vary among rows of class{'es' * (len(sure) > 1)} {', '.join(map(str, sure[:20]))}: estimates "
            "there are held with error 0, and the test takes them for known.",
            HeldParameterWarning, stacklevel=3,
        )  # fmt: skip
    return np.where(held | held[:, None], 0.0, covariance)


def _told(
    estimate: np.ndarray, covariance: np.ndarray, classes: int, categories: np.ndarray | None, errors: np.ndarray,
    steps: Steps,
) -> DistalOutcome:  # fmt: skip
    kinds = len(estimate) // classes
    against = np.concatenate([-np.ones((classes - 1, 1)), np.eye(classes - 1)], 1)
    contrast = np.kron(against, np.eye(kinds)[: max(1, kinds - 1)])
    test = wald(contrast @ estimate, contrast @ covariance @ contrast.T)
    shape = (classes,) if categories is None else (classes, kinds)
    deviation = np.sqrt(np.maximum(np.diagonal(covariance), 0.0)).reshape(shape)
    what = "Means" if categories is None else f"Shares of {kinds} categories"
    said = f"{what} in {classes} classes: {steps.named}. The same in all: p = {test['p_value']:.3g}."
    return DistalOutcome(estimate.reshape(shape), deviation, covariance, categories, test, errors, said)
