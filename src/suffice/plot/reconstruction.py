"""Rows beside what few latent variables keep of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.plot.canvas import INK, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.networks.autoencoding import AutoencoderEstimator
    from suffice.plot.fitted import FittedFactors


class ReconstructionDisplay:
    """Rows and their reconstructions: images in pairs, one above the other, or tables of standardised cells side by side.

    Missing cells of the rows are white.

    Parameters
    ----------
    rows, reconstructed
        (n, D) each.
    image_shape
        (height, width) where rows are images.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import ReconstructionDisplay
    >>> display = ReconstructionDisplay(rows=[[0.0, 1.0], [2.0, 0.0]], reconstructed=[[0.1, 0.8], [1.7, 0.2]])
    >>> [label.get_text() for label in display.plot(ax=Figure().subplots()).ax_.get_xticklabels()]
    ['rows', 'reconstructed']
    """

    def __init__(
        self, *, rows: ArrayLike, reconstructed: ArrayLike, image_shape: tuple[int, ...] | None = None
    ) -> None:
        self.rows, self.reconstructed = np.asarray(rows, dtype=float), np.asarray(reconstructed, dtype=float)
        self.image_shape = image_shape

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedFactors | AutoencoderEstimator,
        X: ArrayLike,
        *,
        image_shape: tuple[int, ...] | None = None,
        ax: Axes | None = None,
    ) -> ReconstructionDisplay:
        """Draw X, (n, D), and what a fitted factor model or autoencoder restores from its codes, on ``ax`` or a new figure."""
        check_is_fitted(estimator)
        reconstructed = estimator.inverse_transform(estimator.transform(X))
        return cls(rows=X, reconstructed=reconstructed, image_shape=image_shape).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> ReconstructionDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax, (9.0, 3.0))
        if self.image_shape is None:
            self._tables(ax)
        else:
            self._images(ax, *self.image_shape)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0, labelcolor=INK, labelsize=9)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _images(self, ax: Axes, height: int, width: int) -> None:
        def strip(rows: np.ndarray) -> np.ndarray:
            padded = np.pad(rows.reshape(-1, height, width), [(0, 0), (1, 1), (1, 1)], constant_values=np.nan)
            return np.concatenate(list(padded), axis=1)

        low, high = np.nanmin(self.rows), np.nanmax(self.rows)
        ax.imshow(np.concatenate([strip(self.rows), strip(self.reconstructed)]), cmap="gray_r", vmin=low, vmax=high)
        ax.set_xticks([])
        ax.set_yticks([(height + 2) * 0.5, (height + 2) * 1.5], ["row", "reconstructed"])

    def _tables(self, ax: Axes) -> None:
        mean, scale = np.nanmean(self.reconstructed, 0), np.nanstd(np.concatenate([self.rows, self.reconstructed]), 0)
        scale = np.where(scale > 0, scale, 1.0)
        gap = np.full((len(self.rows), max(1, self.rows.shape[1] // 10)), np.nan)
        parts = [(self.rows - mean) / scale, gap, (self.reconstructed - mean) / scale]
        ax.imshow(
            np.concatenate(parts, axis=1), cmap="RdBu", vmin=-2.5, vmax=2.5, aspect="auto", interpolation="nearest"
        )
        width = self.rows.shape[1]
        ax.set_xticks([(width - 1) / 2, width + gap.shape[1] + (width - 1) / 2], ["rows", "reconstructed"])
        ax.set_yticks([])
