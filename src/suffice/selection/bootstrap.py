"""A test of the number of components by fits to rows drawn from the smaller model."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import betaincinv
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from suffice.estimators.shared.comparison import check_parameters
from suffice.estimators.shared.labelled_columns import coded_rows, with_kinds_of
from suffice.outcome import DegenerateComponentWarning
from suffice.rows.frequencies import one_by_one, taken_as_counts, weighed
from suffice.rows.missing import with_nan
from suffice.rows.streams import is_stream, on_host
from suffice.runtime.progress import progress
from suffice.runtime.types import ArrayLike, TableLike
from suffice.selection.neighbour import Fit, best_fit
from suffice.selection.rows import Rows
from suffice.validation import check_count

if TYPE_CHECKING:
    from suffice.estimators.shared.comparison import Compared

LEVEL = 0.05
SURE = 0.9999
"""Confidence with which the p-value is on one side of the level where sampling stops."""


@dataclass(frozen=True)
class BootstrapTest:
    """What ``suffice.bootstrap_test`` found.

    Parameters
    ----------
    p_value
        Share of samples, the rows themselves counted as one, whose statistic is at least that of the rows.
    standard_error
        Its Monte Carlo error.
    statistic
        Twice the difference of the log-likelihoods of the two models for the rows.
    statistics
        The same for each sample drawn from the smaller model, ``(S,)``.
    n_components
        Components of the smaller and of the larger model.
    outcome
        A sentence.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.selection import BootstrapTest
    >>> BootstrapTest(0.01, 0.007, 25.0, np.zeros(199), (1, 2), "Clear.").p_value
    0.01
    """

    p_value: float
    standard_error: float
    statistic: float
    statistics: np.ndarray
    n_components: tuple[int, int]
    outcome: str


def bootstrap_test(
    estimator: Compared,
    X: TableLike,
    n_components: int | None = None,
    *,
    samples: int = 200,
    sample_weight: ArrayLike | None = None,
    stop_early: bool = True,
    resume: BootstrapTest | None = None,
    verbose: int = 0,
) -> BootstrapTest:
    r"""Test whether more components fit better than chance would let them, by the parametric bootstrap.

    .. math:: 2 (\ell_1 - \ell_0), \quad p = \frac{1 + \#\{s : 2 (\ell_1^s - \ell_0^s) \ge 2 (\ell_1 - \ell_0)\}}{1 + S}

    Under the smaller model this statistic is not chi-squared, since its parameters are on the edge of the larger one; so it is
    found anew in samples of rows drawn from the smaller model, fitted by both as the rows are (McLachlan, 1987). The larger model
    also starts from the smaller one with components split. Samples have the rows' missing cells.

    Parameters
    ----------
    estimator
        An unfitted mixture or factor model with the smaller number of components, 2 say.
    X
        Rows ``(n, D)`` in memory. NaN is a missing cell.
    n_components
        The larger number; None is one more.
    samples
        Most samples drawn; 200 tell a p-value of 0.05 to within 0.015.
    sample_weight
        Row weights ``(n,)`` as numbers of rows; samples have as many rows as these sum to.
    stop_early
        Whether to stop where the p-value is above or below 0.05 with a confidence of 99.99 % at this look, of up to one a
        sample.
    resume
        A test of the same rows, whose samples are kept; up to ``samples`` in all are drawn, the same as in one go where
        ``random_state`` of the estimator is a number.
    verbose
        1 shows a progress bar on a terminal.

    Returns
    -------
    BootstrapTest
        ``p_value``, ``standard_error`` and ``outcome``, a sentence.

    Raises
    ------
    ValueError
        If a parameter or the rows cannot be used; the message says what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import suffice
    >>> X = np.random.default_rng(0).poisson([[2.0], [15.0]], (2, 60)).reshape(-1, 1)
    >>> test = suffice.bootstrap_test(suffice.PoissonMixture(1, random_state=0), X, samples=19)
    >>> test.n_components, test.p_value
    ((1, 2), 0.05)
    """
    check_count("samples", samples)
    check_parameters(estimator)
    larger = estimator.n_components + 1 if n_components is None else n_components
    check_count("n_components", larger, estimator.n_components + 1)
    if resume is not None and resume.n_components != (estimator.n_components, larger):
        raise ValueError(
            f"resume is a test of {resume.n_components} components; one of {(estimator.n_components, larger)} is expected."
        )
    if is_stream(X):
        raise ValueError("The bootstrap test draws rows like those given; give an array or a DataFrame, not batches.")
    X, sample_weight, _ = weighed(X, sample_weight)
    with taken_as_counts():
        return _tested(_Pair(estimator, larger), X, sample_weight, samples, stop_early, resume, verbose)


@dataclass(frozen=True)
class _Pair:
    """An estimator and the larger number of components that it is compared with."""

    estimator: Compared
    larger: int

    def fit(self, rows: Rows) -> tuple[Fit, float]:
        """The fit of the smaller number, and the statistic."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", DegenerateComponentWarning)
            small = best_fit(self.estimator, rows, None)
            more: Any = clone(self.estimator)
            large = best_fit(more.set_params(n_components=self.larger), rows, small)
        ends = [one.estimator.score(rows.rows, sample_weight=rows.weight) for one in (small, large)]
        return small, 2 * float(rows.weights().sum()) * (ends[1] - ends[0])

    def of_codes(self, fitted: Compared) -> _Pair:
        """The same for rows of codes and numbers, as the model takes them."""
        estimator: Any = with_kinds_of(fitted, clone(self.estimator))
        given = estimator.get_params()
        plain = {"binarize": None, "handle_unknown": "missing"}
        return _Pair(estimator.set_params(**{name: plain[name] for name in plain.keys() & given.keys()}), self.larger)


def _tested(
    pair: _Pair, X: TableLike, weight: ArrayLike | None, samples: int, stop_early: bool, resume: BootstrapTest | None,
    verbose: int,
) -> BootstrapTest:  # fmt: skip
    small, statistic = pair.fit(Rows(X, weight, pair.estimator.random_state))
    fitted = small.estimator
    missing = np.isnan(with_nan(np.asarray(coded_rows(fitted, on_host(X)), float)))
    sampled, seed = pair.of_codes(fitted), check_random_state(pair.estimator.random_state).randint(2**31 - 1)
    if weight is not None:
        missing = missing[one_by_one(np.asarray(weight, float), np.random.default_rng(seed))]
    found = [] if resume is None else resume.statistics.tolist()
    with progress(verbose, samples, "testing") as bar:
        while len(found) < samples and not (stop_early and _clear(statistic, found)):
            generator = np.random.default_rng([seed, len(found)])
            drawn = np.where(missing, np.nan, _drawn(fitted.model_, len(missing), generator))
            found.append(sampled.fit(Rows(drawn, None, pair.estimator.random_state))[1])
            bar(len(found), "")
    return _result(statistic, np.array(found), (pair.estimator.n_components, pair.larger), samples)


def _drawn(model: Any, count: int, generator: np.random.Generator) -> np.ndarray:
    """Rows drawn from a mixture or a factor model."""
    if not hasattr(model, "weights"):
        return model.draw(count, generator)
    component = generator.choice(len(model.weights), size=count, p=model.weights / model.weights.sum())
    return model.components.draw(component, generator)


def _reached(statistic: float, found: Any) -> int:
    """Samples whose statistic is at least this, or as good as that."""
    return int((np.asarray(found) >= statistic - 1e-6).sum())


def _clear(statistic: float, found: list[float]) -> bool:
    """Whether the share of samples that reach the statistic is surely above or below the level (Clopper and Pearson, 1934)."""
    count, reached = len(found), _reached(statistic, found)
    low = betaincinv(reached, count - reached + 1, (1 - SURE) / 2) if reached else 0.0
    high = betaincinv(reached + 1, count - reached, (1 + SURE) / 2) if reached < count else 1.0
    return count > 0 and bool(low > LEVEL or high < LEVEL)


def _result(statistic: float, found: np.ndarray, sizes: tuple[int, int], asked: int) -> BootstrapTest:
    reached, count = _reached(statistic, found), len(found)
    p_value = (reached + 1) / (count + 1)
    share = (reached + 1) / (count + 2)
    error = float(np.sqrt(share * (1 - share) / count))
    said = (
        f"{sizes[1]} components fit better than {sizes[0]} by {statistic:.4g} (twice the log-likelihood), and {reached} of "
        f"{count} samples from {sizes[0]} did as well: p = {p_value:.3g} +- {error:.1g}."
    )
    if count < asked:
        said += " Sampling stopped early, since this is clearly on one side of 0.05."
    return BootstrapTest(p_value, error, statistic, found, sizes, said)
