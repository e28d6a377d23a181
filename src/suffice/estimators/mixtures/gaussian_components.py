"""What mixtures of Gaussians share: where they start, their prior, and which components have collapsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import numpy as np

from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.estimators.shared.rows import PlainColumns
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.families.family import Family
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.families.gaussian_prior import GaussianPrior
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

    def _prior(self, overview: Survey, origin: Any) -> GaussianPrior:
        columns = self._columns(overview, origin)
        prior = Gaussian.prior_from(columns, float(self.prior_strength) or None, self.reg_covar)
        if self.prior_mean is not None:
            mean = check_shape("prior_mean", self.prior_mean, columns.mean.shape) - origin
            prior = eqx.tree_at(lambda p: p.mean, prior, mean)
        if self.prior_covariance is None:
            return prior
        covariance = check_shape("prior_covariance", self.prior_covariance, prior.covariance.shape)
        return eqx.tree_at(lambda p: p.covariance, prior, covariance)

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

    def _collapsed(self, components: Family, overview: Survey) -> np.ndarray:
        return components.collapsed(self._columns(overview, None), self.reg_covar)
