"""Exponential families and mixtures of them, as modules."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.latent.factors.linear_gaussian import LinearGaussian, NoiseFloor
    from suffice.latent.families.bernoulli import Bernoulli, BernoulliPrior
    from suffice.latent.families.categorical import Categorical, CategoricalPrior
    from suffice.latent.families.constrained_gaussian import (
        DiagonalGaussian,
        LowRankGaussian,
        PrincipalGaussian,
        SphericalGaussian,
        TiedDiagonalGaussian,
        TiedGaussian,
    )
    from suffice.latent.families.covariances.diagonal import DiagonalCovariance, TiedDiagonalCovariance
    from suffice.latent.families.covariances.factors import FactorCovariance
    from suffice.latent.families.covariances.full import FullCovariance
    from suffice.latent.families.covariances.low_rank import LowRankCovariance
    from suffice.latent.families.covariances.principal import PrincipalCovariance
    from suffice.latent.families.covariances.spherical import SphericalCovariance
    from suffice.latent.families.covariances.tied import TiedCovariance
    from suffice.latent.families.exponential import Exponential, ExponentialPrior
    from suffice.latent.families.factor_gaussian import FactorGaussian
    from suffice.latent.families.gaussian import Gaussian
    from suffice.latent.families.gaussian_prior import GaussianPrior, LowRankPrior
    from suffice.latent.families.gaussian_with_noise import GaussianWithNoise
    from suffice.latent.families.mixed import Mixed
    from suffice.latent.families.negative_binomial import NegativeBinomial, NegativeBinomialPrior
    from suffice.latent.families.poisson import Poisson, PoissonPrior
    from suffice.latent.membership import MembershipMixture
    from suffice.latent.mixture import Mixture, MixturePrior
    from suffice.latent.noise_box import NoiseBox

export_lazily(__name__)
