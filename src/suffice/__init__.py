"""Suffice: fit, inspect and check probabilistic, energy-based and small neural models."""

from suffice.estimators.bernoulli_mixture import BernoulliMixture
from suffice.estimators.gaussian_mixture import GaussianMixture
from suffice.files import FileError, load, save
from suffice.outcome import DegenerateComponentWarning, Outcome, Solution
from suffice.total import total

__all__ = [
    "BernoulliMixture",
    "DegenerateComponentWarning",
    "FileError",
    "GaussianMixture",
    "Outcome",
    "Solution",
    "load",
    "save",
    "total",
]
