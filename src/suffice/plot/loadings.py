"""Loadings of factors on columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.plot.canvas import axes_or_new, shortened, tidy, wanted_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedFactors

MOST_COLUMNS = 60
MOST_FACTORS = 30


class LoadingsDisplay:
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
        check_is_fitted(estimator, "loadings_")
        given = feature_names if feature_names is not None else getattr(estimator, "feature_names_in_", None)
        scale = np.sqrt(np.diagonal(estimator.get_covariance()))[:, None]
        return cls(loadings=estimator.loadings_ / scale, feature_names=None if given is None else list(given)).plot(
            ax=ax
        )

    def shown(self) -> list[int]:
        """Positions of the columns that are drawn, in their order."""
        largest = np.argsort(-np.abs(self.loadings).max(1), kind="stable")[:MOST_COLUMNS]
        return sorted(largest.tolist())

    def plot(self, *, ax: Axes | None = None) -> LoadingsDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        shown = self.shown()
        part = self.loadings[shown, :MOST_FACTORS]
        ax = axes_or_new(ax, (2.5 + 0.4 * part.shape[1], 0.8 + 0.2 * len(shown)))
        most = np.abs(part).max() or 1.0
        image = ax.imshow(part, cmap="RdBu", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
        ax.set_xticks(np.arange(part.shape[1]), [str(j) for j in range(part.shape[1])])
        ax.set_yticks(np.arange(len(shown)), [shortened(self.feature_names[j], 24) for j in shown])
        bar = ax.figure.colorbar(image, ax=ax, fraction=0.05, pad=0.02)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
        tidy(ax)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        self.ax_, self.figure_ = ax, ax.figure
        return self
