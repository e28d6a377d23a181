"""The energy of restored images, sweep by sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, INK, PALETTE, axes_or_new, tidy, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class EnergyDisplay:
    """Energy against the sweep, a line for each image, and the bound below which no labelling comes, where it is known.

    Parameters
    ----------
    trace
        Energies before the first sweep and after each, (n,), or (B, n) of a batch.
    lower_bound
        A number, (B,) of a batch, or None.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from suffice import IsingDenoiser
    >>> from suffice.plot import EnergyDisplay
    >>> restored = IsingDenoiser(method="icm").denoise(np.eye(5))
    >>> len(EnergyDisplay(trace=restored.trace).plot(ax=Figure().subplots()).ax_.lines)
    1
    """

    def __init__(self, *, trace: ArrayLike, lower_bound: ArrayLike | None = None) -> None:
        self.trace = np.atleast_2d(np.asarray(trace, float))
        self.lower_bound = None if lower_bound is None else np.atleast_1d(np.asarray(lower_bound, float))

    def plot(self, *, ax: Axes | None = None) -> EnergyDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax)
        for index, trace in enumerate(self.trace):
            colour = PALETTE[index % len(PALETTE)]
            ax.plot(np.arange(len(trace)), trace, color=colour, linewidth=2, marker="o", markersize=3)
        for bound in [] if self.lower_bound is None else self.lower_bound:
            ax.axhline(bound, color=FAINT, linestyle="--", zorder=0)
        ax.set_xlabel("sweep", color=INK)
        ax.set_ylabel("energy", color=INK)
        ax.xaxis.set_major_locator(whole_numbers())
        ax.ticklabel_format(axis="y", useOffset=False)
        tidy(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self
