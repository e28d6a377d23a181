"""Eigenvalues of the rows' covariance, beside the noise that a factor model leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.plot.canvas import FAINT, INK, PALETTE, axes_or_new, tidy, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedFactors

MOST = 40


class ScreeDisplay:
    """Eigenvalues in falling order, the first 40 of them: those of the fitted components filled, the others hollow.

    Parameters
    ----------
    eigenvalues
        (D,), falling.
    n_components
        How many belong to components.
    noise_variance
        Level of the noise, drawn dashed, or None.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import ScreeDisplay
    >>> display = ScreeDisplay(eigenvalues=[3.0, 1.0, 0.2], n_components=1, noise_variance=0.6)
    >>> display.plot(ax=Figure().subplots()).ax_.get_ylabel()
    'eigenvalue'
    """

    def __init__(self, *, eigenvalues: ArrayLike, n_components: int, noise_variance: float | None = None) -> None:
        self.eigenvalues = np.asarray(eigenvalues, dtype=float)
        self.n_components, self.noise_variance = n_components, noise_variance

    @classmethod
    def from_estimator(cls, estimator: FittedFactors, *, ax: Axes | None = None) -> ScreeDisplay:
        """Draw a fitted factor model, on ``ax`` or a new figure."""
        check_is_fitted(estimator, "eigenvalues_")
        noise = None if np.ndim(estimator.noise_variance_) else float(estimator.noise_variance_)
        return cls(
            eigenvalues=estimator.eigenvalues_, n_components=estimator.loadings_.shape[1], noise_variance=noise
        ).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> ScreeDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax)
        values = self.eigenvalues[:MOST]
        place, kept = np.arange(1, len(values) + 1), np.arange(len(values)) < self.n_components
        ax.plot(place, values, color=PALETTE[0], linewidth=1.4)
        ax.plot(place[kept], values[kept], "o", color=PALETTE[0], markersize=5)
        ax.plot(place[~kept], values[~kept], "o", color=PALETTE[0], markerfacecolor="white", markersize=5)
        if self.noise_variance is not None:
            ax.axhline(self.noise_variance, color=FAINT, linestyle="--", linewidth=1.2)
        ax.set_ylim(bottom=min(0.0, values.min()))
        ax.xaxis.set_major_locator(whole_numbers())
        ax.set_xlabel("component", color=INK)
        ax.set_ylabel("eigenvalue", color=INK)
        tidy(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self
