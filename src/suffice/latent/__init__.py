"""Exponential families and mixtures of them, as modules."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.latent.factors.linear_gaussian import LinearGaussian, NoiseFloor
    from suffice.latent.families.bernoulli import Bernoulli, BernoulliPrior
    from suffice.latent.families.categorical import Categorical, CategoricalPrior
    from suffice.latent.families.constrained_gaussian import (
        DiagonalGaussian,
        SphericalGaussian,
        TiedDiagonalGaussian,
        TiedGaussian,
    )
    from suffice.latent.families.exponential import Exponential, ExponentialPrior
    from suffice.latent.families.gaussian import Gaussian, GaussianPrior
    from suffice.latent.families.low_rank import LowRankGaussian, LowRankPrior
    from suffice.latent.families.mixed import Mixed
    from suffice.latent.families.negative_binomial import NegativeBinomial, NegativeBinomialPrior
    from suffice.latent.families.poisson import Poisson, PoissonPrior
    from suffice.latent.families.principal_gaussian import PrincipalGaussian
    from suffice.latent.mixture import Mixture, MixturePrior

export_lazily(__name__)
