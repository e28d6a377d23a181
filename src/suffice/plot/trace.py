"""The log-likelihood of every restart, iteration by iteration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.plot.canvas import FAINT, INK, PALETTE, axes_or_new, tidy, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import Climbed


class TraceDisplay:
    """Log-likelihood per row against the iteration, one line for each restart, the best one in colour.

    The axis leaves out the first steep climb where it would hide how the restarts differ.

    Parameters
    ----------
    traces
        One sequence of log-likelihoods per row (nats) for each restart.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    best_
        Index of the restart that ended highest.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import TraceDisplay
    >>> ax = Figure().subplots()
    >>> TraceDisplay(traces=[[-3.0, -2.5, -2.4], [-3.1, -2.9, -2.8]]).plot(ax=ax).best_
    0
    """

    def __init__(self, *, traces: Sequence[ArrayLike]) -> None:
        self.traces = [np.atleast_1d(np.asarray(trace, dtype=float)) for trace in traces]

    @classmethod
    def from_estimator(cls, estimator: Climbed, *, ax: Axes | None = None) -> TraceDisplay:
        """Draw the traces that ``estimator.fit`` kept, on ``ax`` or a new figure."""
        check_is_fitted(estimator)
        return cls(traces=estimator.traces_).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> TraceDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax)
        self.best_ = int(np.argmax([_last(trace) for trace in self.traces]))
        for index, trace in enumerate(self.traces):
            if index != self.best_:
                ax.plot(np.arange(len(trace)), trace, color=FAINT, linewidth=1.1)
        best = self.traces[self.best_]
        ax.plot(np.arange(len(best)), best, color=PALETTE[0], linewidth=2.2)
        ax.plot(len(best) - 1, best[-1], "o", color=PALETTE[0], markersize=5)
        self._label(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _label(self, ax: Axes) -> None:
        ends = [_last(trace) for trace in self.traces]
        top, low = max(ends), min([_last(trace[: _early(trace) + 1]) for trace in self.traces] + ends)
        room = 0.08 * (top - low) or 1e-3
        ax.set_ylim(low - room, top + room)
        ax.set_xlabel("iteration", color=INK)
        ax.set_ylabel("log-likelihood per row (nats)", color=INK)
        ax.xaxis.set_major_locator(whole_numbers())
        ax.ticklabel_format(axis="y", useOffset=False)
        tidy(ax)


def _last(trace: np.ndarray) -> float:
    finite = trace[np.isfinite(trace)]
    return float(finite[-1]) if len(finite) else -np.inf


def _early(trace: np.ndarray) -> int:
    """The iteration from which on the axis shows everything: the first tenth is the climb from a poor start."""
    return max(0, min(len(trace) - 1, -(-len(trace) // 10))) if len(trace) > 5 else 0
