"""Loss or error of a network, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, PALETTE
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Line, Mark, Rule
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.networks.base import NeuralEstimator

PARTS = ("training", "validation")
LABELS = {"loss": "loss per row (nats)", "error": "share of wrong predictions"}


def epoch_lines(trace: Mapping[str, np.ndarray], labels: Mapping[str, str]) -> list[Mark]:
    """Lines of the figures of a trace that have labels, against the epoch."""
    shown = [(name, label) for name, label in labels.items() if name in trace]
    return [
        Line(trace["epoch"], trace[name], colour, 2.0, label=label)
        for colour, (name, label) in zip(PALETTE, shown, strict=False)
    ]


class TrainingDisplay(Display):
    """Loss or error of training and validation rows against the epoch, in one figure.

    Parameters
    ----------
    trace
        Figures by name, one entry an epoch: ``epoch``, ``training_loss`` and maybe ``validation_loss``, or the same of errors.
    figure
        ``"loss"`` or ``"error"``.
    best_epoch
        The epoch whose weights are kept, marked by a line; None marks none.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import TrainingDisplay
    >>> trace = {"epoch": [0, 1], "training_error": [0.9, 0.2], "validation_error": [0.9, 0.3]}
    >>> display = TrainingDisplay(trace=trace, figure="error").plot(ax=Figure().subplots())
    >>> [line.get_label() for line in display.ax_.lines]
    ['training', 'validation']
    """

    def __init__(self, *, trace: Mapping[str, ArrayLike], figure: str = "loss", best_epoch: int | None = None) -> None:
        if f"training_{figure}" not in trace:
            known = [name.removeprefix("training_") for name in trace if name.startswith("training_")]
            raise ValueError(f"figure={figure!r} is not in the trace; it has {', '.join(known)}.")
        self.trace = {name: np.asarray(values, dtype=float) for name, values in trace.items()}
        self.figure, self.best_epoch = figure, best_epoch

    @classmethod
    def from_estimator(
        cls, estimator: NeuralEstimator, *, figure: str = "loss", ax: Axes | None = None
    ) -> TrainingDisplay:
        """Draw the trace that ``fit`` of an estimator of a network kept, on ``ax`` or a new figure."""
        return cls.of(estimator, figure=figure).plot(ax=ax)

    @classmethod
    def of(cls, estimator: NeuralEstimator, *, figure: str = "loss") -> TrainingDisplay:
        """The trace that ``fit`` of an estimator of a network kept, undrawn."""
        check_shown(cls, estimator, "a network of suffice", "trace_", "best_epoch_")
        best = estimator.best_epoch_ if estimator.best_epoch_ != estimator.n_iter_ else None
        return cls(trace=estimator.trace_, figure=figure, best_epoch=best)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        marks = epoch_lines(self.trace, {f"{part}_{self.figure}": part for part in PARTS})
        if self.best_epoch is not None:
            marks.append(Rule(FAINT, x=self.best_epoch, width=1.5, dash="--", label="weights kept"))
        return Panel(
            marks,
            Axis("epoch", whole=True),
            Axis(LABELS.get(self.figure, self.figure), low=0.0),
            legend="inside" if len(marks) > 1 else "",
        )
