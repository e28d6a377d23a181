"""The parameters of every component as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import INK, INK_ON_LIGHT, shortened, wanted_columns
from suffice.plot.components import centres, deviations, families, of_chances, telling_features
from suffice.plot.components import feature_names as names_of_features
from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Image, Mark, Words, cells
from suffice.plot.panel import Axis, Panel
from suffice.runtime.markup import width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedMixture

MOST_IMAGES = 100
MOST_FEATURES = 40
LONGEST = 30
"""Letters of a slanted name."""
WIDEST, BESIDE = 10.0, 1.5
"""Inches of the widest heat map, and of what stands beside its cells."""


class ParameterDisplay(Display):
    """A heat map, components by columns, or one image for each component when the rows are images.

    Means, rates and shares of categories are shown as deviations from those of the mixture in standard deviations, so that
    columns of different units compare; probabilities of a 1 as they are. Of more than 100 images the 100 of largest
    weight are drawn, of more than 40 columns and categories of tables with labels those that set the components furthest apart.

    Parameters
    ----------
    values
        (K, D).
    weights
        (K,), the order of the images.
    feature_names
        D names, or None.
    image_shape
        (height, width) with height x width = D, or None for a heat map.
    signed
        Whether the values lie on both sides of zero.
    label
        What the colours measure.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import ParameterDisplay
    >>> display = ParameterDisplay(values=[[0.1, 0.9]], weights=[1.0], label="probability")
    >>> [text.get_text() for text in display.plot(ax=Figure().subplots()).ax_.get_xticklabels()]
    ['x0', 'x1']
    """

    def __init__(
        self,
        *,
        values: ArrayLike,
        weights: ArrayLike,
        label: str,
        signed: bool = False,
        feature_names: list[str] | None = None,
        image_shape: tuple[int, ...] | None = None,
    ) -> None:
        self.values, self.weights = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
        self.label, self.signed = label, signed
        self.feature_names = wanted_columns(feature_names, self.values.shape[1])
        self.image_shape = image_shape
        if image_shape is not None and (len(image_shape) != 2 or np.prod(image_shape) != self.values.shape[1]):
            raise ValueError(f"image_shape {image_shape} is not (height, width) of {self.values.shape[1]} columns")

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture,
        *,
        feature_names: list[str] | None = None,
        image_shape: tuple[int, ...] | None = None,
        ax: Axes | None = None,
    ) -> ParameterDisplay:
        """Draw the parameters on ``ax`` or a new figure; ``feature_names`` are of the columns."""
        return cls.of(estimator, feature_names=feature_names, image_shape=image_shape).plot(ax=ax)

    @classmethod
    def of(
        cls,
        estimator: FittedMixture,
        *,
        feature_names: list[str] | None = None,
        image_shape: tuple[int, ...] | None = None,
    ) -> ParameterDisplay:
        """The parameters, undrawn; ``feature_names`` are of the columns."""
        check_shown(cls, estimator, "a mixture", "weights_", "n_features_in_")
        known = getattr(estimator, "feature_names_in_", None)
        given = feature_names if feature_names is not None or known is None else list(known)
        names = names_of_features(estimator, wanted_columns(given, estimator.n_features_in_))
        signed = not of_chances(estimator) and image_shape is None
        shown = shown_features(estimator)
        return cls(
            values=(deviations(estimator) if signed else centres(estimator))[:, shown],
            weights=estimator.weights_,
            label="sd from the mean" if signed else families(estimator)[0].centre_name,
            signed=signed,
            feature_names=[names[j] for j in shown],
            image_shape=image_shape,
        )

    def panel(self) -> Panel:
        """The picture, undrawn."""
        return self._heat_map() if self.image_shape is None else self._images(*self.image_shape)

    def _heat_map(self) -> Panel:
        (count, columns), (low, high) = self.values.shape, self._limits()
        image = Image(self.values, "RdBu_r" if self.signed else "Blues", cells(self.values), low, high)
        straight = room_of(self.feature_names) <= WIDEST - BESIDE
        across = Axis("column", plain=True) if columns > 60 else self._named(straight)
        down = Axis("component", count - 0.5, -0.5, ticks=range(count) if count <= 30 else None, whole=True, plain=True)
        return Panel(
            [image, *self._numbers(high)],
            across,
            down,
            size=self._size(straight),
            scale=image,
            scale_label=self.label,
        )

    def _named(self, straight: bool) -> Axis:
        """The columns by their names: whole ones beside one another, or slanted ones."""
        names = self.feature_names if straight else [shortened(name, LONGEST) for name in self.feature_names]
        return Axis(ticks=range(len(names)), names=names, slant=0 if straight else 45, plain=True)

    def _size(self, straight: bool) -> tuple[float, float]:
        across, down = picture_size(self.values.shape, None)
        return max(across, BESIDE + room_of(self.feature_names)) if straight else across, down

    def _numbers(self, high: float) -> list[Mark]:
        if self.values.size > 150 or self.values.shape[1] > 14:
            return []
        row, column = np.indices(self.values.shape).reshape(2, -1)
        values = self.values.ravel()
        shades = [INK_ON_LIGHT if abs(value) <= 0.6 * high else "#fff" for value in values]
        return [Words(column, row, [f"{value:.2f}" for value in values], shades, 8.0)]

    def _limits(self) -> tuple[float, float]:
        if not self.signed:
            return 0.0, 1.0
        far = float(np.abs(self.values).max()) or 1.0
        return -far, far

    def _images(self, height: int, width: int) -> Panel:
        order = np.argsort(-self.weights, kind="stable")[:MOST_IMAGES]
        across = _images_across(len(order))
        down, step_y, step_x = -(-len(order) // across), height * 1.28, width * 1.1
        low, high = float(self.values.min()), float(self.values.max())
        low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
        x, y = np.arange(len(order)) % across * step_x, np.arange(len(order)) // across * step_y
        images = [
            Image(self.values[k].reshape(height, width), "gray_r", (a, a + width, b + height, b), low, high)
            for k, a, b in zip(order, x, y, strict=True)
        ]
        above, shares = y - 0.05 * height, [f"{share:.1%}" for share in self.weights[order]]
        words = [
            Words(x, above, [str(k) for k in order], INK, 8.0, "left", "bottom"),
            Words(x + width, above, shares, INK, 7.0, "right", "bottom"),
        ]
        return Panel(
            [*images, *words],
            Axis(low=-0.05 * width, high=across * step_x),
            Axis(low=down * step_y - 0.2 * height, high=-0.28 * height),
            size=picture_size(self.values.shape, self.image_shape),
            scale=images[0],
            scale_label=self.label,
            bare=True,
            square=True,
        )


def room_of(names: list[str]) -> float:
    """Inches for names beside one another, the first of which reaches to the left by half of it."""
    return (len(names) + 0.5) * (max(width(name, 8.5) for name in names) + 12) / 72


def shown_features(estimator: FittedMixture) -> list[int]:
    """Positions of the features that are drawn: all, or of tables with labels the 40 that say most."""
    count = centres(estimator).shape[1]
    return telling_features(estimator, MOST_FEATURES) if hasattr(estimator, "encoder_") else list(range(count))


def _images_across(count: int) -> int:
    return min(count, max(5, int(np.ceil(np.sqrt(1.8 * count)))))


def picture_size(shape: tuple[int, ...], image_shape: tuple[int, ...] | None) -> tuple[float, float]:
    """Inches that leave every row and column legible."""
    n_components, n_columns = shape
    if image_shape is None:
        return float(np.clip(BESIDE + 0.55 * n_columns, 6, WIDEST)), float(np.clip(2.0 + 0.34 * n_components, 3.0, 10))
    shown = min(n_components, MOST_IMAGES)
    across = _images_across(shown)
    cell = float(np.clip(10.0 / across, 0.85, 1.5))
    ratio = 1.16 * image_shape[0] / image_shape[1]
    return 0.9 + cell * across, 0.3 + cell * ratio * -(-shown // across)
