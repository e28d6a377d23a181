"""How the estimates of log Z from both ends come together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import INK, PALETTE
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Dots, Line, Mark, Rule, Segments
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.rbm.fitted import FittedRBM


class AnnealingDisplay(Display):
    """log Z by annealed importance sampling and by its reverse against the number of temperatures, with two standard errors.

    Parameters
    ----------
    temperatures
        Numbers of temperatures, (n,).
    forward, reverse
        log Z in nats and its standard error for each of them, (n, 2).
    exact
        log Z where it is known.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import AnnealingDisplay
    >>> display = AnnealingDisplay(temperatures=[10, 100], forward=[[7, 1], [8, 0.2]], reverse=[[9, 1], [8.1, 0.2]])
    >>> display.plot(ax=Figure().subplots()).ax_.get_xscale()
    'log'
    """

    def __init__(
        self, *, temperatures: ArrayLike, forward: ArrayLike, reverse: ArrayLike, exact: float | None = None
    ) -> None:
        self.temperatures, self.exact = np.asarray(temperatures), exact
        self.forward, self.reverse = np.asarray(forward, dtype=float), np.asarray(reverse, dtype=float)

    @classmethod
    def from_estimator(
        cls, estimator: FittedRBM, *, temperatures: Sequence[int] = (30, 100, 300, 1000), ax: Axes | None = None
    ) -> AnnealingDisplay:
        """Run both annealings of a fitted RBM with each number of temperatures, and draw them; what it keeps stays as it was."""
        check_shown(cls, estimator, "an RBM of suffice", "log_partition", "log_partitions_")
        kept = dict(estimator.log_partitions_)
        found = {
            method: [estimator.log_partition(method, n_temperatures=count)[:2] for count in temperatures]
            for method in ("ais", "reverse_ais")
        }
        estimator.log_partitions_ = kept
        exact = estimator.log_partition("exact").value if estimator.model_.enumerable else None
        display = cls(temperatures=temperatures, forward=found["ais"], reverse=found["reverse_ais"], exact=exact)
        return display.plot(ax=ax)

    @np.errstate(over="ignore", invalid="ignore")
    def panel(self) -> Panel:
        """The picture, undrawn."""
        marks: list[Mark] = []
        told = ("from the base rate", "from the model")
        for colour, values, label in zip(PALETTE, (self.forward, self.reverse), told, strict=False):
            begin, end = (np.stack([self.temperatures, values[:, 0] + 2 * side * values[:, 1]], 1) for side in (-1, 1))
            marks += [
                Segments(begin, end, colour, 1.4),
                Line(self.temperatures, values[:, 0], colour, 1.6, label=label),
                Dots(self.temperatures, values[:, 0], colour, 4.0),
            ]
        if self.exact is not None:
            marks.append(Rule(INK, y=self.exact, width=1.0, dash="--", label="exact"))
        return Panel(marks, Axis("temperatures", log=True), Axis("log Z (nats)"), legend="inside")
