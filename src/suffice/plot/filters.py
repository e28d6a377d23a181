"""What each hidden unit of an RBM looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.display import Display, check_shown
from suffice.plot.marks import Image, cells
from suffice.plot.mosaic import check_images, mosaic
from suffice.plot.panel import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.networks.autoencoding import AutoencoderEstimator
    from suffice.plot.fitted import LearnedRBM

MOST_FILTERS = 100


class FilterDisplay(Display):
    """The weights of hidden units as images, those of largest norm first and at most 100 of them.

    Parameters
    ----------
    weights
        (D, P), a column for each hidden unit.
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
    >>> from suffice.plot import FilterDisplay
    >>> FilterDisplay(weights=np.eye(4), image_shape=(2, 2)).plot(ax=Figure().subplots()).shown_
    array([0, 1, 2, 3])
    """

    def __init__(self, *, weights: ArrayLike, image_shape: tuple[int, ...]) -> None:
        self.images = check_images(np.asarray(weights, dtype=float).T, image_shape)
        norm = (self.images**2).sum(axis=(1, 2))
        self.shown_ = np.argsort(-norm, kind="stable")[:MOST_FILTERS]

    @classmethod
    def from_estimator(
        cls, estimator: LearnedRBM | AutoencoderEstimator, *, image_shape: tuple[int, ...], ax: Axes | None = None
    ) -> FilterDisplay:
        """Draw the weights of a fitted RBM on ``ax`` or a new figure."""
        return cls.of(estimator, image_shape=image_shape).plot(ax=ax)

    @classmethod
    def of(cls, estimator: LearnedRBM | AutoencoderEstimator, *, image_shape: tuple[int, ...]) -> FilterDisplay:
        """The weights of a fitted RBM, undrawn."""
        check_shown(cls, estimator, "an RBM or autoencoder of suffice", "weights_", "transform")
        return cls(weights=estimator.weights_, image_shape=image_shape)

    def panel(self) -> Panel:
        """The picture, undrawn."""
        far = float(np.abs(self.images[self.shown_]).max(initial=0.0)) or 1.0
        across = int(np.ceil(np.sqrt(len(self.shown_))))
        sheet = mosaic(self.images[self.shown_], across)
        image = Image(sheet, "RdBu_r", cells(sheet), -far, far)
        high = float(np.clip(0.2 + 5.8 * sheet.shape[0] / sheet.shape[1], 1.5, 9.0))
        return Panel([image], size=(6.9, high), scale=image, scale_label="weight", bare=True, square=True)
