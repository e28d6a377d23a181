"""The share of each component."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.plot.canvas import INK, axes_or_new, component_colours, tidy, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedMixture


class WeightsDisplay:
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
        check_is_fitted(estimator)
        return cls(weights=estimator.weights_).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> WeightsDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax)
        n_components = len(self.weights)
        bars = ax.bar(np.arange(n_components), self.weights, color=component_colours(n_components), width=0.75)
        if n_components <= 12:
            ax.bar_label(bars, fmt="{:.3g}", padding=2, fontsize=8, color=INK)
            ax.set_xticks(np.arange(n_components))
        else:
            ax.xaxis.set_major_locator(whole_numbers())
        ax.set_xlabel("component", color=INK)
        ax.set_ylabel("weight", color=INK)
        ax.set_ylim(0, 1.12 * self.weights.max())
        tidy(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self
