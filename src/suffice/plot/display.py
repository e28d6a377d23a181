"""What all displays are: numbers of a picture, the picture itself, and where it was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sklearn.utils.validation import check_is_fitted

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


def check_shown(display: type[Display], estimator: Any, what: str, *attributes: str) -> None:
    """Refuse an estimator that is not fitted, or that is none of those that a display draws: it lacks what they have."""
    check_is_fitted(estimator)
    lacking = [name for name in attributes if not hasattr(estimator, name)]
    if lacking:
        raise TypeError(
            f"{display.__name__} draws {what}, fitted; a {type(estimator).__name__} was given, which has no {lacking[0]}."
        )
