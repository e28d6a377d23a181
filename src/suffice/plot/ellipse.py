"""Rows and the Gaussian components that explain them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot.canvas import FAINT, INK, axes_or_new, component_colours, tidy, wanted_columns
from suffice.plot.components import centres, covariance_block, gaussian_part, telling_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from suffice.plot.fitted import FittedMixture


class EllipseDisplay:
    """Rows coloured by component, with ellipses at one and two standard deviations of every component.

    Of more than two columns, those two are shown in which the components lie furthest apart
    (``suffice.plot.components.telling_columns``); a single column is a histogram under the components' densities. Rows that miss
    a cell of these columns (NaN) are left out.

    Parameters
    ----------
    rows
        (n, d) with d = 1 or 2: the points to draw.
    labels
        (n,), the component of each point.
    weights, means, covariances
        (K,), (K, d) and (K, d, d): the components in these columns.
    feature_names
        d names.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import EllipseDisplay
    >>> display = EllipseDisplay(rows=np.zeros((1, 2)), labels=[0], weights=[1.0], means=np.zeros((1, 2)),
    ...                          covariances=np.eye(2)[None], feature_names=["height", "mass"])
    >>> display.plot(ax=Figure().subplots()).ax_.get_xlabel()
    'height'
    """

    def __init__(
        self,
        *,
        rows: ArrayLike,
        labels: ArrayLike,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        feature_names: list[str] | None = None,
    ) -> None:
        rows, labels = np.asarray(rows, dtype=float), np.asarray(labels, dtype=int)
        complete = ~np.isnan(rows).any(axis=1)
        self.rows, self.labels = rows[complete], labels[complete]
        self.weights, self.means = np.asarray(weights, dtype=float), np.asarray(means, dtype=float)
        self.covariances = np.asarray(covariances, dtype=float)
        self.feature_names = wanted_columns(feature_names, self.rows.shape[1])

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedMixture,
        X: ArrayLike,
        *,
        columns: list[int] | None = None,
        feature_names: list[str] | None = None,
        max_points: int = 3000,
        random_state: int = 0,
        ax: Axes | None = None,
    ) -> EllipseDisplay:
        """Draw at most ``max_points`` rows of X, (N, D), in ``columns`` (one or two positions; None chooses them)."""
        check_is_fitted(estimator)
        part, gaussian = gaussian_part(estimator)
        if part is None:
            raise TypeError(f"{type(estimator).__name__} has no covariances_: use ParameterDisplay instead")
        shown = [gaussian[j] for j in telling_columns(part)] if columns is None else list(columns)
        if not set(shown) <= set(gaussian):
            raise ValueError(f"columns={shown} was given; ellipses are of Gaussian columns, which are {gaussian}")
        if len(shown) not in (1, 2):
            raise ValueError(f"columns holds {len(shown)} positions; an ellipse needs two (or one for a histogram)")
        given = feature_names if feature_names is not None else getattr(estimator, "feature_names_in_", None)
        plain: Any = on_codes(cast(Any, estimator))
        some = _some_rows(coded_rows(cast(Any, estimator), X), max_points, random_state)
        values, places = np.asarray(some, dtype=float), [gaussian.index(j) for j in shown]
        names = wanted_columns(None if given is None else list(given), values.shape[1])
        display = cls(
            rows=values[:, shown],
            labels=plain.predict(some),
            weights=plain.weights_,
            means=centres(part)[:, places],
            covariances=covariance_block(part, places),
            feature_names=[names[j] for j in shown],
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> EllipseDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax, (6.4, 5.0))
        self._densities(ax) if self.rows.shape[1] == 1 else self._ellipses(ax)
        ax.set_xlabel(self.feature_names[0], color=INK)
        tidy(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _ellipses(self, ax: Axes) -> None:
        from matplotlib.patches import Ellipse

        colours = component_colours(len(self.weights))
        size = float(np.clip(4000 / max(len(self.rows), 1), 4, 18))
        ax.scatter(*self.rows.T, s=size, c=[colours[k] for k in self.labels], alpha=0.55, linewidths=0, rasterized=True)
        for mean, covariance, colour in zip(self.means, self.covariances, colours, strict=True):
            lengths, angle = _axes_of(covariance)
            for sigma, width in ((1, 2.0), (2, 1.1)):
                line = {"fill": False, "edgecolor": colour, "linewidth": width}
                ax.add_patch(Ellipse(mean, *(2 * sigma * lengths), angle=angle, **line))
        self._name_components(ax, colours)
        ax.autoscale_view()
        ax.set_ylabel(self.feature_names[1], color=INK)

    def _name_components(self, ax: Axes, colours: list[str]) -> None:
        if len(self.weights) > 20:
            return
        for component, mean in enumerate(self.means):
            ax.annotate(
                str(component), mean, ha="center", va="center", fontsize=9, fontweight="bold", color="white",
                bbox={"boxstyle": "circle,pad=0.25", "facecolor": colours[component], "edgecolor": "white"},
            )  # fmt: skip

    def _densities(self, ax: Axes) -> None:
        values, deviation = self.rows[:, 0], np.sqrt(self.covariances[:, 0, 0])
        ax.hist(values, bins="auto" if len(values) > 1 else 1, density=len(values) > 0, color=FAINT, edgecolor="white")
        low, high = values.min(initial=self.means.min()), values.max(initial=self.means.max())
        grid = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), 800)
        safe = np.maximum(deviation, 1e-300)
        densities = self.weights * np.exp(-0.5 * ((grid[:, None] - self.means[:, 0]) / safe) ** 2)
        densities /= np.sqrt(2 * np.pi) * safe
        for density, colour in zip(densities.T, component_colours(len(self.weights)), strict=True):
            ax.plot(grid, density, color=colour, linewidth=1.8)
        ax.plot(grid, densities.sum(axis=1), color=INK, linewidth=1.0, linestyle="--")
        ax.set_ylabel("density", color=INK)


def _some_rows(X: Any, max_points: int, random_state: int) -> np.ndarray | DataFrame:
    n_rows = len(X)
    if n_rows <= max_points:
        return X
    chosen = np.sort(np.random.default_rng(random_state).choice(n_rows, max_points, replace=False))
    return X.iloc[chosen] if hasattr(X, "iloc") else np.asarray(X)[chosen]


def _axes_of(covariance: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Half-axes at one standard deviation, and the angle of the first in degrees."""
    lengths, directions = np.linalg.eigh(covariance)
    return np.sqrt(np.maximum(lengths, 0.0)), float(np.degrees(np.arctan2(directions[1, 0], directions[0, 0])))
