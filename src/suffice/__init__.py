"""Suffice: fit, inspect and check probabilistic, energy-based and small neural models.

Modules and loops are in ``suffice.latent``, ``suffice.energy``, ``suffice.nets`` and ``suffice.fit``, readers in
``suffice.data``, pictures in ``suffice.plot``. Names below are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suffice.estimators.bernoulli_mixture import BernoulliMixture
    from suffice.estimators.categorical_mixture import CategoricalMixture
    from suffice.estimators.factor_analysis import FactorAnalysis
    from suffice.estimators.gaussian_mixture import GaussianMixture
    from suffice.estimators.mixed_mixture import MixedMixture
    from suffice.estimators.mixture_of_ppca import MixtureOfPPCA
    from suffice.estimators.poisson_mixture import PoissonMixture
    from suffice.estimators.ppca import PPCA
    from suffice.files import FileError, load, save
    from suffice.outcome import DegenerateComponentWarning, Outcome, Solution
    from suffice.row_sum import total
    from suffice.selection import Selection, select

__all__ = [
    "PPCA",
    "BernoulliMixture",
    "CategoricalMixture",
    "DegenerateComponentWarning",
    "FactorAnalysis",
    "FileError",
    "GaussianMixture",
    "MixedMixture",
    "MixtureOfPPCA",
    "Outcome",
    "PoissonMixture",
    "Selection",
    "Solution",
    "load",
    "save",
    "select",
    "total",
]

_HOMES = {
    "estimators.bernoulli_mixture": ["BernoulliMixture"],
    "estimators.categorical_mixture": ["CategoricalMixture"],
    "estimators.factor_analysis": ["FactorAnalysis"],
    "estimators.gaussian_mixture": ["GaussianMixture"],
    "estimators.mixed_mixture": ["MixedMixture"],
    "estimators.mixture_of_ppca": ["MixtureOfPPCA"],
    "estimators.poisson_mixture": ["PoissonMixture"],
    "estimators.ppca": ["PPCA"],
    "files": ["FileError", "load", "save"],
    "outcome": ["DegenerateComponentWarning", "Outcome", "Solution"],
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
