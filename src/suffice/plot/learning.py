"""Training and validation error, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.display import Display, check_shown
from suffice.plot.panel import Axis, Panel
from suffice.plot.training import epoch_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import Learned

LABELS = {"reconstruction": "training", "validation_reconstruction": "validation"}


class LearningDisplay(Display):
    """Reconstruction cross-entropy of training and validation rows against the epoch, in one figure.

    Parameters
    ----------
    trace
        Figures by name, one entry an epoch: ``epoch``, ``reconstruction`` and maybe ``validation_reconstruction``.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import LearningDisplay
    >>> trace = {"epoch": [1, 2], "reconstruction": [9.0, 7.0], "validation_reconstruction": [9.5, 8.0]}
    >>> [line.get_label() for line in LearningDisplay(trace=trace).plot(ax=Figure().subplots()).ax_.lines]
    ['training', 'validation']
    """

    def __init__(self, *, trace: Mapping[str, ArrayLike]) -> None:
        self.trace = {name: np.asarray(values, dtype=float) for name, values in trace.items()}

    @classmethod
    def from_estimator(cls, estimator: Learned, *, ax: Axes | None = None) -> LearningDisplay:
        """Draw the trace that ``estimator.fit`` kept, on ``ax`` or a new figure."""
        return cls.of(estimator).plot(ax=ax)

    @classmethod
    def of(cls, estimator: Learned) -> LearningDisplay:
        """The trace that ``estimator.fit`` kept, undrawn."""
        check_shown(cls, estimator, "an RBM or network of suffice", "trace_")
        return cls(trace=estimator.trace_)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        marks = epoch_lines(self.trace, LABELS)
        label = "reconstruction cross-entropy per row (nats)"
        return Panel(marks, Axis("epoch", whole=True), Axis(label), legend="inside" if len(marks) > 1 else "")
