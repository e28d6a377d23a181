"""The rows that a classifier is most wrongly sure of, as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import INK, shortened
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Image, Mark, Words
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import Classifying

MOST_ROWS, ACROSS = 24, 8
CAPTION = 0.42
"""Height of the words under a picture, in pictures."""


class MistakesDisplay(Display):
    """Images that were given a wrong class, those of the largest wrong probability first and at most 24 of them.

    Under each are its class and, after an arrow, the one that it was given.

    Parameters
    ----------
    images
        ``(n, height, width)``, or channel-first ``(n, channels, height, width)`` with 1 or 3 channels.
    target
        Their classes ``(n,)``.
    probability
        ``(n, classes)``.
    classes
        The classes, in the order of the columns of ``probability``.

    Attributes
    ----------
    shown_
        Which rows are shown, the surest first.
    ax_, figure_
        Where they were drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import MistakesDisplay
    >>> said = [[0.9, 0.1], [0.3, 0.7], [0.8, 0.2]]
    >>> display = MistakesDisplay(images=np.zeros((3, 2, 2)), target=["a", "a", "b"], probability=said, classes=["a", "b"])
    >>> display.plot(ax=Figure().subplots()).shown_
    array([2, 1])
    """

    def __init__(self, *, images: ArrayLike, target: ArrayLike, probability: ArrayLike, classes: ArrayLike) -> None:
        self.images, self.target = _as_pictures(np.asarray(images, dtype=float)), np.asarray(target)
        self.probability, self.classes = np.asarray(probability, dtype=float), np.asarray(classes)
        self.found, sure = self.classes[self.probability.argmax(1)], self.probability.max(1)
        wrong = np.flatnonzero(self.found != self.target)
        self.shown_ = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST_ROWS]

    @classmethod
    def from_estimator(
        cls,
        estimator: Classifying,
        X: ArrayLike,
        y: ArrayLike,
        *,
        image_shape: tuple[int, ...] | None = None,
        ax: Axes | None = None,
    ) -> MistakesDisplay:
        """Draw rows X, (n, D) or images, of classes y, on ``ax`` or a new figure; ``image_shape`` is of one row."""
        return cls.of(estimator, X, y, image_shape=image_shape).plot(ax=ax)

    @classmethod
    def of(
        cls, estimator: Classifying, X: ArrayLike, y: ArrayLike, *, image_shape: tuple[int, ...] | None = None
    ) -> MistakesDisplay:
        """Rows X, (n, D) or images, of classes y, undrawn."""
        check_shown(cls, estimator, "a classifier", "classes_", "predict_proba")
        shape = image_shape or getattr(estimator, "image_shape_", None) or np.shape(X)[1:]
        probability = estimator.predict_proba(X)
        return cls(images=np.reshape(X, (-1, *shape)), target=y, probability=probability, classes=estimator.classes_)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        down = max(1, -(-len(self.shown_) // ACROSS))
        low, high = float(self.images.min(initial=0)), float(self.images.max(initial=1))
        marks: list[Mark] = []
        left, top = np.arange(len(self.shown_)) % ACROSS, np.arange(len(self.shown_)) // ACROSS * (1 + CAPTION)
        for x, y, row in zip(left, top, self.shown_, strict=True):
            marks.append(Image(self.images[row], "gray_r", (x + 0.05, x + 0.95, y + 0.95, y + 0.05), low, high))
        texts = [self._words(row) for row in self.shown_]
        marks.append(Words(left + 0.5, top + 0.98, texts, INK, 7.5, level="top"))
        return Panel(
            marks, Axis(low=0, high=ACROSS), Axis(low=down * (1 + CAPTION), high=0),
            size=(1.15 * ACROSS, 1.15 * (1 + CAPTION) * down), bare=True, square=True,
        )  # fmt: skip

    def _words(self, row: int) -> str:
        target, found = (shortened(str(name), 9) for name in (self.target[row], self.found[row]))
        return f"{target} → {found}\n{_percent(self.probability[row].max())}"


def _percent(share: float) -> str:
    return "> 99.9%" if share > 0.999 else f"{share:.1%}"


def _as_pictures(images: np.ndarray) -> np.ndarray:
    """(n, height, width), or (n, height, width, 3) from 0 to 1."""
    if images.ndim == 4 and images.shape[1] == 1:
        return images[:, 0]
    if images.ndim == 4 and images.shape[1] == 3:
        low, high = images.min(initial=0), images.max(initial=1)
        return np.moveaxis((images - low) / (high - low), 1, -1)
    if images.ndim != 3:
        raise ValueError(
            f"images have shape {images.shape}; (n, height, width) or (n, channels, height, width) with 1 or 3 channels is "
            "expected."
        )
    return images
