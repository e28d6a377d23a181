"""Energy models: modules that give an energy to a state, learned with ``suffice.fit.contrast``."""

from suffice.energy.rbm import RBM, RBMStatistics
from suffice.energy.restored import Restored

__all__ = ["RBM", "RBMStatistics", "Restored"]
