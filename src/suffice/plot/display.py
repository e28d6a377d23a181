"""What all displays are: numbers of a picture, the picture itself, and where it was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from suffice.plot.panel import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class Display:
    """The numbers of a picture; a page draws its ``panel`` as SVG, ``plot`` by matplotlib."""

    ax_: Axes
    figure_: Figure | SubFigure

    def panel(self) -> Panel:
        """The picture, undrawn."""
        raise NotImplementedError

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw on ``ax`` or a new figure; returns the display."""
        from suffice.plot.drawing import draw

        panel = self.panel()
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots(figsize=panel.size, layout="constrained")[1]
        draw(panel, ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self
