"""Components of a fitted mixture in two: whose halves raise the log-likelihood most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from scipy.special import softmax
from sklearn.base import clone

from suffice.estimators.mixtures.beginning import ROUNDING, Beginning
from suffice.estimators.mixtures.start import FitRows, surveyed_for
from suffice.estimators.shared.attributes import set_attributes
from suffice.estimators.shared.comparison import starting_parameters
from suffice.fit.restarts import restarts_at
from suffice.latent.begin import mixture_prior
from suffice.latent.halving import CUTS, cut_in_two
from suffice.latent.mixture import Mixture
from suffice.latent.readers import LogJoint, read
from suffice.latent.shared_rows import SharedRows
from suffice.model import EStep
from suffice.rows.base import Place
from suffice.rows.place import place
from suffice.rows.survey import Survey
from suffice.runtime import tree
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import scope, to_numpy
from suffice.runtime.road import computed_by
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from suffice.estimators.mixtures.base import MixtureEstimator


ITERATIONS = 6
"""Iterations of all halves."""
MOST = 1 << 24
"""Parameters of the halves that are tried side by side."""


def most_promising_halves(
    mixture: MixtureEstimator, X: TableLike, weight: np.ndarray, components: np.ndarray, count: int
) -> dict[int, Any]:
    """The ``count`` of these components whose halves gain most, with the halves as estimators; fewer where too few can be.

    Two components fitted to rows that are weighted with the responsibilities of one raise the log-likelihood, in its place, by
    at least what they gain.
    """
    with one_blas_thread(), computed_by("numpy"), scope("float64"):
        pair, found = _two_of(mixture), []
        for group in np.array_split(components, _rounds(mixture, len(components))):
            cuts, halves = _cut(mixture, pair, X, weight, group)
            best = cuts.best(cuts.climbed(halves), count)
            found += [(best.gains[place], int(group[own]), cuts.fitted(pair, best.model, place))
                      for place, own in enumerate(best.groups)]  # fmt: skip
    found.sort(key=lambda one: -one[0])
    return {component: halves for _, component, halves in found[:count]}


def _rounds(mixture: MixtureEstimator, components: int) -> int:
    """In how many rounds halves are tried, so that their parameters are no more numbers than ``MOST``."""
    numbers = sum(leaf.size / (len(leaf) if len(leaf) == len(mixture.weights_) else 1)
                  for leaf in map(np.atleast_1d, tree.leaves(mixture.model_.components)))  # fmt: skip
    return int(np.clip(np.ceil(2 * CUTS * components * numbers / MOST), 1, components))


class _Halves(NamedTuple):
    """Pairs of components (R, 2), the number of the group that each divides (R,), and what each gains (R,)."""

    model: Mixture
    groups: np.ndarray
    gains: np.ndarray

    def among(self, chosen: list[int]) -> _Halves:
        """Some of them."""
        return _Halves(restarts_at(self.model, chosen), self.groups[chosen], self.gains[chosen])


@dataclass(frozen=True)
class _Cuts:
    """Groups of ``rows``, each a share of every row, that halves divide.

    Each group has a weight and, ``alone``, a log-likelihood (G,) as one component. Rows are measured from ``origin``.
    """

    rows: Place
    weights: np.ndarray
    alone: np.ndarray
    kind: Beginning
    overview: Survey
    origin: np.ndarray | None

    def climbed(self, halves: _Halves) -> _Halves:
        """Halves after some iterations, and what they gained before the last maximisation."""
        model, gains = halves.model, halves.gains
        for _ in range(ITERATIONS):
            sums = self.rows.total(SharedRows(EStep(model, model.needs_centring()), halves.groups))
            gains, model = np.asarray(sums.log_likelihood) - self.alone[halves.groups], model.maximize(sums)
        return _Halves(to_numpy(model), halves.groups, gains)

    def best(self, halves: _Halves, count: int) -> _Halves:
        """The best sound halves of so many groups, those first that gain most."""
        chosen: dict[int, int] = {}
        for one in np.argsort(-np.where(np.isfinite(halves.gains), halves.gains, -np.inf), kind="stable").tolist():
            group = int(halves.groups[one])
            if len(chosen) < count and group not in chosen and self._are_sound(halves, one):
                chosen[group] = one
        return halves.among(list(chosen.values()))

    def _are_sound(self, halves: _Halves, one: int) -> bool:
        model = restarts_at(halves.model, one)
        light = self.weights[halves.groups[one]] * model.weights < 1 - ROUNDING
        found = self.kind.degenerate(model, self.overview, str)
        return bool(np.isfinite(halves.gains[one])) and not light.any() and not any(map(len, found.values()))

    def fitted(self, pair: Any, model: Mixture, place: int) -> Any:
        """An estimator of the halves at a place."""
        model = restarts_at(model if self.origin is None else model.translated(self.origin), place)
        return set_attributes(clone(pair), pair._input.known() | pair._attributes(model))


def _two_of(mixture: MixtureEstimator) -> Any:
    """An unfitted estimator of two components of the same kind, without noise, that knows the columns."""
    noise = {"noise": False} if "noise" in mixture.get_params() else {}
    starts = dict.fromkeys(starting_parameters(mixture))
    pair = cast(Any, clone(mixture)).set_params(n_components=2, n_init=1, **noise, **starts)
    return set_attributes(pair, mixture._input.known())


def _cut(
    mixture: MixtureEstimator, pair: Any, X: TableLike, weight: np.ndarray, components: np.ndarray
) -> tuple[_Cuts, _Halves]:
    """The components' shares of a sample of the rows, and where their halves start."""
    (data,) = pair._input.batches(X)
    kind, generator = pair._beginning().seeing(data, weight), pair._generator()
    overview = surveyed_for(pair, pair._input, kind, FitRows(data, weight, None), generator)
    share, alone = _shares(mixture.model_, overview, components)
    origin, groups = kind.parts.origin(overview), np.repeat(np.arange(len(components)), CUTS)
    prior = mixture_prior(mixture.weight_concentration_prior)
    weights, found = kind.start(overview, origin, (len(groups), 2), cut_in_two(share), prior, generator)
    start = Mixture(weights, kind.started(found, origin), prior)
    rows = overview.sample if origin is None else overview.sample - origin
    placed = place((rows, share), overview.sample_weight, precision="float64", tile=start.tile, width=start.width,
                   missing=start.missing if overview.missing else None)  # fmt: skip
    cuts = _Cuts(placed, overview.sample_weight @ share, alone, kind, overview, origin)
    return cuts, _Halves(start, groups, np.zeros(len(groups)))


def _shares(model: Mixture, overview: Survey, components: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Responsibilities (n, G) of the components for the sample's rows, and the log-likelihoods (G,) of these shares."""
    log_joint = read(model, [overview.sample], LogJoint)
    share = softmax(log_joint, axis=1)[:, components]
    log_density = log_joint[:, components] - np.asarray(model.log_weights)[components]
    return share, overview.sample_weight @ np.where(share > 0, share * log_density, 0.0)
