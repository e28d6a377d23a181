"""Rows and the Gaussian components that explain them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot.canvas import FAINT, INK, component_colours, wanted_columns
from suffice.plot.components import centres, covariance_block, gaussian_part, noise_density, telling_columns
from suffice.plot.display import Display, check_shown
from suffice.plot.histogram import density
from suffice.plot.marks import Bars, Dots, Ellipses, Line, Mark, Words
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from suffice.plot.fitted import FittedMixture


class EllipseDisplay(Display):
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
    noise
        Of one column, the ends of the box in which noise is uniform and its density there times its weight; None without noise.

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
        noise: tuple[float, float, float] | None = None,
    ) -> None:
        rows, labels = np.asarray(rows, dtype=float), np.asarray(labels, dtype=int)
        complete = ~np.isnan(rows).any(axis=1)
        self.rows, self.labels = rows[complete], labels[complete]
        self.weights, self.means = np.asarray(weights, dtype=float), np.asarray(means, dtype=float)
        self.covariances, self.noise = np.asarray(covariances, dtype=float), noise
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
        made = cls.of(
            estimator, X, columns=columns, feature_names=feature_names, max_points=max_points, random_state=random_state
        )
        return made.plot(ax=ax)

    @classmethod
    def of(
        cls,
        estimator: FittedMixture,
        X: ArrayLike,
        *,
        columns: list[int] | None = None,
        feature_names: list[str] | None = None,
        max_points: int = 3000,
        random_state: int = 0,
    ) -> EllipseDisplay:
        """The numbers of ``from_estimator``, undrawn."""
        check_shown(cls, estimator, "a mixture of Gaussians", "weights_", "predict_proba")
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
        return cls(
            rows=values[:, shown],
            labels=plain.predict(some),
            weights=plain.weights_,
            means=centres(part)[:, places],
            covariances=covariance_block(part, places),
            feature_names=[names[j] for j in shown],
            noise=noise_density(estimator, shown),
        )

    def panel(self) -> Panel:
        """The picture, undrawn."""
        return self._densities() if self.rows.shape[1] == 1 else self._ellipses()

    def _ellipses(self) -> Panel:
        colours = component_colours(len(self.weights))
        size = float(np.sqrt(np.clip(4000 / max(len(self.rows), 1), 4, 18)))
        dots = Dots(
            self.rows[:, 0], self.rows[:, 1], [[*colours, FAINT][k] for k in self.labels], size, opacity=0.55, many=True
        )
        axes = [_axes_of(covariance) for covariance in self.covariances]
        half_axes, degrees = np.array([own[0] for own in axes]), np.array([own[1] for own in axes])
        outlines = [
            Ellipses(self.means, sigma * half_axes, degrees, colours, width) for sigma, width in ((1, 2.0), (2, 1.1))
        ]
        count = len(self.weights)
        numbers = (
            [Words(self.means[:, 0], self.means[:, 1], list(map(str, range(count))), "white", 9.0, disc=colours)]
            if count <= 20
            else []
        )
        first, second = self.feature_names
        return Panel([dots, *outlines, *numbers], Axis(first), Axis(second))

    @np.errstate(over="ignore", invalid="ignore")
    def _densities(self) -> Panel:
        values, deviation = self.rows[:, 0], np.sqrt(self.covariances[:, 0, 0])
        heights, edges = density(values)
        low, high = values.min(initial=self.means.min()), values.max(initial=self.means.max())
        grid = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), 800)
        safe = np.maximum(deviation, 1e-300)
        densities = self.weights * np.exp(-0.5 * ((grid[:, None] - self.means[:, 0]) / safe) ** 2)
        densities /= np.sqrt(2 * np.pi) * safe
        marks: list[Mark] = [Bars(edges[:-1], edges[1:], np.zeros(len(heights)), heights, FAINT, edge="white")]
        for part, colour in zip(densities.T, component_colours(len(self.weights)), strict=True):
            marks.append(Line(grid, part, colour))
        total = densities.sum(axis=1)
        if self.noise is not None:
            low, high, height = self.noise
            level = np.where((grid >= low) & (grid <= high), height, 0.0)
            marks.append(Line(grid, level, FAINT))
            total = total + level
        marks.append(Line(grid, total, INK, 1.0, "--"))
        return Panel(marks, Axis(self.feature_names[0]), Axis("density", low=0.0))


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
