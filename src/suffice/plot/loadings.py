"""Loadings of factors on columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import shortened, wanted_columns
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Image, cells
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedFactors

MOST_COLUMNS = 60
MOST_FACTORS = 30


class LoadingsDisplay(Display):
    """A map of loadings, a line for each column and a column for each factor: blue positive, red negative.

    Of many columns the 60 with the largest loadings are shown, of many factors the first 30.

    Parameters
    ----------
    loadings
        (D, k).
    feature_names
        D names.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import LoadingsDisplay
    >>> display = LoadingsDisplay(loadings=[[1.0], [-0.5]], feature_names=["height", "mass"])
    >>> [label.get_text() for label in display.plot(ax=Figure().subplots()).ax_.get_yticklabels()]
    ['height', 'mass']
    """

    def __init__(self, *, loadings: ArrayLike, feature_names: list[str] | None = None) -> None:
        self.loadings = np.asarray(loadings, dtype=float)
        self.feature_names = wanted_columns(feature_names, len(self.loadings))

    @classmethod
    def from_estimator(
        cls, estimator: FittedFactors, *, feature_names: list[str] | None = None, ax: Axes | None = None
    ) -> LoadingsDisplay:
        """Draw a fitted factor model, each column's loadings in its standard deviations, on ``ax`` or a new figure."""
        return cls.of(estimator, feature_names=feature_names).plot(ax=ax)

    @classmethod
    def of(cls, estimator: FittedFactors, *, feature_names: list[str] | None = None) -> LoadingsDisplay:
        """The loadings of a fitted factor model, each column's in its standard deviations, undrawn."""
        check_shown(cls, estimator, "a factor model of suffice", "loadings_", "model_")
        given = feature_names if feature_names is not None else getattr(estimator, "feature_names_in_", None)
        scale = np.sqrt(estimator.model_.variances())[:, None]
        return cls(loadings=estimator.loadings_ / scale, feature_names=None if given is None else list(given))

    def shown(self) -> list[int]:
        """Positions of the columns that are drawn, in their order."""
        largest = np.argsort(-np.abs(self.loadings).max(1), kind="stable")[:MOST_COLUMNS]
        return sorted(largest.tolist())

    def panel(self) -> Panel:
        """The picture, undrawn."""
        shown = self.shown()
        part = self.loadings[shown, :MOST_FACTORS]
        most = float(np.abs(part).max(initial=0.0)) or 1.0
        image = Image(part, "RdBu", cells(part), -most, most)
        factors, names = range(part.shape[1]), [shortened(self.feature_names[j], 24) for j in shown]
        longest = max(map(len, names), default=0)
        return Panel(
            [image],
            Axis(ticks=factors, names=list(map(str, factors)), plain=True),
            Axis(low=len(shown) - 0.5, high=-0.5, ticks=range(len(shown)), names=names, plain=True),
            size=(min(9.6, 2.3 + 0.07 * longest + 0.5 * part.shape[1]), 0.9 + 0.21 * len(shown)),
            scale=image,
        )
