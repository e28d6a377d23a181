"""Rows beside what few latent variables keep of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Image, cells
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.networks.autoencoding import AutoencoderEstimator
    from suffice.plot.fitted import FittedFactors


class ReconstructionDisplay(Display):
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
        return cls.of(estimator, X, image_shape=image_shape).plot(ax=ax)

    @classmethod
    def of(
        cls,
        estimator: FittedFactors | AutoencoderEstimator,
        X: ArrayLike,
        *,
        image_shape: tuple[int, ...] | None = None,
    ) -> ReconstructionDisplay:
        """X, (n, D), and what a fitted factor model or autoencoder restores from its codes, undrawn."""
        check_shown(cls, estimator, "a factor model or autoencoder of suffice", "transform", "inverse_transform")
        reconstructed = estimator.inverse_transform(estimator.transform(X))
        return cls(rows=X, reconstructed=reconstructed, image_shape=image_shape)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        return self._tables() if self.image_shape is None else self._images(*self.image_shape)

    def _images(self, height: int, width: int) -> Panel:
        def strip(rows: np.ndarray) -> np.ndarray:
            padded = np.pad(rows.reshape(-1, height, width), [(0, 0), (1, 1), (1, 1)], constant_values=np.nan)
            return np.concatenate(list(padded), axis=1)

        sheet = np.concatenate([strip(self.rows), strip(self.reconstructed)])
        image = Image(sheet, "gray_r", cells(sheet), float(np.nanmin(self.rows)), float(np.nanmax(self.rows)))
        middles = [(height + 2) * 0.5 - 0.5, (height + 2) * 1.5 - 0.5]
        named = Axis(low=len(sheet) - 0.5, high=-0.5, ticks=middles, names=["row", "reconstructed"], plain=True)
        high = float(np.clip(0.3 + 7.9 * sheet.shape[0] / sheet.shape[1], 0.8, 8.0))
        return Panel([image], Axis(ticks=(), plain=True), named, size=(9.0, high), square=True)

    @np.errstate(over="ignore", invalid="ignore")
    def _tables(self) -> Panel:
        both = np.concatenate([self.rows, self.reconstructed])
        mean, scale = np.nanmean(self.reconstructed, 0), np.nanstd(both, 0)
        scale, width = np.where(scale > 0, scale, 1.0), self.rows.shape[1]
        gap = np.full((len(self.rows), max(1, width // 10)), np.nan)
        sheet = np.concatenate([(self.rows - mean) / scale, gap, (self.reconstructed - mean) / scale], axis=1)
        middles = [(width - 1) / 2, width + gap.shape[1] + (width - 1) / 2]
        return Panel(
            [Image(sheet, "RdBu", cells(sheet), -2.5, 2.5)],
            Axis(ticks=middles, names=["rows", "reconstructed"], plain=True),
            Axis(ticks=(), plain=True),
            size=(9.0, 3.0),
        )
