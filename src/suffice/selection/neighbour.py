"""Fits of one candidate: from its own starts, and from a mixture of fewer components with some of these in two."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.mixtures.halves import most_promising_halves
from suffice.estimators.shared.comparison import is_free, shared_starts, starting_parameters
from suffice.fit.ranking import ranking
from suffice.outcome import DegenerateComponentWarning
from suffice.runtime import tree
from suffice.selection.rows import Rows

if TYPE_CHECKING:
    from suffice.estimators.mixtures.base import MixtureEstimator
    from suffice.estimators.shared.comparison import Compared


TRIED = 8
"""Components, heaviest first, whose split is tried."""
DRAWS = 10
"""Starts from rows drawn at random, where components degenerate from all others."""
STARTED = {
    "own": "Its own start",
    "split": "The start from fewer components, of which some were split,",
    "rows": "A start from rows drawn at random",
    "twins": "The start from fewer components, of which some were taken twice,",
}
"""Where a fit started, in words."""


@dataclass(frozen=True)
class Fit:
    """A fitted estimator, where it started, whether its components are ``sound``, and what is to be said of components."""

    estimator: Any
    start: str
    sound: bool
    note: str


def best_fit(estimator: Compared, rows: Rows, neighbour: Fit | None) -> Fit:
    """The fit ranked first: of the estimator's own starts, and of the neighbour with components split."""
    attempts = _Attempts(estimator, rows, [_fit(estimator, rows)])
    more = 0 if neighbour is None else _more(estimator, neighbour.estimator)
    if neighbour is not None and more:
        attempts.begin("split", lambda: _split(neighbour.estimator, rows, more))
    if not attempts.best.sound and _draws_rows(estimator):
        attempts.begin("rows", lambda: {"init_params": "random_from_data", "n_init": DRAWS})
    if neighbour is not None and more and attempts.best.sound and _best([attempts.best, neighbour]) is neighbour:
        attempts.begin("twins", lambda: _twins(neighbour.estimator, more))
    return attempts.outcome()


@dataclass
class _Attempts:
    """Fits of one candidate from several starts, and what is to be said of starts that failed."""

    estimator: Any
    rows: Rows
    fits: list[Fit]
    failed: list[str] = field(default_factory=list)

    def begin(self, start: str, parameters: Callable[[], dict[str, Any] | None]) -> None:
        """One more fit, with these parameters if there are any; where it cannot be made, the others stand."""
        try:
            if (chosen := parameters()) is not None:
                self.fits.append(_fit(self.estimator, self.rows, start, {"n_init": 1, **chosen}))
        except ValueError as error:
            self.failed.append(f"{STARTED[start]} failed: {error}")

    @property
    def best(self) -> Fit:
        """That which is ranked first."""
        return _best(self.fits)

    def outcome(self) -> Fit:
        """The best one with the traces of all, and notes on those that ended higher or failed."""
        best = self.best
        best.estimator.traces_ = [trace for fit in self.fits for trace in fit.estimator.traces_]
        higher = [fit for fit in self.fits if fit.estimator.lower_bound_ > best.estimator.lower_bound_]
        aside = [f"{STARTED[fit.start]} ended higher and was set aside: {fit.note}" for fit in higher]
        return replace(best, note=" ".join(note for note in [best.note, *aside, *self.failed] if note))


def components_left(fit: Fit) -> int:
    """How many components the fit has: fewer than were asked for where degenerate ones were removed."""
    return len(getattr(fit.estimator, "weights_", range(fit.estimator.n_components)))


def sound_or(fit: Fit | None, other: Fit | None) -> Fit | None:
    """A fit if there is one and it is sound, else the other."""
    return fit if fit is not None and fit.sound else other


def _best(fits: list[Fit]) -> Fit:
    ends = np.array([fit.estimator.lower_bound_ for fit in fits])
    return fits[ranking(ends, np.array([fit.sound for fit in fits]))[0]]


def _more(estimator: Compared, neighbour: Any) -> int:
    """How many components more than the neighbour has; 0 where it is no start, or would have to be split twice."""
    if not _can_start(neighbour):
        return 0
    more = estimator.n_components - len(neighbour.weights_)
    return more if 0 < more <= len(neighbour.weights_) else 0


def _split(neighbour: Any, rows: Rows, more: int) -> dict[str, Any] | None:
    """Starting parameters with the ``more`` most promising components split; None where too few can be."""
    halves = _most_promising(neighbour, rows, more)
    return _parted(neighbour, halves) if len(halves) == more else None


def _twins(neighbour: Any, more: int) -> dict[str, Any]:
    """Starting parameters with the ``more`` heaviest components taken twice."""
    return _parted(neighbour, dict.fromkeys(map(int, _heaviest(neighbour)[:more])))


def _draws_rows(estimator: Compared) -> bool:
    """Whether it is a mixture that starts from the rows alone."""
    given = [estimator.get_params()[name] for name in starting_parameters(estimator)]
    return is_free(estimator) and all(value is None for value in given)


def _fit(estimator: Compared, rows: Rows, start: str = "own", parameters: dict[str, Any] | None = None) -> Fit:
    """A fitted copy, which keeps the estimator's parameters wherever it started."""
    settings = estimator.get_params(deep=False)
    changed = {"verbose": 0, **(parameters or {})}
    copy = cast(Any, clone(estimator)).set_params(**changed)
    with _listening() as sentences:
        copy.fit(rows.rows, sample_weight=rows.weight)
    copy.set_params(**{name: settings[name] for name in changed})
    return Fit(copy, start, not sentences, getattr(copy, "degenerate_", " ".join(sentences)))


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
             or all(len(leaf) == len(estimator.weights_) for leaf in tree.leaves(value)))
        for name, value in starting_parameters(estimator).items()
    )  # fmt: skip


def _heaviest(estimator: MixtureEstimator) -> np.ndarray:
    return np.argsort(-estimator.weights_, kind="stable")


def _most_promising(neighbour: MixtureEstimator, rows: Rows, more: int) -> dict[int, Any]:
    """The ``more`` components whose halves gain most, with the halves."""
    tried = _heaviest(neighbour)[: max(TRIED, 2 * more)]
    return most_promising_halves(neighbour, rows.as_fitted, rows.sample_weight, tried, more)


def _parted(neighbour: MixtureEstimator, halves: dict[int, Any]) -> dict[str, Any]:
    """Starting parameters with components replaced by their halves; None stands for the component itself, twice."""
    kept = [k for k in range(len(neighbour.weights_)) if k not in halves]

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
