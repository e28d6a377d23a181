"""The log-likelihood of every restart, iteration by iteration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, PALETTE
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Dots, Line, Mark
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import Climbed


class TraceDisplay(Display):
    """Log-likelihood per row against the iteration, one line for each restart, the best one in colour.

    The axis leaves out the first steep climb where it would hide how the restarts differ.

    Parameters
    ----------
    traces
        One sequence of log-likelihoods per row (nats) for each restart.
    kept
        Where the restart that is kept ended; None is the highest.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    best_
        Index of the restart that is kept.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import TraceDisplay
    >>> ax = Figure().subplots()
    >>> TraceDisplay(traces=[[-3.0, -2.5, -2.4], [-3.1, -2.9, -2.8]]).plot(ax=ax).best_
    0
    """

    def __init__(self, *, traces: Sequence[ArrayLike], kept: float | None = None) -> None:
        self.traces = [np.atleast_1d(np.asarray(trace, dtype=float)) for trace in traces]
        self.kept = kept

    @classmethod
    def from_estimator(cls, estimator: Climbed, *, ax: Axes | None = None) -> TraceDisplay:
        """Draw the traces that ``estimator.fit`` kept, on ``ax`` or a new figure."""
        return cls.of(estimator).plot(ax=ax)

    @classmethod
    def of(cls, estimator: Climbed) -> TraceDisplay:
        """The traces that ``estimator.fit`` kept, undrawn."""
        check_shown(cls, estimator, "a mixture or factor model of suffice", "traces_", "lower_bound_")
        return cls(traces=estimator.traces_, kept=estimator.lower_bound_)

    @property
    def best_(self) -> int:
        """Index of the restart that is kept."""
        ends = np.array([_last(trace) for trace in self.traces])
        return int(np.argmax(ends) if self.kept is None else np.argmin(np.abs(ends - self.kept)))

    def panel(self) -> Panel:
        """The picture, undrawn."""
        others = [trace for index, trace in enumerate(self.traces) if index != self.best_]
        marks: list[Mark] = [Line(np.arange(len(trace)), trace, FAINT, 1.1) for trace in others]
        best = self.traces[self.best_]
        marks.append(Line(np.arange(len(best)), best, PALETTE[0], 2.2))
        marks.append(Dots(np.array([len(best) - 1]), best[-1:], PALETTE[0], 5.0))
        low, high = self._reach()
        return Panel(marks, Axis("iteration", whole=True), Axis("log-likelihood per row (nats)", low, high))

    def _reach(self) -> tuple[float, float]:
        ends = [_last(trace) for trace in self.traces]
        top, low = max(ends), min([_last(trace[: _early(trace) + 1]) for trace in self.traces] + ends)
        room = 0.08 * (top - low) or 1e-3
        return low - room, top + room


def _last(trace: np.ndarray) -> float:
    finite = trace[np.isfinite(trace)]
    return float(finite[-1]) if len(finite) else -np.inf


def _early(trace: np.ndarray) -> int:
    """The iteration from which on the axis shows everything: the first tenth is the climb from a poor start."""
    return max(0, min(len(trace) - 1, -(-len(trace) // 10))) if len(trace) > 5 else 0
