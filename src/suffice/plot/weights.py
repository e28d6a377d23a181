"""The share of each component."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, INK, component_colours
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Bars, Mark, Words
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedMixture


class WeightsDisplay(Display):
    """One bar for the weight of each component, in the component's colour, and a grey one for that of noise.

    Parameters
    ----------
    weights
        (K,), shares that sum to one, with that of noise where there is some.
    noise_weight
        The share of noise, or None.

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

    def __init__(self, *, weights: ArrayLike, noise_weight: float | None = None) -> None:
        self.weights, self.noise_weight = np.asarray(weights, dtype=float), noise_weight

    @classmethod
    def from_estimator(cls, estimator: FittedMixture, *, ax: Axes | None = None) -> WeightsDisplay:
        """Draw ``estimator.weights_`` on ``ax`` or a new figure."""
        return cls.of(estimator).plot(ax=ax)

    @classmethod
    def of(cls, estimator: FittedMixture) -> WeightsDisplay:
        """The weights of a fitted mixture, undrawn."""
        check_shown(cls, estimator, "a mixture", "weights_", "predict_proba")
        return cls(weights=estimator.weights_, noise_weight=getattr(estimator, "noise_weight_", None))

    def panel(self) -> Panel:
        """The picture, undrawn."""
        noise = [] if self.noise_weight is None else [self.noise_weight]
        shares, colours = np.append(self.weights, noise), [*component_colours(len(self.weights)), *[FAINT] * len(noise)]
        place = np.arange(len(shares))
        marks: list[Mark] = [Bars(place - 0.375, place + 0.375, np.zeros(len(shares)), shares, colours)]
        few = len(shares) <= 12
        if few:
            texts = [f"{share:.3g}" for share in shares]
            marks.append(Words(place, shares, texts, INK, 8.0, level="bottom", beside=(0, 2)))
        high = 1.12 * float(shares.max(initial=0.0)) or 1.0
        return Panel(marks, self._components(few), Axis("weight", 0.0, high))

    def _components(self, few: bool) -> Axis:
        """The axis on which noise has its name; of many components it is the last, without one."""
        count = len(self.weights)
        if not few or self.noise_weight is None:
            return Axis("component", ticks=np.arange(count) if few else None, whole=True)
        return Axis("component", ticks=np.arange(count + 1), names=[*map(str, range(count)), "noise"])
