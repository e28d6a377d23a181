"""Energy models: modules that give an energy to a state, learned with ``suffice.fit.contrast``."""

from suffice.energy.ais import LogPartition, annealed_importance_sampling
from suffice.energy.categorical_rbm import CategoricalRBM
from suffice.energy.gaussian_rbm import GaussianRBM
from suffice.energy.mixing import Mixing, mixing
from suffice.energy.rbm import RBM, RBMStatistics
from suffice.energy.restored import Restored

__all__ = [
    "RBM",
    "CategoricalRBM",
    "GaussianRBM",
    "LogPartition",
    "Mixing",
    "RBMStatistics",
    "Restored",
    "annealed_importance_sampling",
    "mixing",
]
