"""How membership of classes found before depends on covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import erfc

from suffice.estimators.mixtures.membership import design, numbers_of, refuse_untelling, unscaled, warn_of_sure
from suffice.estimators.mixtures.steps import Classes, classes_of
from suffice.runtime.types import ArrayLike, TableLike
from suffice.uncertainty.steps.equations import wald
from suffice.uncertainty.steps.logit import Logit
from suffice.uncertainty.steps.seen import Seen, Steps
from suffice.uncertainty.steps.sure import held

HELD = "; their errors are 0 and their p-values 1, since no test of them can be made"


@dataclass(frozen=True)
class MembershipRegression:
    r"""What ``suffice.membership_regression`` found.

    Parameters
    ----------
    coefficients
        :math:`\beta`, ``(K, 1 + q)``: intercept first, zeros for the first class, the reference.
    standard_errors
        ``(K, 1 + q)``; 0 where a coefficient is held, since a covariate tells a class surely.
    covariance
        Of the coefficients of all classes but the first, one class after another, ``((K - 1)(1 + q),) * 2``.
    p_values
        Of each coefficient being 0, two-sided, ``(K, 1 + q)``; 1 where it is held, NaN for the reference.
    wald_tests
        Of each covariate by name, that its coefficients are 0 in all classes: ``"statistic"``, ``"dof"``, ``"p_value"``;
        of those that are not held, without a degree of freedom and with p = 1 where all are.
    classification_errors
        Chances ``(K, K)`` that a row of each class (line) is assigned to each.
    outcome
        A sentence.

    Examples
    --------
    See ``suffice.membership_regression``.
    """

    coefficients: np.ndarray
    standard_errors: np.ndarray
    covariance: np.ndarray
    p_values: np.ndarray
    wald_tests: dict[str, dict[str, float]]
    classification_errors: np.ndarray
    outcome: str


def membership_regression(
    mixture: Any, X: TableLike, covariates: TableLike, *, n_steps: int = 3, correction: str | None = "bch",
    assignment: str = "modal", sample_weight: ArrayLike | None = None,
) -> MembershipRegression:  # fmt: skip
    r"""Regress membership of the classes of a fitted mixture on covariates, in two or three steps.

    .. math:: \pi_k(z) = \frac{\exp(\beta_k^\top z)}{\sum_j \exp(\beta_j^\top z)}, \quad \beta_1 = 0

    The classes stay what they are, unlike in ``fit(X, covariates=Z)``. In three steps rows are assigned to classes, and the
    assignments regressed. Taken for the truth (``correction=None``) they draw coefficients towards 0. ``"bch"`` (Bolck, Croon and
    Hagenaars, 2004; Vermunt, 2010) weights rows by the inverse of the classification errors; ``"ml"`` maximises
    :math:`\sum_n \log \sum_t \pi_t(z_n) P(\text{assigned}_n | t)` (Vermunt, 2010). In two steps, the likelihood of all is
    maximised over the coefficients alone (Bakk and Kuha, 2018). Errors are the sandwich's; with a correction those of the
    classes themselves are carried over (Bakk, Oberski and Vermunt, 2014).

    Parameters
    ----------
    mixture
        A fitted mixture, such as ``CategoricalMixture``.
    X
        The rows of its fit ``(n, D)``.
    covariates
        Numbers ``(n, q)``, or ``(n,)`` of one.
    n_steps
        2 or 3.
    correction
        Of three steps: ``"bch"``, ``"ml"``, or None.
    assignment
        Of three steps: ``"modal"``, to the most probable class, or ``"soft"``, in parts as large as responsibilities.
    sample_weight
        Row weights ``(n,)`` as in ``fit``.

    Returns
    -------
    MembershipRegression
        ``coefficients``, ``standard_errors``, ``p_values``, ``wald_tests``.

    Raises
    ------
    ValueError
        If covariates have gaps, one value, or follow from others; if no row is assigned to a class; or if the mixture had
        covariates or has one class.

    Warns
    -----
    HeldParameterWarning
        If a covariate tells a class surely: the likelihood rises without end, and its coefficients are held.

    Examples
    --------
    >>> import numpy as np
    >>> import suffice
    >>> draw = np.random.default_rng(0)
    >>> age = draw.normal(50, 10, 500)
    >>> second = draw.random(500) < 1 / (1 + np.exp(-(age - 50) / 10))
    >>> X = (draw.random((500, 6)) < np.where(second, 0.85, 0.15)[:, None]).astype(float)
    >>> classes = suffice.BernoulliMixture(2, binarize=None, random_state=0).fit(X)
    >>> found = suffice.membership_regression(classes, X, age)
    >>> print(np.abs(found.coefficients[1, 1]).round(1), found.wald_tests["0"]["p_value"] < 0.001)
    0.1 True
    """
    classes = classes_of(mixture, X, sample_weight, Steps(n_steps, correction, assignment))
    names, values = numbers_of(covariates, len(classes.rows))
    refuse_untelling(names, values[classes.weight > 0])
    centre, scale = values.mean(0), values.std(0)
    designed = design((values - centre) / scale)

    problem = _problem(designed, classes.found)
    found = held(problem, problem.maximum(np.zeros(np.prod(problem.size))))
    inside, across = found.at.reshape(problem.size), found.across
    covariance = classes.covariance(
        found,
        np.zeros(across.shape[1]),
        lambda model: found.moved_to_maximum(_problem(designed, classes.around(model))),
    )
    turn = _unscaling(problem.size, centre, scale)
    sure = found.holds(turn)
    warn_of_sure(sure.reshape(problem.size)[:, 1:], names, HELD)
    covariance = np.where(sure | sure[:, None], 0.0, turn @ across @ covariance @ across.T @ turn.T)
    return _told(names, unscaled(inside, centre, scale), covariance, sure, classes)


def _problem(designed: np.ndarray, seen: Seen) -> Logit:
    lines = len(seen.lines) // len(designed)
    return Logit(np.repeat(designed, lines, 0), seen.lines, seen.shares, seen.evidence)


def _unscaling(shape: tuple[int, int], centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Coefficients of covariates as they are, as a matrix times those in units of their spread."""
    one = np.diag(np.append(1.0, 1 / scale))
    one[0, 1:] = -centre / scale
    return np.kron(np.eye(shape[0]), one)


def _told(
    names: list[str], own: np.ndarray, covariance: np.ndarray, sure: np.ndarray, classes: Classes
) -> MembershipRegression:
    blank = np.zeros((1, own.shape[1]))
    errors = np.sqrt(np.maximum(np.diagonal(covariance), 0.0)).reshape(own.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = np.where(sure.reshape(own.shape), 1.0, erfc(np.abs(own / errors) / np.sqrt(2)))
    places = np.where(sure, -1, np.arange(own.size)).reshape(own.shape)
    tests = {name: _test(own.ravel(), covariance, places[:, column]) for column, name in enumerate(names, 1)}
    said = f"Membership of {len(own) + 1} classes by {len(names)} covariate{'s' * (len(names) > 1)}: {classes.steps.named}."
    return MembershipRegression(
        np.concatenate([blank, own]), np.concatenate([blank, errors]), covariance,
        np.concatenate([np.full_like(blank, np.nan), p_values]), tests, classes.found.errors, said,
    )  # fmt: skip


def _test(own: np.ndarray, covariance: np.ndarray, places: np.ndarray) -> dict[str, float]:
    """That coefficients are 0, of those that are not held (-1)."""
    told = places[places >= 0]
    return wald(own[told], covariance[np.ix_(told, told)])
