"""Exponential families and mixtures of them, as modules."""

from suffice.latent.bernoulli import Bernoulli, BernoulliPrior
from suffice.latent.constrained_gaussian import DiagonalGaussian, SphericalGaussian, TiedGaussian
from suffice.latent.gaussian import Gaussian, GaussianPrior
from suffice.latent.mixture import Mixture, MixturePrior

__all__ = [
    "Bernoulli",
    "BernoulliPrior",
    "DiagonalGaussian",
    "Gaussian",
    "GaussianPrior",
    "Mixture",
    "MixturePrior",
    "SphericalGaussian",
    "TiedGaussian",
]
