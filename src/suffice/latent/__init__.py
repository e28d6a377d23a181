"""Exponential families and mixtures of them, as modules."""

from suffice.latent.bernoulli import Bernoulli, BernoulliPrior
from suffice.latent.categorical import Categorical, CategoricalPrior
from suffice.latent.constrained_gaussian import DiagonalGaussian, SphericalGaussian, TiedDiagonalGaussian, TiedGaussian
from suffice.latent.gaussian import Gaussian, GaussianPrior
from suffice.latent.linear_gaussian import LinearGaussian, NoiseFloor
from suffice.latent.low_rank import LowRankGaussian, LowRankPrior
from suffice.latent.mixed import Mixed
from suffice.latent.mixture import Mixture, MixturePrior
from suffice.latent.poisson import Poisson, PoissonPrior
from suffice.latent.principal_gaussian import PrincipalGaussian

__all__ = [
    "Bernoulli",
    "BernoulliPrior",
    "Categorical",
    "CategoricalPrior",
    "DiagonalGaussian",
    "Gaussian",
    "GaussianPrior",
    "LinearGaussian",
    "LowRankGaussian",
    "LowRankPrior",
    "Mixed",
    "Mixture",
    "MixturePrior",
    "NoiseFloor",
    "Poisson",
    "PoissonPrior",
    "PrincipalGaussian",
    "SphericalGaussian",
    "TiedDiagonalGaussian",
    "TiedGaussian",
]
