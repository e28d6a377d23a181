"""What a selection compares: estimators with their parameters set, in groups that differ in the number of components only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from sklearn.base import clone

from suffice.estimators.factors.base import FactorEstimator
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.comparison import check_parameters, likelihood_of
from suffice.validation import check_count

if TYPE_CHECKING:
    from suffice.estimators.shared.comparison import Compared


@dataclass(frozen=True)
class Candidate:
    """An unfitted estimator and what tells it apart: its family and the parameters searched, by name."""

    estimator: Any
    columns: dict[str, Any]


def candidates(
    estimators: Compared | Sequence[Compared], n_components: Iterable[int] | None, parameters: dict[str, Any]
) -> list[list[Candidate]]:
    """Every combination, a list for each family and setting, with the number of components rising."""
    listed = _listed(estimators)
    grid = {name: _values(name, values, listed) for name, values in parameters.items()}
    counts = None if n_components is None else _counts(_values("n_components", n_components, listed))
    apart = _parameters_apart(listed)
    groups = []
    for estimator in listed:
        own = estimator.get_params()
        for setting in product(*grid.values()):
            chosen = dict(zip(grid, setting, strict=True))
            told = {name: own.get(name) for name in apart} | chosen
            sizes = [own["n_components"]] if counts is None else counts
            groups.append([_candidate(estimator, size, chosen, told) for size in sizes])
    _refuse_other_data([group[0].estimator for group in groups])
    return groups


def _candidate(estimator: Compared, size: int, chosen: dict[str, Any], told: dict[str, Any]) -> Candidate:
    made = cast(Any, clone(estimator)).set_params(n_components=size, **chosen)
    check_parameters(made)
    return Candidate(made, {"family": type(made).__name__, "n_components": size, **told})


def _listed(estimators: Compared | Sequence[Compared]) -> list[Compared]:
    listed: list[Any] = list(estimators) if isinstance(estimators, (list, tuple)) else [estimators]
    wrong = [one for one in listed if not isinstance(one, MixtureEstimator | FactorEstimator)]
    if wrong or not listed:
        what = repr(wrong[0]) if wrong else "An empty list"
        raise ValueError(
            f"{what} was given; a mixture such as GaussianMixture(), a factor model such as PPCA() or a list of them is expected."
        )
    return listed


def _values(name: str, values: Iterable[Any], estimators: list[Any]) -> list[Any]:
    for estimator in estimators:
        if name not in estimator.get_params():
            raise ValueError(
                f"{name!r} is no parameter of {type(estimator).__name__}; the parameters are "
                f"{', '.join(estimator.get_params())}. To search one that only some families have, list an estimator "
                "for each value."
            )
    if isinstance(values, (str, bytes, dict)) or not isinstance(values, Iterable) or not (found := list(values)):
        raise ValueError(f"{name}={values!r} was given; a list of the values to try is expected, such as [{values!r}].")
    return found


def _counts(values: list[Any]) -> list[int]:
    for value in values:
        check_count("n_components", value)
    return sorted({int(value) for value in values})


def _parameters_apart(estimators: list[Any]) -> list[str]:
    """Parameters in which listed estimators of one family differ."""
    return [
        name
        for name in dict.fromkeys(name for one in estimators for name in one.get_params())
        for family in dict.fromkeys(map(type, estimators))
        if len({repr(one.get_params().get(name)) for one in estimators if type(one) is family}) > 1
    ]


def _refuse_other_data(estimators: list[Any]) -> None:
    first = estimators[0]
    for other in estimators[1:]:
        if likelihood_of(other) != likelihood_of(first):
            raise ValueError(
                f"{type(first).__name__} gives a {likelihood_of(first)}, {type(other).__name__} a "
                f"{likelihood_of(other)}: their likelihoods cannot be compared. Select among each of them on its own."
            )
