"""The parameters of every component as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.plot.canvas import INK, axes_or_new, shortened, wanted_columns, whole_numbers
from suffice.plot.components import centres, deviations, families, of_chances, telling_features
from suffice.plot.components import feature_names as names_of_features

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot.fitted import FittedMixture

MOST_IMAGES = 100
MOST_FEATURES = 40


class ParameterDisplay:
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
        check_is_fitted(estimator)
        known = getattr(estimator, "feature_names_in_", None)
        given = feature_names if feature_names is not None or known is None else list(known)
        names = names_of_features(estimator, wanted_columns(given, estimator.n_features_in_))
        signed = not of_chances(estimator) and image_shape is None
        shown = shown_features(estimator)
        display = cls(
            values=(deviations(estimator) if signed else centres(estimator))[:, shown],
            weights=estimator.weights_,
            label="sd from the mean" if signed else families(estimator)[0].centre_name,
            signed=signed,
            feature_names=[names[j] for j in shown],
            image_shape=image_shape,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> ParameterDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax, picture_size(self.values.shape, self.image_shape))
        picture = self._heat_map(ax) if self.image_shape is None else self._images(ax)
        bar = ax.figure.colorbar(picture, ax=ax, fraction=0.03, pad=0.02)
        bar.set_label(self.label, color=INK, fontsize=9)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _heat_map(self, ax: Axes) -> Any:
        low, high = self._limits()
        picture = ax.imshow(
            self.values, aspect="auto", cmap="RdBu_r" if self.signed else "Blues", vmin=low, vmax=high,
            interpolation="nearest",
        )  # fmt: skip
        ax.set_ylabel("component", color=INK)
        ax.yaxis.set_major_locator(whole_numbers())
        if self.values.shape[0] <= 30:
            ax.set_yticks(np.arange(self.values.shape[0]))
        if self.values.shape[1] <= 60:
            names = [shortened(name, 30) for name in self.feature_names]
            ax.set_xticks(np.arange(self.values.shape[1]), names, rotation=45, ha="right", fontsize=8)
        else:
            ax.set_xlabel("column", color=INK)
        self._write_numbers(ax, high)
        ax.spines[:].set_visible(False)
        return picture

    def _write_numbers(self, ax: Axes, high: float) -> None:
        if self.values.size > 150 or self.values.shape[1] > 14:
            return
        for (row, column), value in np.ndenumerate(self.values):
            shade = "white" if abs(value) > 0.6 * high else INK
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=shade)

    def _limits(self) -> tuple[float, float]:
        if not self.signed:
            return 0.0, 1.0
        far = float(np.abs(self.values).max()) or 1.0
        return -far, far

    def _images(self, ax: Axes) -> Any:
        assert self.image_shape is not None
        order = np.argsort(-self.weights, kind="stable")[:MOST_IMAGES]
        height, width = self.image_shape
        across = _images_across(len(order))
        down, step_y, step_x = -(-len(order) // across), height * 1.28, width * 1.1
        low, high = float(self.values.min()), float(self.values.max())
        low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
        for place, component in enumerate(order):
            x, y = (place % across) * step_x, (place // across) * step_y
            picture = ax.imshow(
                self.values[component].reshape(height, width), cmap="gray_r", vmin=low, vmax=high,
                extent=(x, x + width, y + height, y), interpolation="nearest",
            )  # fmt: skip
            ax.text(x, y - 0.05 * height, f"{component}", fontsize=8, color=INK, va="bottom")
            ax.text(x + width, y - 0.05 * height, f"{self.weights[component]:.1%}", fontsize=7, ha="right", va="bottom")
        ax.set_xlim(-0.05 * width, across * step_x)
        ax.set_ylim(down * step_y - 0.2 * height, -0.28 * height)
        ax.set_aspect("equal")
        ax.axis("off")
        return picture


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
        return float(np.clip(1.5 + 0.55 * n_columns, 6, 10)), float(np.clip(2.0 + 0.34 * n_components, 3.0, 10))
    shown = min(n_components, MOST_IMAGES)
    across = _images_across(shown)
    cell = float(np.clip(10.0 / across, 0.85, 1.5))
    ratio = 1.16 * image_shape[0] / image_shape[1]
    return 0.9 + cell * across, 0.3 + cell * ratio * -(-shown // across)
