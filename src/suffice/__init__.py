"""Suffice: fit, inspect and check probabilistic, energy-based and small neural models.

Modules and loops are in ``suffice.latent``, ``suffice.energy``, ``suffice.nets`` and ``suffice.fit``, readers in
``suffice.data``, pictures in ``suffice.plot``. Names below are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suffice.estimators.autoencoder import Autoencoder
    from suffice.estimators.bernoulli_mixture import BernoulliMixture
    from suffice.estimators.categorical_mixture import CategoricalMixture
    from suffice.estimators.denoising_autoencoder import DenoisingAutoencoder
    from suffice.estimators.factor_analysis import FactorAnalysis
    from suffice.estimators.gaussian_classifier import GaussianClassifier
    from suffice.estimators.gaussian_mixture import GaussianMixture
    from suffice.estimators.ising_denoiser import IsingDenoiser
    from suffice.estimators.mixed_mixture import MixedMixture
    from suffice.estimators.mixture_classifier import MixtureClassifier
    from suffice.estimators.mixture_of_ppca import MixtureOfPPCA
    from suffice.estimators.naive_bayes import NaiveBayes
    from suffice.estimators.neural_classifier import NeuralClassifier
    from suffice.estimators.poisson_mixture import PoissonMixture
    from suffice.estimators.potts_denoiser import PottsDenoiser
    from suffice.estimators.ppca import PPCA
    from suffice.estimators.rbm import RBM
    from suffice.estimators.rbm_classifier import RBMClassifier
    from suffice.estimators.rbm_stack import RBMStack
    from suffice.files import FileError, load, save
    from suffice.outcome import DegenerateComponentWarning, Outcome, SaturatedUnitWarning, Solution
    from suffice.row_sum import total
    from suffice.selection import Selection, select

__all__ = [
    "PPCA",
    "RBM",
    "Autoencoder",
    "BernoulliMixture",
    "CategoricalMixture",
    "DegenerateComponentWarning",
    "DenoisingAutoencoder",
    "FactorAnalysis",
    "FileError",
    "GaussianClassifier",
    "GaussianMixture",
    "IsingDenoiser",
    "MixedMixture",
    "MixtureClassifier",
    "MixtureOfPPCA",
    "NaiveBayes",
    "NeuralClassifier",
    "Outcome",
    "PoissonMixture",
    "PottsDenoiser",
    "RBMClassifier",
    "RBMStack",
    "SaturatedUnitWarning",
    "Selection",
    "Solution",
    "load",
    "save",
    "select",
    "total",
]

_HOMES = {
    "estimators.autoencoder": ["Autoencoder"],
    "estimators.bernoulli_mixture": ["BernoulliMixture"],
    "estimators.categorical_mixture": ["CategoricalMixture"],
    "estimators.denoising_autoencoder": ["DenoisingAutoencoder"],
    "estimators.factor_analysis": ["FactorAnalysis"],
    "estimators.gaussian_classifier": ["GaussianClassifier"],
    "estimators.gaussian_mixture": ["GaussianMixture"],
    "estimators.ising_denoiser": ["IsingDenoiser"],
    "estimators.mixed_mixture": ["MixedMixture"],
    "estimators.mixture_classifier": ["MixtureClassifier"],
    "estimators.mixture_of_ppca": ["MixtureOfPPCA"],
    "estimators.naive_bayes": ["NaiveBayes"],
    "estimators.neural_classifier": ["NeuralClassifier"],
    "estimators.poisson_mixture": ["PoissonMixture"],
    "estimators.potts_denoiser": ["PottsDenoiser"],
    "estimators.ppca": ["PPCA"],
    "estimators.rbm": ["RBM"],
    "estimators.rbm_classifier": ["RBMClassifier"],
    "estimators.rbm_stack": ["RBMStack"],
    "files": ["FileError", "load", "save"],
    "outcome": ["DegenerateComponentWarning", "Outcome", "SaturatedUnitWarning", "Solution"],
    "row_sum": ["total"],
    "selection": ["Selection", "select"],
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"suffice.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'suffice' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
