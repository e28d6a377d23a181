"""The energy of restored images, sweep by sweep."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, PALETTE
from suffice.plot.display import Display
from suffice.plot.marks import Dots, Line, Mark, Rule
from suffice.plot.panel import Axis, Panel


class EnergyDisplay(Display):
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

    def panel(self) -> Panel:
        """The picture, undrawn."""
        marks: list[Mark] = []
        for index, trace in enumerate(self.trace):
            colour, sweep = PALETTE[index % len(PALETTE)], np.arange(len(trace))
            marks += [Line(sweep, trace, colour, 2.0), Dots(sweep, trace, colour, 3.0, many=True)]
        bounds = [] if self.lower_bound is None else self.lower_bound
        marks += [Rule(FAINT, y=float(bound), dash="--") for bound in bounds]
        return Panel(marks, Axis("sweep", whole=True), Axis("energy"), size=(6.0, 4.0))
