"""Pictures of a fitted model, one ``Display`` a file, as scikit-learn has them.

Every display is made by ``from_estimator`` (or from records, by its constructor), draws with ``plot``, and keeps ``ax_`` and
``figure_``. Matplotlib is imported when something is drawn.
"""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.plot.annealing import AnnealingDisplay
    from suffice.plot.chains import ChainDisplay
    from suffice.plot.ellipse import EllipseDisplay
    from suffice.plot.energy import EnergyDisplay
    from suffice.plot.filters import FilterDisplay
    from suffice.plot.frequency import FrequencyDisplay
    from suffice.plot.imputed import ImputedDisplay
    from suffice.plot.learning import LearningDisplay
    from suffice.plot.loadings import LoadingsDisplay
    from suffice.plot.marginal import MarginalDisplay
    from suffice.plot.missingness import MissingnessDisplay
    from suffice.plot.mistakes import MistakesDisplay
    from suffice.plot.parameter import ParameterDisplay
    from suffice.plot.reconstruction import ReconstructionDisplay
    from suffice.plot.responsibility import ResponsibilityDisplay
    from suffice.plot.scree import ScreeDisplay
    from suffice.plot.selection import SelectionDisplay
    from suffice.plot.trace import TraceDisplay
    from suffice.plot.training import TrainingDisplay
    from suffice.plot.weights import WeightsDisplay

export_lazily(__name__)
