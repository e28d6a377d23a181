"""Kinds of columns, and the family of each."""

from __future__ import annotations

from suffice.latent.families.bernoulli import Bernoulli
from suffice.latent.families.categorical import Categorical
from suffice.latent.families.constrained_gaussian import DiagonalGaussian
from suffice.latent.families.exponential import Exponential
from suffice.latent.families.family import Family
from suffice.latent.families.negative_binomial import NegativeBinomial
from suffice.latent.families.poisson import Poisson

LEFT_OUT = "left-out"
"""The kind of columns of which a model says nothing, as of one category that every cell is in."""

KINDS: dict[str, type[Family]] = {
    family.kind: family for family in (DiagonalGaussian, Bernoulli, Categorical, Poisson, Exponential, NegativeBinomial)
}
"""In the order in which mixed tables put them. Of Gaussians the one whose columns are independent."""
KINDS[LEFT_OUT] = Categorical
