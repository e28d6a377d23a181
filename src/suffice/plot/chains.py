"""Markov chains over time, as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import INK
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Image, Words, cells
from suffice.plot.mosaic import check_images, mosaic
from suffice.plot.panel import Axis, Panel
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.rbm.fitted import FittedRBM


class ChainDisplay(Display):
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
        check_shown(cls, estimator, "an RBM of suffice", "gibbs")
        states, done = [np.asarray(X, dtype=float)], steps[0]
        if done:
            states = [estimator.gibbs(states[0], done)]
        for step in steps[1:]:
            states.append(estimator.gibbs(states[-1], step - done))
            done = step
        return cls(states=np.stack(states), steps=steps, image_shape=image_shape).plot(ax=ax)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        times, chains, height, width = self.images.shape
        sheet = mosaic(np.swapaxes(self.images, 0, 1).reshape(-1, height, width), times)
        seen = sheet[np.isfinite(sheet)]
        image = Image(sheet, "gray_r", cells(sheet), float(seen.min(initial=0.0)), float(seen.max(initial=0.0)) or 1.0)
        places = [(place + 0.5) * (width + 1) for place in range(times)]
        words = Words(places, [-1.0] * times, [f"{step:,}" for step in self.steps], INK, 9.0, level="bottom")
        above = -1.5 - 0.25 * height
        return Panel(
            [image, words],
            y=Axis(low=len(sheet) - 0.5, high=above),
            size=(1.1 * times + 0.3, 1.1 * chains * height / width + 0.4),
            bare=True,
            square=True,
        )
