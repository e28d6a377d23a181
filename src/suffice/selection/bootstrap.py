"""A test of the number of components by fits to rows drawn from the smaller model."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from suffice.estimators.shared.comparison import Compared, check_parameters
from suffice.estimators.shared.labelled_columns import coded_rows, with_kinds_of
from suffice.fit.checkpoint import Checkpoint, settings_of
from suffice.outcome import DegenerateComponentWarning
from suffice.rows.frequencies import one_by_one, taken_as_counts, weighed
from suffice.rows.missing import with_nan
from suffice.rows.streams import is_stream, on_host
from suffice.runtime.progress import progress
from suffice.runtime.types import ArrayLike, TableLike
from suffice.selection.bootstrap_result import BootstrapTest, is_clear, reached, test_of
from suffice.selection.neighbour import Fit, best_fit
from suffice.selection.rows import Rows
from suffice.validation import check_count


def bootstrap_test(
    estimator: Compared,
    X: TableLike,
    n_components: int | None = None,
    *,
    samples: int = 200,
    sample_weight: ArrayLike | None = None,
    stop_early: bool = True,
    resume: BootstrapTest | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
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
    checkpoint
        A file that keeps the samples now and then. Where it holds some of the same test, killed or interrupted, it goes on from
        these; that takes the same rows, parameters and a fixed ``random_state``. It stays when the test ends.
    verbose
        1 shows a progress bar on a terminal, elsewhere a line now and then.

    Returns
    -------
    BootstrapTest
        ``p_value``, ``standard_error`` and ``outcome``, a sentence; after Ctrl-C those of the samples until then.

    Raises
    ------
    ValueError
        If a parameter or the rows cannot be used; the message says what to do.
    suffice.files.FileError
        If ``checkpoint`` is damaged, or of another test.

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
    if not isinstance(estimator, Compared):
        raise ValueError(
            f"A {type(estimator).__name__} was given; a mixture or factor model, which has n_components, is expected."
        )
    check_parameters(estimator)
    larger = estimator.n_components + 1 if n_components is None else n_components
    check_count("n_components", larger, estimator.n_components + 1)
    if resume is not None and resume.n_components != (estimator.n_components, larger):
        raise ValueError(
            f"resume is a test of {resume.n_components} components; one of {(estimator.n_components, larger)} is expected."
        )
    if resume is not None and checkpoint is not None:
        raise ValueError("resume and checkpoint were given, and both hold samples; give one of the two.")
    if is_stream(X):
        raise ValueError("The bootstrap test draws rows like those given; give an array or a DataFrame, not batches.")
    X, sample_weight, _ = weighed(X, sample_weight)
    with taken_as_counts():
        draws = _draws(_Pair(estimator, larger), X, sample_weight)
        found = [] if resume is None else resume.statistics.tolist()
        return draws.test(found, samples, stop_early, None if checkpoint is None else draws.kept(checkpoint), verbose)


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


@dataclass(frozen=True)
class _Draws:
    """The smaller model, the statistic of the rows, and what it takes to find that of rows drawn from the model."""

    pair: _Pair
    sampled: _Pair
    fitted: Any
    statistic: float
    missing: np.ndarray
    seed: int

    def kept(self, path: str | os.PathLike[str]) -> Checkpoint:
        """The file of the samples."""
        sizes = [self.pair.estimator.n_components, self.pair.larger]
        return Checkpoint(path, settings_of(self.fitted.model_, n_components=sizes, random_state=self.seed))

    def test(
        self, found: list[float], samples: int, stop_early: bool, kept: Checkpoint | None, verbose: int
    ) -> BootstrapTest:
        """Draw as many samples as are wanted beside those found."""
        before = None if kept is None else kept.load()
        found = found if before is None else before["statistics"].tolist()
        interrupted = False
        with progress(verbose, samples, "bootstrap test") as bar:
            try:
                while len(found) < samples and not (stop_early and is_clear(self.statistic, found)):
                    found.append(self._next(len(found)))
                    if kept is not None:
                        kept.keep(lambda: {"statistics": np.array(found)}, last=False)
                    bar(len(found), f"{reached(self.statistic, found)} as good as the rows")
            except KeyboardInterrupt:
                if not found:
                    raise
                interrupted = True
        if kept is not None:
            kept.keep(lambda: {"statistics": np.array(found)}, last=True)
        sizes = self.pair.estimator.n_components, self.pair.larger
        return test_of(self.statistic, np.array(found), sizes, samples, interrupted)

    def _next(self, place: int) -> float:
        """The statistic of a sample, the same whenever it is drawn."""
        generator = np.random.default_rng([self.seed, place])
        drawn = np.where(self.missing, np.nan, _drawn(self.fitted.model_, len(self.missing), generator))
        return self.sampled.fit(Rows(drawn, None, self.pair.estimator.random_state))[1]


def _draws(pair: _Pair, X: TableLike, weight: ArrayLike | None) -> _Draws:
    small, statistic = pair.fit(Rows(X, weight, pair.estimator.random_state))
    fitted = small.estimator
    missing = np.isnan(with_nan(np.asarray(coded_rows(fitted, on_host(X)), float)))
    seed = check_random_state(pair.estimator.random_state).randint(2**31 - 1)
    if weight is not None:
        missing = missing[one_by_one(np.asarray(weight, float), np.random.default_rng(seed))]
    return _Draws(pair, pair.of_codes(fitted), fitted, statistic, missing, seed)


def _drawn(model: Any, count: int, generator: np.random.Generator) -> np.ndarray:
    """Rows drawn from a mixture or a factor model."""
    if not hasattr(model, "weights"):
        return model.draw(count, generator)
    component = generator.choice(len(model.weights), size=count, p=model.weights / model.weights.sum())
    return model.components.draw(component, generator)
