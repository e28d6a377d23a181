"""Suffice: fit, inspect and check probabilistic, energy-based and small neural models."""

from suffice.estimators.bernoulli_mixture import BernoulliMixture
from suffice.estimators.gaussian_mixture import GaussianMixture
from suffice.outcome import DegenerateComponentWarning, Outcome, Solution
from suffice.total import total

__all__ = [
    "BernoulliMixture",
    "DegenerateComponentWarning",
    "GaussianMixture",
    "Outcome",
    "Solution",
    "total",
]
