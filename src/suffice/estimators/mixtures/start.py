"""Where a fit of a mixture starts, and steps with batches go on: from a survey of the rows, or from what was fitted before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from suffice.estimators.mixtures.beginning import Beginning
from suffice.estimators.shared.rows import Input
from suffice.fit.online import Running, expected, resumed, running_at
from suffice.fit.ranking import first_of_the_best, is_sound, judged
from suffice.fit.restarts import restarts_at, restarts_joined
from suffice.fit.start import check_same_model, continued, run_on_sample
from suffice.latent.begin import mixture_prior, sample_size, weights_beside_noise, weights_from
from suffice.latent.known_components import labelled_start, refuse_contradiction
from suffice.latent.mixture import Mixture
from suffice.latent.restrictions import Restrictions, restored, restrictions, tied_start
from suffice.latent.starts import (
    STARTS,
    Start,
    from_axes,
    from_deviations,
    from_kmeans,
    from_random_rows,
    from_stretched,
)
from suffice.outcome import Solution
from suffice.rows.streams import on_host
from suffice.rows.survey import Survey, survey
from suffice.runtime.module import replaced
from suffice.runtime.precision import cast, scope
from suffice.runtime.road import computed_by

if TYPE_CHECKING:
    from suffice.estimators.mixtures.base import MixtureEstimator


TRIES = 4
"""Starts of which the first restart takes the best, beside half as many of each other way; so many from random rows if none is
sound."""
TRIED_WORK = 3e7
"""Most numbers that the sample's rows become for all of these."""


class FitRows(NamedTuple):
    """Rows as a model takes them, their weights, and the codes of their components where some are known."""

    data: Any
    weight: np.ndarray | None
    codes: np.ndarray | None

    @property
    def with_codes(self) -> Any:
        """Rows as an E-step takes them: beside their codes where there are any."""
        return self.data if self.codes is None else (self.data, self.codes)

    def digest(self, overview: Survey) -> str:
        """What tells these rows from others: a digest of their weight, means and variances, and of the components known."""
        told = np.r_[overview.weight, overview.mean, overview.variance, [] if self.codes is None else self.codes]
        return sha256(told.tobytes()).hexdigest()


def surveyed_for(
    mixture: MixtureEstimator, columns: Input, kind: Beginning, rows: FitRows, generator: np.random.Generator
) -> Survey:
    """What the rows look like, and as many of them as a start needs; too few, and empty columns, are refused."""
    overview = survey(on_host(rows.data), rows.weight, _sample_size(mixture, kind), generator)
    least = max(mixture.n_components, columns.least_rows)
    if overview.rows < least:
        raise ValueError(
            f"n_samples={overview.rows} rows were given for n_components={mixture.n_components}; at least {least} rows are "
            "needed: give more rows or fewer components."
        )
    columns.refuse_empty(overview.observed)
    kind.check(overview)
    return overview


def start_of(
    mixture: MixtureEstimator, kind: Beginning, rows: FitRows, overview: Survey, generator: np.random.Generator
) -> tuple[Mixture, np.ndarray | None]:
    """Where a fit of these rows starts, measured from an origin; and this."""
    with scope("float64"):
        origin = kind.parts.origin(overview)
        if rows.codes is None:
            return _first_model(mixture, kind, overview, origin, generator), origin
        first = partial(_first_model, mixture, kind, origin=origin, generator=generator)
        size = 0 if _is_resumed(mixture) else _sample_size(mixture, kind)
        start = labelled_start(first, rows.data, rows.weight, rows.codes, overview, size=size,
                               complete=kind.parts.rows, given=kind.given, origin=origin, generator=generator)  # fmt: skip
        return start, origin


def first_step(mixture: MixtureEstimator, kind: Beginning, batch: FitRows, generator: np.random.Generator) -> Running:
    """Where ``fit`` would start with this batch."""
    overview = surveyed_for(mixture, mixture._input, kind, batch, generator)
    starts, origin = start_of(mixture, kind, batch, overview, generator)
    with scope("float64"):
        starts, best = cast(starts if origin is None else starts.translated(-origin), "float64"), 0
    if mixture.n_init > 1:
        sums = expected(starts, batch.with_codes, np.asarray(batch.weight), origin, mixture.precision)
        best = int(np.nanargmax(sums.log_likelihood))
    return Running(restarts_at(starts, best), origin)


def running_from(mixture: MixtureEstimator, kind: Beginning, batch: FitRows) -> Running:
    """Where the last step, or the fit, has led."""
    model, shape = mixture.model_, (mixture.n_components, batch.data.shape[1])
    check_same_model(model, kind.parts.family, shape, bool(kind.noise), "partial_fit")
    kind.check_resumed(model.components)
    held = restrictions(mixture.frozen, mixture.tied, kind.parts.families, shape, kind.given)
    held.check_held(model, mixture.frozen, mixture.tied)
    if batch.codes is not None:
        refuse_contradiction(model.weights, batch.codes)
    kept = getattr(mixture, "running_statistics_", None)
    if kept is None:
        return running_at(model, getattr(mixture, "effective_rows_", None))
    return resumed(model, kept["origin"], kept["sums"], mixture.effective_rows_, mixture.n_steps_)


def last_objective(mixture: MixtureEstimator, overview: Survey, rows: FitRows) -> float:
    """The objective of the last fit's last iteration, where these rows are gone on with."""
    same = getattr(mixture, "rows_digest_", None) == rows.digest(overview)
    return getattr(mixture, "lower_bound_", -np.inf) if _is_resumed(mixture) and same else -np.inf


def _is_resumed(mixture: MixtureEstimator) -> bool:
    return mixture.warm_start and hasattr(mixture, "model_")


def _sample_size(mixture: MixtureEstimator, kind: Beginning) -> int:
    """Rows to look at; 0 where the start is given."""
    sought = kind.always_sampled or (kind.from_rows and not _is_resumed(mixture))
    return sample_size(mixture.n_components, mixture.n_features_in_) if sought or mixture.degenerate == "restart" else 0


def _first_model(
    mixture: MixtureEstimator,
    kind: Beginning,
    overview: Survey,
    origin: np.ndarray | None,
    generator: np.random.Generator,
) -> Mixture:
    shape = (mixture.n_components, len(overview.mean))
    held = restrictions(mixture.frozen, mixture.tied, kind.parts.families, shape, kind.given)
    if _is_resumed(mixture):
        check_same_model(mixture.model_, kind.parts.family, shape, bool(kind.noise), "warm_start=True")
        kind.check_resumed(mixture.model_.components)
        model = restored(held.hold(mixture.model_), kind.given)
        model = replaced(model, components=kind.gone_on(model.components))
        zero = origin if origin is None else np.zeros_like(origin)
        return continued(model, mixture_prior(mixture.weight_concentration_prior), kind.prior(overview, zero))
    free = not (kind.given.has("weights") or kind.given.names())
    tries = _tries(mixture, kind, overview) if free and mixture.init_params == "kmeans" else 1
    first, further = generator.spawn(TRIES), generator.spawn(mixture.n_init - 1)
    begin = partial(_starts, mixture, kind, overview, origin, held)
    ways = _ways(mixture, kind)
    aside = [way for way in ways[:-1] for _ in range(tries // 2)]
    start = begin([*_each(ways[-1], first[:tries]), *zip(aside, cycle(first), strict=False)])
    if tries > 1:
        start = _best_of(
            start, lambda: begin(_each(from_random_rows, first)), partial(_tried, mixture, kind, overview, origin)
        )
    if further:
        start = restarts_joined([start, *(begin([one]) for one in zip(cycle(ways), further, strict=False))])
    if free and overview.missing and len(overview.sample) >= max(1, _sample_size(mixture, kind)):
        return run_on_sample(start, overview, origin, mixture.tol or 0.0, mixture.precision).model
    return start


def _starts(
    mixture: MixtureEstimator,
    kind: Beginning,
    overview: Survey,
    origin: np.ndarray | None,
    held: Restrictions,
    ways: list[tuple[Start, np.random.Generator]],
) -> Mixture:
    """A start found in each of these ways, which depends on no other."""
    prior, each = mixture_prior(mixture.weight_concentration_prior), (len(ways), mixture.n_components)
    given = weights_beside_noise if kind.noise else weights_from
    weights, found = kind.start(overview, origin, each, _found_by(ways), prior, ways[0][1])
    start = Mixture(given(mixture.weights_init, weights), kind.started(found, origin), prior)
    start = tied_start(held.hold(start), kind.given)
    return start if origin is None else start.translated(origin)


def _found_by(ways: list[tuple[Start, np.random.Generator]]) -> Start:
    """A restart in each of these ways."""

    def start(rows: np.ndarray, weight: np.ndarray, components: int, *_: Any) -> np.ndarray:
        return np.concatenate([way(rows, weight, components, 1, own) for way, own in ways])

    return start


def _each(way: Start, generators: list[np.random.Generator]) -> list[tuple[Start, np.random.Generator]]:
    return [(way, own) for own in generators]


def _ways(mixture: MixtureEstimator, kind: Beginning) -> list[Start]:
    """Ways in which further restarts begin in turn; the last one is that which is asked for."""
    if mixture.init_params != "kmeans":
        return [STARTS[mixture.init_params]]
    as_they_are = [] if kind.deviations is None else [from_deviations(kind.deviations)]
    return [*([from_axes] if kind.oblique else []), *as_they_are, from_stretched, from_kmeans]


def _best_of(starts: Mixture, others: Callable[[], Mixture], tried: Callable[[Mixture], Solution]) -> Mixture:
    """The start that is ranked first when it is tried; one of the others where components degenerate from all of these."""
    solution = tried(starts)
    if is_sound(solution):
        return first_of_the_best(solution)
    other = tried(others())
    return first_of_the_best(other if is_sound(other) else solution)


def _tried(
    mixture: MixtureEstimator, kind: Beginning, overview: Survey, origin: np.ndarray | None, starts: Mixture
) -> Solution:
    """Starts after some iterations on the sample, which is little work."""
    with computed_by("numpy"):
        solution = run_on_sample(starts, overview, origin, mixture.tol or 0.0, mixture.precision)
    ends = [cast(restarts_at(solution.model, number), "float64") for number in range(len(starts.weights))]
    return judged(solution, [kind.degenerate(end, overview, str) for end in ends])


def _tries(mixture: MixtureEstimator, kind: Beginning, overview: Survey) -> int:
    """How many starts are tried for the first restart: several, where that is little work."""
    if mixture.n_components == 1 or not len(overview.sample):
        return 1
    return int(np.clip(TRIED_WORK / kind.work(overview, mixture.n_components), 1, TRIES))
