"""How sure the model is of its assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import PALETTE
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Bars
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedMixture


class ResponsibilityDisplay(Display):
    """Histogram of the largest responsibility of each row: all at 1 when every row has a clear component.

    Parameters
    ----------
    counts
        (B,), rows (or their weight) in each bin.
    edges
        (B + 1,), bounds of the bins between 0 and 1.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import ResponsibilityDisplay
    >>> display = ResponsibilityDisplay(counts=[2, 6], edges=[0.0, 0.5, 1.0]).plot(ax=Figure().subplots())
    >>> [float(bar.get_height()) for bar in display.ax_.patches]
    [0.25, 0.75]
    """

    def __init__(self, *, counts: ArrayLike, edges: ArrayLike) -> None:
        self.counts, self.edges = np.asarray(counts, dtype=float), np.asarray(edges, dtype=float)

    @classmethod
    def from_estimator(cls, estimator: FittedMixture, X: ArrayLike, *, ax: Axes | None = None) -> ResponsibilityDisplay:
        """Draw the sharpness of ``estimator.predict_proba(X)``, X being (N, D), on ``ax`` or a new figure."""
        return cls.of(estimator, X).plot(ax=ax)

    @classmethod
    def of(cls, estimator: FittedMixture, X: ArrayLike) -> ResponsibilityDisplay:
        """The sharpness of ``estimator.predict_proba(X)``, X being (N, D), undrawn."""
        check_shown(cls, estimator, "a mixture", "weights_", "predict_proba")
        largest = np.asarray(estimator.predict_proba(X)).max(axis=1)
        counts, edges = np.histogram(np.clip(largest, 0, 1), bins=40, range=(0.0, 1.0))
        return cls(counts=counts, edges=edges)

    @np.errstate(over="ignore", invalid="ignore")
    def panel(self) -> Panel:
        """The picture, undrawn."""
        shares = self.counts / max(self.counts.sum(), 1e-300)
        bars = Bars(self.edges[:-1], self.edges[1:], np.zeros(len(shares)), shares, PALETTE[0], edge="white")
        across = Axis("largest responsibility of a row", self._first_edge(), 1.0)
        return Panel([bars], across, Axis("share of rows", low=0.0))

    def _first_edge(self) -> float:
        occupied = np.flatnonzero(self.counts)
        return float(min(0.5, self.edges[occupied[0]])) if len(occupied) else 0.0
