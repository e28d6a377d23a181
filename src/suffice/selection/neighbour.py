"""Warm starts: a fitted mixture with some of its components in two, where a mixture with more components begins."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.special import xlogy
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.comparison import is_free, shared_starts, starting_parameters
from suffice.outcome import DegenerateComponentWarning
from suffice.runtime import tree
from suffice.runtime.types import TableLike
from suffice.selection.rows import Rows

if TYPE_CHECKING:
    from suffice.estimators.mixtures.base import MixtureEstimator
    from suffice.estimators.shared.comparison import Compared


TRIED = 8
"""Components, heaviest first, whose split is tried."""


@dataclass(frozen=True)
class Fit:
    """A fitted estimator, where it started, and what was said of degenerate components."""

    estimator: Any
    start: str
    degenerate: str

    @property
    def merit(self) -> tuple[bool, float]:
        """Fits are ordered by their objective, those with degenerate components below all others."""
        return not self.degenerate, self.estimator.lower_bound_


def best_fit(estimator: Compared, rows: Rows, neighbour: Fit | None) -> Fit:
    """A fit from the estimator's own starts or from the neighbour with components split, whichever ends higher."""
    tried = [_fit(estimator, rows)]
    more = 0 if neighbour is None else estimator.n_components - neighbour.estimator.n_components
    if neighbour is not None and more <= neighbour.estimator.n_components and _can_start(neighbour.estimator):
        halves = _most_promising(neighbour.estimator, rows, more)
        if len(halves) == more:
            tried.append(_fit(estimator, rows, "split", _parted(neighbour.estimator, halves)))
        if max(fit.merit for fit in tried) < neighbour.merit:
            heaviest = map(int, _heaviest(neighbour.estimator)[:more])
            tried.append(_fit(estimator, rows, "twins", _parted(neighbour.estimator, dict.fromkeys(heaviest))))
    best = max(tried, key=lambda fit: fit.merit)
    best.estimator.traces_ = [trace for fit in tried for trace in fit.estimator.traces_]
    return best


def _fit(estimator: Compared, rows: Rows, start: str = "own", parameters: dict[str, Any] | None = None) -> Fit:
    """A fitted copy, which keeps the estimator's parameters wherever it started."""
    settings = estimator.get_params(deep=False)
    changed = {"verbose": 0} if parameters is None else {"verbose": 0, "n_init": 1, **parameters}
    copy = cast(Any, clone(estimator)).set_params(**changed)
    with _listening() as sentences:
        copy.fit(rows.rows, sample_weight=rows.weight)
    copy.set_params(**{name: settings[name] for name in changed})
    return Fit(copy, start, " ".join(sentences))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect what is said of degenerate components; that a fit did not converge is in its attributes."""
    sentences: list[str] = []
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        yield sentences
    for warning in met:
        if issubclass(warning.category, DegenerateComponentWarning):
            sentences.append(str(warning.message))
        elif not issubclass(warning.category, ConvergenceWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _can_start(estimator: Compared) -> bool:
    """Whether it is a mixture, and every starting parameter has a fitted one, with an entry for each component unless shared."""
    return isinstance(estimator, MixtureEstimator) and is_free(estimator) and all(
        value is not None
        and (name in shared_starts(estimator)
             or all(np.shape(leaf)[:1] == (estimator.n_components,) for leaf in tree.leaves(value)))
        for name, value in starting_parameters(estimator).items()
    )  # fmt: skip


def _heaviest(estimator: MixtureEstimator) -> np.ndarray:
    return np.argsort(-estimator.weights_, kind="stable")


def _most_promising(neighbour: MixtureEstimator, rows: Rows, more: int) -> dict[int, Any]:
    """The ``more`` components whose halves gain most, with the halves."""
    share, evidence = neighbour.predict_proba(rows.as_fitted), neighbour.score_samples(rows.as_fitted)
    found = []
    for k in _heaviest(neighbour)[: max(TRIED, 2 * more)]:
        weight = rows.sample_weight * share[:, k]
        halves = _halves(neighbour, rows.sample, weight)
        if halves is not None:
            alone = xlogy(share[:, k], share[:, k]) + share[:, k] * (evidence - np.log(neighbour.weights_[k]))
            gain = halves.score(rows.sample, sample_weight=weight) * weight.sum() - rows.sample_weight @ alone
            found.append((gain, int(k), halves))
    found.sort(key=lambda one: -one[0])
    return {k: halves for _, k, halves in found[:more]}


def _halves(neighbour: MixtureEstimator, sample: TableLike, weight: np.ndarray) -> Any:
    """Two components of the same kind fitted to weighted rows, or None where they cannot be or degenerate."""
    pair = cast(Any, clone(neighbour)).set_params(
        n_components=2, n_init=2, **dict.fromkeys(starting_parameters(neighbour))
    )
    with suppress(ValueError):
        fit = _fit(pair, Rows(sample, weight, None))
        return None if fit.degenerate else fit.estimator
    return None


def _parted(neighbour: MixtureEstimator, halves: dict[int, Any]) -> dict[str, Any]:
    """Starting parameters with components replaced by their halves; None stands for the component itself, twice."""
    kept = [k for k in range(neighbour.n_components) if k not in halves]

    def joined(whole: np.ndarray, *pairs: Any) -> np.ndarray:
        return np.concatenate([np.asarray(whole)[kept], *pairs])

    return {
        name: whole
        if name in shared_starts(neighbour)
        else tree.map_leaves(joined, whole, *(_pair(name, whole, k, pair) for k, pair in halves.items()))
        for name, whole in starting_parameters(neighbour).items()
    }


def _pair(name: str, whole: np.ndarray, k: int, halves: Any) -> Any:
    if name == "weights_init":
        return whole[k] * (np.full(2, 0.5) if halves is None else halves.weights_)
    if halves is None:
        return tree.map_leaves(lambda leaf: np.repeat(np.asarray(leaf)[k : k + 1], 2, axis=0), whole)
    return starting_parameters(halves)[name]
