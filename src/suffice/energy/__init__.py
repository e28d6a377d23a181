"""Energy models: modules that give an energy to a state, learned with ``suffice.fit.contrast``."""

from suffice.energy.rbm import RBM, RBMStatistics

__all__ = ["RBM", "RBMStatistics"]
