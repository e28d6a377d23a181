"""The search itself: fit every candidate, then say which is best."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.shared.labelled_columns import takes_labels, with_kinds_of
from suffice.rows.frequencies import taken_as_counts, weighed
from suffice.rows.streams import is_stream
from suffice.runtime.progress import progress
from suffice.runtime.types import ArrayLike, TableLike
from suffice.selection.candidates import Candidate, candidates
from suffice.selection.criteria import CRITERIA, criteria
from suffice.selection.held_out import HeldOut, Splitter, held_out
from suffice.selection.neighbour import Fit, best_fit, components_left, sound_or
from suffice.selection.result import Selection, Tried, selection
from suffice.selection.rows import Rows
from suffice.selection.words import INTERRUPTED
from suffice.validation import check_choice

if TYPE_CHECKING:
    from suffice.estimators.shared.comparison import Compared


def select(
    estimator: Compared | Sequence[Compared],
    X: TableLike,
    *,
    n_components: Iterable[int] | None = None,
    criterion: str = "bic",
    sample_weight: ArrayLike | None = None,
    validation_fraction: float | None = None,
    cv: Splitter | int | None = None,
    verbose: int = 0,
    **parameters: Iterable[Any],
) -> Selection:
    r"""Fit a mixture or factor model with every combination of numbers of components, parameters and families, and find the best.

    .. math:: \text{BIC} = -2 \ell + p \log N, \qquad \text{AIC} = -2 \ell + 2 p

    for the log-likelihood :math:`\ell` of N rows and p free parameters; ICL adds twice the entropy of the responsibilities to
    BIC.

    A candidate with more components than its neighbour, the last one that differs from it in ``n_components`` only and is sound,
    starts also from the neighbour with its most promising components in two, and the fit of higher objective is kept, one whose
    components have not degenerated first. Where they have from either start, ten more begin at rows drawn at random. Among sound
    fits without priors, the log-likelihood therefore does not fall when a component is added. The split is the one that raises
    most a lower bound of the log-likelihood, as in Verbeek, Vlassis and Kröse, "Efficient greedy learning of Gaussian mixture
    models" (2003).

    Where a component collapses, the likelihood has no bound and says nothing: such candidates are compared only where all are so,
    and what collapsed, in which columns, stands in the table and in ``outcome``.

    Parameters
    ----------
    estimator
        An unfitted mixture or factor model, or a list of them: families, or settings of one family. They must give densities (or
        probabilities) of the same data, so a Gaussian density is not compared with a Bernoulli probability.
    X
        Rows ``(n, D)``, as ``fit`` takes them: an array, a DataFrame, a sharded array or a stream of batches.
    n_components
        Numbers of components to try, such as ``range(1, 9)``; None is the estimators' own.
    criterion
        ``"bic"``, ``"aic"``, ``"icl"``, ``"sabic"`` or ``"caic"`` (lower is better) of the fitted rows, or
        ``"held_out"`` (higher is better): the mean
        log-likelihood, in nats, of rows that were not fitted.
    sample_weight
        Row weights ``(n,)``, read as in ``fit``; None is 1 for every row.
    validation_fraction
        Share of the rows to hold out once, drawn by the estimator's ``random_state``; 0.2 for ``criterion="held_out"``. The
        held-out log-likelihood stands in the table also where another criterion chooses.
    cv
        Number of folds, a scikit-learn splitter, or a list of pairs of row numbers, in place of ``validation_fraction``: each
        part of the rows is held out of one fit.
    verbose
        1 shows a progress bar on a terminal.
    **parameters
        Values to try of other parameters, by name, such as ``covariance_type=["full", "diag"]``.

    Returns
    -------
    Selection
        The best estimator, the table of all candidates and a sentence. A candidate that cannot be fitted is a row with the
        reason in it. Ctrl-C ends the search and keeps what was compared until then, if anything was.

    Raises
    ------
    ValueError
        If something cannot be compared or is no parameter, or if no candidate can be fitted; the message says why.

    Warns
    -----
    ConvergenceWarning
        If the best estimator did not converge; the table says it of every candidate.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianMixture, select
    >>> X = np.concatenate([np.random.default_rng(0).normal(centre, 1.0, (100, 2)) for centre in (0, 8)])
    >>> found = select(GaussianMixture(random_state=0), X, n_components=[1, 2, 3], covariance_type=["full", "spherical"])
    >>> found.best
    GaussianMixture(covariance_type='spherical', n_components=2, random_state=0)
    >>> found.table["n_components"][found.table["bic"].argmin()]
    np.int64(2)
    """
    check_choice("criterion", criterion, CRITERIA)
    groups = candidates(estimator, n_components, parameters)
    if is_stream(X) and any(takes_labels(group[0].estimator) for group in groups):
        raise ValueError(
            "select takes a whole table for mixtures of labels, and batches were given; put them together, or fit one by one."
        )
    X, sample_weight, scaled = weighed(X, sample_weight)
    rows = Rows(X, sample_weight, groups[0][0].estimator.random_state)
    with taken_as_counts():
        tried = _tried(groups, rows, held_out(rows, criterion, validation_fraction, cv), verbose)
    found = selection(tried, criterion)
    found = replace(found, outcome=f"{found.outcome} {scaled}".strip())
    if not found.best.converged_:
        warnings.warn(f"The best candidate: {found.best.outcome_}", ConvergenceWarning, stacklevel=2)
    return found


def _tried(groups: list[list[Candidate]], rows: Rows, parts: HeldOut | None, verbose: int) -> list[Tried]:
    tried: list[Tried] = []
    everything = [candidate for group in groups for candidate in group]
    try:
        with progress(verbose, len(everything), "selecting") as bar:
            for group in groups:
                neighbour = None
                if parts is not None:
                    parts.forget()
                for candidate in group:
                    tried.append(_try(candidate, rows, neighbour, parts))
                    neighbour = sound_or(tried[-1].fit, neighbour)
                    bar(len(tried), " ".join(str(value) for value in candidate.columns.values()))
    except KeyboardInterrupt:
        if not any(one.fit for one in tried):
            raise
        missing = everything[len(tried) :]
        tried += [Tried(candidate.columns, reason=INTERRUPTED) for candidate in missing]
    return tried


def _try(candidate: Candidate, rows: Rows, neighbour: Fit | None, parts: HeldOut | None) -> Tried:
    begin = time.perf_counter()
    try:
        fit = best_fit(candidate.estimator, rows, neighbour)
        figures = criteria(fit.estimator, rows)
        evidence = np.zeros(0) if parts is None else parts.evidence(with_kinds_of(fit.estimator, candidate.estimator))
    except ValueError as error:
        return Tried(candidate.columns, reason=str(error), seconds=time.perf_counter() - begin)
    weight = np.zeros(0) if parts is None else parts.weight
    reason = "" if parts is None else parts.reason
    columns = candidate.columns | {"n_components": components_left(fit)}
    return Tried(columns, fit, figures, evidence, weight, reason, time.perf_counter() - begin)
