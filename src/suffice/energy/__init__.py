"""Energy models: modules that give an energy to a state, learned with ``suffice.fit.contrast``."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.energy.grid.restored import Restored
    from suffice.energy.rbm.ais import LogPartition, annealed_importance_sampling
    from suffice.energy.rbm.categorical_rbm import CategoricalRBM
    from suffice.energy.rbm.gaussian_rbm import GaussianRBM
    from suffice.energy.rbm.machine import RBMStatistics
    from suffice.energy.rbm.mixing import Mixing, mixing
    from suffice.energy.rbm.rbm import RBM

export_lazily(__name__)
