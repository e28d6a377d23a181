"""The share of each component."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import INK, component_colours
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Bars, Mark, Words
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedMixture


class WeightsDisplay(Display):
    """One bar for the weight of each component, in the component's colour.

    Parameters
    ----------
    weights
        (K,), shares that sum to one.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import WeightsDisplay
    >>> len(WeightsDisplay(weights=[0.2, 0.8]).plot(ax=Figure().subplots()).ax_.patches)
    2
    """

    def __init__(self, *, weights: ArrayLike) -> None:
        self.weights = np.asarray(weights, dtype=float)

    @classmethod
    def from_estimator(cls, estimator: FittedMixture, *, ax: Axes | None = None) -> WeightsDisplay:
        """Draw ``estimator.weights_`` on ``ax`` or a new figure."""
        return cls.of(estimator).plot(ax=ax)

    @classmethod
    def of(cls, estimator: FittedMixture) -> WeightsDisplay:
        """The weights of a fitted mixture, undrawn."""
        check_shown(cls, estimator, "a mixture", "weights_", "predict_proba")
        return cls(weights=estimator.weights_)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        count = len(self.weights)
        place, colours = np.arange(count), component_colours(count)
        marks: list[Mark] = [Bars(place - 0.375, place + 0.375, np.zeros(count), self.weights, colours)]
        few = count <= 12
        if few:
            texts = [f"{weight:.3g}" for weight in self.weights]
            marks.append(Words(place, self.weights, texts, INK, 8.0, level="bottom", beside=(0, 2)))
        high = 1.12 * float(self.weights.max(initial=0.0)) or 1.0
        return Panel(marks, Axis("component", ticks=place if few else None, whole=True), Axis("weight", 0.0, high))
