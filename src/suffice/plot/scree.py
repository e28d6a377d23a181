"""Eigenvalues of the rows' covariance, beside the noise that a factor model leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, PALETTE
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Dots, Line, Mark, Rule
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedFactors

MOST = 40


class ScreeDisplay(Display):
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
        return cls.of(estimator).plot(ax=ax)

    @classmethod
    def of(cls, estimator: FittedFactors) -> ScreeDisplay:
        """The numbers of a fitted factor model, undrawn."""
        check_shown(cls, estimator, "a factor model of suffice", "eigenvalues_", "loadings_")
        noise = None if np.ndim(estimator.noise_variance_) else float(estimator.noise_variance_)
        return cls(eigenvalues=estimator.eigenvalues_, n_components=estimator.loadings_.shape[1], noise_variance=noise)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        values = self.eigenvalues[:MOST]
        place, kept = np.arange(1, len(values) + 1), np.arange(len(values)) < self.n_components
        marks: list[Mark] = [
            Line(place, values, PALETTE[0], 1.4),
            Dots(place[kept], values[kept], PALETTE[0], 5.0),
            Dots(place[~kept], values[~kept], PALETTE[0], 5.0, hollow=True),
        ]
        if self.noise_variance is not None:
            marks.append(Rule(FAINT, y=self.noise_variance, dash="--"))
        return Panel(marks, Axis("component", whole=True), Axis("eigenvalue", low=min(0.0, values.min(initial=0.0))))
