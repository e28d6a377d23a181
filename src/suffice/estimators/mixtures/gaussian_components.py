"""What mixtures of Gaussians share: where they start, their prior, and which components have collapsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.begin import weights_from
from suffice.latent.collapsed import COLLAPSED, collapsed
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.gaussian import Gaussian, GaussianPrior
from suffice.latent.given import GivenParameters
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey
from suffice.validation import check_at_least, check_memory, check_shape, check_varying


@dataclass(eq=False, repr=False, kw_only=True)
class GaussianComponents(MixtureEstimator):
    """Base of the mixtures of Gaussians."""

    reg_covar: float = 1e-6
    means_init: Any = None
    precisions_init: Any = None
    prior_mean: Any = None
    prior_covariance: Any = None

    covariance_type: str = field(init=False)
    _least_rows: ClassVar[int] = 2

    @property
    def _input(self) -> PlainColumns:
        return PlainColumns(self, least_rows=2)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_at_least("reg_covar", self.reg_covar, 0.0)

    def _check_size(self, overview: Survey) -> None:
        super()._check_size(overview)
        features = len(overview.mean)
        if self.covariance_type in ("full", "tied"):
            check_memory(self.n_components * self.n_init if self.covariance_type == "full" else 1, features)
        if self.reg_covar == 0 and self.precisions_init is None:
            check_varying(self._input.named(np.flatnonzero(overview.constant)))

    def _start(self, overview: Survey, origin: Any, restarts: int, generator: Any) -> Mixture:
        scale = self._scale(overview)
        shape = (restarts, self.n_components, len(scale))
        overall = {"full": np.broadcast_to(np.diag(scale), (*shape, shape[-1])),
                   "tied": np.broadcast_to(np.diag(scale), (restarts, shape[-1], shape[-1])),
                   "diag": np.broadcast_to(scale, shape), "spherical": np.full(shape[:2], scale.mean())}  # fmt: skip
        blank = self._family()(np.zeros(shape), overall[self.covariance_type], self._prior(overview, origin))
        weights = np.full(shape[:2], 1 / self.n_components)
        if self.means_init is None or self.precisions_init is None or self.weights_init is None:
            weights, blank = self._from_sample(blank, overview, origin, scale, restarts, generator)
        return Mixture(weights_from(self.weights_init, weights), self._with_given(blank, origin), self._mixture_prior())

    def _first_origin(self, overview: Survey) -> np.ndarray:
        return overview.mean

    def _family(self) -> type[Gaussian]:
        return GAUSSIANS[self.covariance_type]

    def _given(self) -> GivenParameters:
        values = {"weights": self.weights_init, "means": self.means_init, "covariances": self.precisions_init}
        return GivenParameters(values, {"covariances": "precisions_init"}, self._own_value)

    def _own_value(self, name: str, values: Any) -> np.ndarray:
        values = np.array(values, float)
        return self._inverse(values, "precisions_init") if name == "covariances" else values

    def _likelihood_of(self) -> str:
        return "density of real numbers"

    def _shared_starts(self) -> tuple[str, ...]:
        return ("precisions_init",) if self.covariance_type == "tied" else ()

    def _scale(self, overview: Survey) -> np.ndarray:
        return np.where(overview.constant, 1.0, overview.variance)

    def _prior(self, overview: Survey, origin: Any) -> GaussianPrior:
        scale = self._scale(overview)
        features = len(scale)
        mean = overview.mean if self.prior_mean is None else check_shape("prior_mean", self.prior_mean, (features,))
        covariance = np.diag(scale) if self.prior_covariance is None else (
            check_shape("prior_covariance", self.prior_covariance, (features, features)))  # fmt: skip
        return GaussianPrior(float(self.prior_strength) or None, mean - origin, covariance, self.reg_covar * scale)

    def _from_sample(
        self, blank: Gaussian, overview: Survey, origin: Any, scale: np.ndarray, restarts: int, generator: Any
    ) -> tuple[np.ndarray, Gaussian]:
        """Weights and components after one maximisation from the starting responsibilities of the sample."""
        centred = overview.filled - origin
        unit = np.sqrt(scale.mean() if self.covariance_type == "spherical" else scale)
        return self._from_shares(blank, centred / unit, centred, overview.sample_weight, restarts, generator)

    def _with_given(self, components: Gaussian, origin: Any) -> Gaussian:
        """Components with the parameters that were given put in."""
        means, covariances = components.means, components.covariances
        if self.means_init is not None:
            given = check_shape("means_init", self.means_init, means.shape[1:])
            means = np.broadcast_to(given - origin, means.shape)
        if self.precisions_init is not None:
            given = check_shape("precisions_init", self.precisions_init, covariances.shape[1:])
            covariances = np.broadcast_to(self._inverse(given, "precisions_init"), covariances.shape)
        return type(components)(means, covariances, components.prior)

    def _inverse(self, matrices: np.ndarray, name: str) -> np.ndarray:
        whole = self.covariance_type in ("full", "tied")
        positive = np.linalg.eigvalsh(matrices) > 0 if whole else matrices > 0
        if not positive.all() or (whole and not np.allclose(matrices, np.swapaxes(matrices, -1, -2))):
            raise ValueError(f"{name} must be symmetric and positive definite.")
        return np.linalg.inv(matrices) if whole else 1 / matrices

    def _parameters(self, model: Mixture) -> dict[str, Any]:
        components: Any = model.components
        means, covariances = np.asarray(components.means), np.asarray(components.covariances)
        whole = self.covariance_type in ("full", "tied")
        precisions = np.linalg.inv(covariances) if whole else 1 / covariances
        if "covariances" in model.frozen:
            precisions = np.array(self.precisions_init, float)
        return {"means_": means, "covariances_": covariances, "precisions_": precisions}

    def _degenerate_components(self, model: Mixture, overview: Survey) -> dict[str, np.ndarray]:
        components: Any = model.components
        flat = collapsed(
            components.covariances, self.covariance_type, overview.variance, overview.constant, self.reg_covar
        )
        flat = np.broadcast_to(flat, model.weights.shape)
        return {**super()._degenerate_components(model, overview), COLLAPSED: np.flatnonzero(flat)}
