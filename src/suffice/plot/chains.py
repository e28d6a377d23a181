"""Markov chains over time, as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.plot.canvas import INK, axes_or_new
from suffice.plot.mosaic import check_images, mosaic, show
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.rbm.fitted import FittedRBM


class ChainDisplay:
    """One row of images for each chain, one column for each time.

    Parameters
    ----------
    states
        (times, chains, D).
    steps
        How many steps each time is after the start.
    image_shape
        (height, width) with height x width = D.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import ChainDisplay
    >>> display = ChainDisplay(states=np.zeros((2, 3, 4)), steps=[0, 10], image_shape=(2, 2))
    >>> [text.get_text() for text in display.plot(ax=Figure().subplots()).ax_.texts]
    ['0', '10']
    """

    def __init__(self, *, states: ArrayLike, steps: Sequence[int], image_shape: tuple[int, ...]) -> None:
        self.images, self.steps = check_images(states, image_shape), list(steps)
        if self.images.ndim != 4 or len(self.steps) != len(self.images):
            raise ValueError(f"states of {len(self.images)} times were given for {len(self.steps)} steps")

    @classmethod
    def from_estimator(
        cls, estimator: FittedRBM, X: TableLike, *, image_shape: tuple[int, ...], steps: Sequence[int] = (0, 1, 10, 100, 1000),
        ax: Axes | None = None,
    ) -> ChainDisplay:  # fmt: skip
        """Run chains of a fitted RBM from the rows X and draw them after each number of steps."""
        check_is_fitted(estimator)
        states, done = [np.asarray(X, dtype=float)], steps[0]
        if done:
            states = [estimator.gibbs(states[0], done)]
        for step in steps[1:]:
            states.append(estimator.gibbs(states[-1], step - done))
            done = step
        return cls(states=np.stack(states), steps=steps, image_shape=image_shape).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> ChainDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        times, chains, height, width = self.images.shape
        ax = axes_or_new(ax, (1.1 * times + 0.3, 1.1 * chains * height / width + 0.4))
        in_rows = np.swapaxes(self.images, 0, 1).reshape(-1, height, width)
        show(ax, mosaic(in_rows, times), cmap="gray_r")
        for place, step in enumerate(self.steps):
            ax.text((place + 0.5) * (width + 1), -1, f"{step:,}", ha="center", va="bottom", fontsize=9, color=INK)
        self.ax_, self.figure_ = ax, ax.figure
        return self
