"""A Gaussian distribution for each class, of one of several types of covariance."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from suffice.latent.collapsed import NOTHING, flat_columns
from suffice.latent.factors.sides import by_factors
from suffice.latent.families.columns import Columns, over_all_classes
from suffice.latent.families.constrained_gaussian import GAUSSIANS, LowRankGaussian, TiedDiagonalGaussian
from suffice.latent.families.covariances.factors import flat_directions
from suffice.latent.families.factor_gaussian import FactorGaussian
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.families.gaussian_prior import GaussianPrior, LowRankPrior
from suffice.latent.forms.natural import Moments
from suffice.latent.wide_classes import Scatter, floored_factors, low_rank_factors
from suffice.runtime.precision import scope
from suffice.validation import check_covariance, check_memory, check_shape, check_varying, matrix_bytes

MUCH = 2**28
"""Bytes of a fit that are worth a warning."""
FAMILIES: dict[str, type[Gaussian]] = {
    "tied_diag": TiedDiagonalGaussian,
    "tied_low_rank": LowRankGaussian,
    **GAUSSIANS,
}


@dataclass(frozen=True)
class GaussianClasses:
    """Gaussians of so many columns, and their prior: ``strength`` rows of the mean and covariance given, or of all rows'."""

    covariance_type: str
    features: int
    strength: float
    reg_covar: float
    prior_mean: Any = None
    prior_covariance: Any = None
    rank: int = 1

    @property
    def family(self) -> type[Gaussian]:
        """The family of this type of covariance."""
        return FAMILIES[self.covariance_type]

    @property
    def whole(self) -> bool:
        """Whether covariances are matrices."""
        return self.covariance_type in ("full", "tied", "tied_low_rank")

    @property
    def unit(self) -> Gaussian:
        """One component about the origin."""
        return self.family(np.zeros((1, self.features)), self.spread_out(np.ones(self.features), 1))

    @property
    def movable(self) -> np.ndarray:
        """Every column may be measured from anywhere, (D,)."""
        return np.ones(self.features, bool)

    def spread_out(self, variances: np.ndarray, count: int) -> np.ndarray:
        """These variances (D,) of the columns as the covariances of so many classes."""
        if self.covariance_type == "spherical":
            return np.full(count, variances.mean())
        own = np.diag(variances) if self.whole else variances
        return own if self.covariance_type.startswith("tied") else np.repeat(own[None], count, 0)

    def overall(self, sums: Moments, centres: np.ndarray) -> Columns:
        """The columns over the rows of all classes, from moments about their centres (K, D)."""
        with scope("float64"):
            return over_all_classes(sums, centres, self.family.structure.covariance_type)

    def among_all(self, overall: Columns, of_classes: Columns) -> Columns:
        """All rows, and floors by the spread within labelled classes."""
        return replace(overall, local=of_classes.local)

    def components(self, overall: Columns, centres: np.ndarray) -> Gaussian:
        """Classes about the centres (K, D), with the prior, and the variances of all rows."""
        check_memory(len(centres) if self.covariance_type == "full" else int(self.whole), self.features)
        if self.reg_covar == 0 and self.strength == 0:
            check_varying(", ".join(map(str, np.flatnonzero(overall.constant))))
        return self.family(centres, self.spread_out(overall.variance, len(centres)), self.prior(overall))

    def takes_rows(self, rows: int) -> bool:
        """Whether so many complete rows tell a shared covariance as factors, without a matrix of columns by columns."""
        suited = self.covariance_type == "tied" or (self.covariance_type == "tied_low_rank" and self.strength == 0)
        plain = suited and self.reg_covar > 0 and self.prior_covariance is None
        return plain and rows < self.features and by_factors(self.features)

    def warn_of_matrix(self, rows: int, *, gaps: bool) -> None:
        """Say what a shared covariance of more columns than rows takes where it is not fitted as factors, if that is much."""
        needed = matrix_bytes(1, self.features)
        if self.covariance_type not in ("tied", "tied_low_rank") or rows >= self.features or needed < MUCH:
            return
        why = "cells are missing" if gaps else "of its parameters, or of where the rows are"
        warnings.warn(
            f"The covariance that the classes share is fitted as a matrix of {self.features} x {self.features}, since {why}: "
            f"about {needed / 2**30:.1f} GiB, and time that grows with the cube of the columns. Fill missing cells by "
            "PPCA(...).impute first, or take MixtureClassifier(MixtureOfPPCA(1)), which keeps factors.",
            UserWarning, stacklevel=6,
        )  # fmt: skip

    def share_of_prior(self, rows: float, count: int, overall: Columns) -> float | None:
        """The share of the prior's rows among so many of so many classes; None where their covariance reaches the floor."""
        prior = self.strength * count
        share = prior / (rows + prior)
        return share if prior == 0 or (share * overall.variance >= overall.least(self.reg_covar)).all() else None

    def prior_place(self, overall: Columns) -> np.ndarray:
        """Where the prior's rows lie, (D,)."""
        return overall.mean if self.prior_mean is None else check_shape("prior_mean", self.prior_mean, (self.features,))

    def of_scatter(self, scatter: Scatter) -> tuple[FactorGaussian, Columns] | None:
        """Classes that share a covariance of factors, and the columns over all rows; None where the prior reaches the floor."""
        overall = scatter.overall()
        share = self.share_of_prior(scatter.counts.sum(), len(scatter.counts), overall)
        if share is None:
            return None
        if share:
            scatter = scatter.with_prior(self.strength, self.prior_place(overall))
            loadings, noise = scatter.deviations.root_of_covariance(), share * overall.variance
        elif self.covariance_type == "tied":
            loadings, noise = floored_factors(scatter.deviations, overall.least(self.reg_covar))
        else:
            self._check_rank()
            loadings, noise = low_rank_factors(scatter.deviations, self.rank, overall.least(self.reg_covar))
        return FactorGaussian(scatter.means, loadings[None], noise[None]), overall

    def shrunk_factors(self, components: FactorGaussian, share: float) -> FactorGaussian:
        """The classes with a share of the covariance replaced by its mean variance in every direction."""
        loadings, noise = np.asarray(components.loadings), np.asarray(components.noise_variance)
        size = np.asarray(components.covariance.by_column()).mean()
        return FactorGaussian(components.means, np.sqrt(1 - share) * loadings, (1 - share) * noise + share * size)

    def prior(self, overall: Columns) -> GaussianPrior:
        """The prior about what is given, or else the mean and variance (D,) of all rows."""
        mean, covariance, features = overall.mean, overall.variance, len(overall.mean)
        if self.prior_mean is not None:
            mean = check_shape("prior_mean", self.prior_mean, (features,))
        if self.prior_covariance is not None:
            covariance = check_shape("prior_covariance", self.prior_covariance, (features, features))
            check_covariance("prior_covariance", covariance)
        given = float(self.strength) or None, mean, covariance, overall.least(self.reg_covar)
        if self.covariance_type != "tied_low_rank":
            return GaussianPrior(*given)
        self._check_rank()
        return LowRankPrior(*given, rank=self.rank)

    def _check_rank(self) -> None:
        if self.rank > self.features:
            raise ValueError(
                f"rank={self.rank} was given for {self.features} columns; at most {self.features} is expected."
            )

    def simpler(self) -> Self:
        """Shared variances of the columns, and a prior about all rows."""
        strength = max(1.0, float(self.strength))
        return replace(self, covariance_type="tied_diag", strength=strength, reg_covar=1e-6, prior_mean=None,
                       prior_covariance=None)  # fmt: skip

    def begun(self, found: Any, overall: Columns) -> Gaussian:
        """Means and variances found, with the prior of these classes."""
        return self.family(found.means, self.spread_out(found.covariances, len(found.means)), self.prior(overall))

    def flat(self, components: Any, overall: Columns, count: int) -> np.ndarray:
        """Which of so many classes have no spread in some direction."""
        least = overall.least(self.reg_covar or NOTHING)
        if isinstance(components, FactorGaussian):
            varying = np.broadcast_to(~overall.constant, least.shape)
            return np.full(count, flat_directions(components.covariance, varying, least).any())
        covariances = np.asarray(components.covariances)
        found = flat_columns(covariances, self.family.structure.covariance_type, ~overall.constant, least).any(-1)
        return np.broadcast_to(found, (count,))

    def shrunk(self, covariances: np.ndarray, share: float | np.ndarray) -> np.ndarray:
        """Covariances with a share of them, or of each its own (K,), replaced by their mean variance in every direction."""
        if not np.any(share) or self.covariance_type == "spherical":
            return covariances
        if not self.whole:
            return (1 - share) * covariances + share * covariances.mean(-1, keepdims=True)
        size = np.trace(covariances, axis1=-2, axis2=-1) / covariances.shape[-1]
        share = np.asarray(share)[..., None, None]
        return (1 - share) * covariances + share * size[..., None, None] * np.eye(covariances.shape[-1])
