"""How the components of a mixture begin: one value that every mixture gives, from which its start and its prior follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from suffice.estimators.mixtures.parts import Part, Parts
from suffice.fit.ranking import Found
from suffice.latent.begin import from_shares
from suffice.latent.collapsed import NOTHING, by_columns
from suffice.latent.families.columns import Columns
from suffice.latent.families.family import Family
from suffice.latent.families.gaussian_with_noise import GaussianWithNoise
from suffice.latent.given import Given
from suffice.latent.mixture import Mixture, MixturePrior
from suffice.latent.noise_box import NoiseBox, box_around
from suffice.latent.noise_start import beside_noise
from suffice.latent.sketch import sketched, sketched_sparse
from suffice.latent.starts import Start
from suffice.rows.bounds import column_bounds
from suffice.rows.principal_axes import deviations_of_axes
from suffice.rows.sparse import SparseRows
from suffice.rows.survey import Survey
from suffice.runtime.module import replaced
from suffice.runtime.road import computed_by
from suffice.runtime.types import ArrayLike
from suffice.validation import check_covariance, check_shape

ROUNDING = 1e-6
"""Share of a row that a component may lack of one row's weight."""
LEAST_WEIGHT = "held less than one row's weight"

FromShares = Callable[[Any, np.ndarray, np.ndarray, np.ndarray, MixturePrior], tuple[np.ndarray, Any]]
"""Weights and components from blank ones, rows, their weights, responsibilities and a prior, as ``from_shares``."""


def has_collapsed(found: Found) -> bool:
    """Whether components are degenerate because they collapsed."""
    return any(len(components) for what, components in found.items() if what != LEAST_WEIGHT)


def takes_all(overview: Survey) -> None:
    """No rows are refused beyond those that every mixture refuses."""


def goes_on(components: Any) -> None:
    """No components of the family and its size are refused."""


def usable(family: type[Family], name: str, values: ArrayLike | None, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of this shape that the family's parameters, or means of its columns, can have."""
    array = check_shape(name, values, shape)
    wrong = family.refused_parameter(name.removesuffix("_init"), array)
    if wrong is not None:
        raise ValueError(f"{name} {wrong}.")
    return array


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """How components begin whose columns are of the families that ``parts`` says.

    ``put_in`` puts the parameters ``given`` into components measured from an origin; where not all are, the others come
    ``from_rows``. The prior is ``strength`` rows like all rows, but for their mean and covariance where these are given, and
    ``floor`` a share of local variances. Starting responsibilities meet ``start_strength`` such rows, unless variances have a
    floor. Where any linear map of the columns leads to components of the family they are ``oblique``: groups are looked for in
    any direction. ``always_sampled`` asks for a sample of the rows even where no start does, ``check`` refuses rows that do not
    do, ``check_resumed`` fitted components that cannot be gone on from. With ``noise``, uniform over a ``box`` that ``seeing``
    rows gives, of this volume if it is no truth value, the noise is one component more. Rows along principal axes have
    ``deviations`` (D,).
    """

    parts: Parts
    given: Given
    from_rows: bool
    put_in: Callable[[Any, np.ndarray | None], Any]
    strength: float = 0.0
    floor: float = 0.0
    prior_mean: ArrayLike | None = None
    prior_covariance: ArrayLike | None = None
    start_strength: float = 1.0
    from_shares: FromShares = from_shares
    oblique: bool = False
    always_sampled: bool = False
    noise: bool | float = False
    box: NoiseBox | None = None
    deviations: np.ndarray | None = None
    check: Callable[[Survey], None] = takes_all
    check_resumed: Callable[[Any], None] = goes_on

    def prior(self, overview: Survey, origin: np.ndarray | None) -> Any:
        """What maximisation adds to rows centred on ``origin``."""
        return self._prior(self.parts.columns(overview, origin), origin)

    def _prior(self, columns: Sequence[Columns], origin: np.ndarray | None) -> Any:
        if self.prior_mean is not None:
            columns = [self._about_prior_mean(about, origin) for about in columns]
        strength = float(self.strength) or None
        priors: list[Any] = [part.family.prior_from(about, strength, self.floor)
                             for part, about in zip(self.parts.each, columns, strict=True)]  # fmt: skip
        if self.prior_covariance is not None:
            priors = [self._with_covariance(prior) for prior in priors]
        return priors[0] if self.parts.alone else tuple(priors)

    def _about_prior_mean(self, about: Columns, origin: np.ndarray | None) -> Columns:
        mean = usable(self.parts.family, "prior_mean", self.prior_mean, about.mean.shape)
        return replace(about, mean=mean if origin is None else mean - origin)

    def _with_covariance(self, prior: Any) -> Any:
        covariance = check_shape("prior_covariance", self.prior_covariance, prior.mean.shape * 2)
        check_covariance("prior_covariance", covariance)
        return replaced(prior, covariance=covariance)

    def start(
        self,
        overview: Survey,
        origin: np.ndarray | None,
        shape: tuple[int, int],
        start: Start,
        weight_prior: MixturePrior,
        generator: np.random.Generator,
    ) -> tuple[np.ndarray, Any]:
        """Weights and components of restarts and components, ``shape``, centred on ``origin``, before what is given is put in."""
        columns = self.parts.columns(overview, origin)
        prior = self._prior(columns, origin)
        shape = shape[0], shape[1] + bool(self.noise)
        if not self.from_rows:
            blank = self.parts.family.overall(columns[0], self._clusters(shape), prior)
            return np.full(shape, 1 / shape[1]), self._beside_noise(blank, origin)
        blank = self._beside_noise(self._blanks(columns, prior, self._clusters(shape)), origin)
        start = beside_noise(start) if self.noise else start
        rows, weight = self.parts.rows(overview), overview.sample_weight
        rows = rows if origin is None else rows - origin
        share = self._shares(rows, weight, columns, shape, start, generator)
        weights, found = self.from_shares(blank, rows, weight, share, weight_prior)
        return weights, replaced(found, prior=prior)

    def _shares(
        self, rows: Any, weight: np.ndarray, columns: list[Columns], shape: tuple[int, int], start: Start,
        generator: np.random.Generator,
    ) -> np.ndarray:  # fmt: skip
        """Responsibilities (R, n, K) to start from; of very many columns a sketch is looked at, by NumPy."""
        if isinstance(rows, SparseRows):
            about, places = columns[0], rows.matrix.indices
            own = replace(about, mean=about.mean[places], variance=about.variance[places])
            cells = self.parts.family.coordinates(rows.matrix.data[None], own)[0]
            seen = sketched_sparse(rows.with_cells(cells).matrix, generator)
        else:
            seen = sketched(rows, lambda part: self.parts.coordinates(part, columns), generator)
        if seen.shape[1] == rows.shape[1]:
            return start(seen, weight, shape[1], shape[0], generator)
        with computed_by("numpy"):
            return start(seen, weight, shape[1], shape[0], generator)

    def degenerate(self, model: Mixture, overview: Survey, named: Callable[[np.ndarray], str]) -> Found:
        """Components of a model that are degenerate, by what is wrong with them; ``named`` gives the names of columns."""
        share = np.asarray(model.weights / model.weights.sum())[: model.clusters]
        components: Any = model.components
        flat = np.zeros((len(share), len(overview.mean)), bool)
        parts = zip(
            self.parts.each,
            [components] if self.parts.alone else components.parts,
            self.parts.columns(overview, None),
            strict=True,
        )
        for part, family, about in parts:
            flat[:, part.among] = family.collapsed(about, self.floor)
        return {LEAST_WEIGHT: np.flatnonzero(share * overview.weight < 1 - ROUNDING), **by_columns(flat, named)}

    @property
    def unbounded(self) -> bool:
        """Whether nothing bounds the likelihood of a component that shrinks to a point."""
        return not (self.floor or self.strength) and any(family.floored for family in self.parts.families)

    def barely_floored(self, model: Mixture, overview: Survey) -> Mixture:
        """A model in which a component that has no spread in the rows can be maximised, and shows it."""
        prior = replace(self, floor=NOTHING / 10).prior(overview, np.zeros_like(overview.mean))
        return replaced(model, components=replaced(model.components, prior=prior))

    def seeing(self, data: Any, weight: np.ndarray | None) -> Beginning:
        """The same with the box of noise around these rows, and the deviations of their columns if they are principal axes."""
        box = box_around(column_bounds(data, weight), self.noise) if self.noise else self.box
        return replace(self, box=box, deviations=deviations_of_axes(data, weight) if self.parts.alone else None)

    def started(self, components: Any, origin: np.ndarray | None) -> Any:
        """Components measured from ``origin`` with the parameters given put in."""
        if not self.noise:
            return self.put_in(components, origin)
        return replaced(components, gaussian=self.put_in(components.gaussian, origin))

    def gone_on(self, components: Any) -> Any:
        """Components of an earlier fit for the rows seen."""
        return replaced(components, box=self.box) if self.noise else components

    def _beside_noise(self, components: Any, origin: np.ndarray | None) -> Any:
        """Components, measured from ``origin``, and the noise after them."""
        if self.box is None:
            return components
        return GaussianWithNoise(components, self.box if origin is None else self.box.translated(-origin))

    def _clusters(self, shape: tuple[int, int]) -> tuple[int, int]:
        return shape[0], shape[1] - bool(self.noise)

    def work(self, overview: Survey, components: int) -> float:
        """Numbers that the rows of the sample become in an E-step of so many components."""
        columns = self.parts.columns(overview, None)
        blank = self._blanks(columns, self._prior(columns, None), (1, components))
        patterns = overview.missing and blank.missing == "patterns"
        return float(len(overview.sample)) * components * blank.numbers_per_row() * (blank.features if patterns else 1)

    def _blanks(self, columns: Sequence[Columns], prior: Any, shape: tuple[int, int]) -> Any:
        """Components like all rows, of all parts."""
        priors = [prior] if self.parts.alone else prior
        return self.parts.joined(
            [self._blank(*each, shape) for each in zip(self.parts.each, columns, priors, strict=True)]
        )

    def _blank(self, part: Part, about: Columns, prior: Any, shape: tuple[int, int]) -> Family:
        """Components like all rows, and what their first maximisation adds."""
        held = prior if part.family.floored else part.family.prior_from(about, self.start_strength, self.floor)
        return part.family.overall(about, shape, held)
