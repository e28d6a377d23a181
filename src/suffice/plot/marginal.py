"""The cells of one column and what the mixture says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot.canvas import FAINT, INK, component_colours, shortened, wanted_columns
from suffice.plot.components import all_weights, families
from suffice.plot.display import Display, check_shown
from suffice.plot.histogram import MOST_BINS, density
from suffice.plot.marks import Bars, Dots, Line, Mark
from suffice.plot.panel import Axis, Panel
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.factors.base import FactorEstimator
    from suffice.estimators.mixtures.base import MixtureEstimator

Array = NDArray[np.floating[Any]]
MOST_WHOLE = 200
MOST_LABELS = 10


class MarginalDisplay(Display):
    """Observed cells of one column against its fitted marginal: the sum over components, and each of them as a thin line.

    Real numbers, and whole numbers of a wide range, are a histogram under densities; other whole numbers and categories are
    bars of their frequency under dots of their probability.

    Parameters
    ----------
    cells
        (n,), observed cells.
    weight
        (n,), their row weights; None is 1 for each.
    values
        (G,), where the marginal is given: a grid, or the whole numbers that occur.
    densities
        (K, G), weight times density (or probability) of each component there.
    discrete
        Whether to draw bars, of whole numbers or categories.
    name
        What the column is called.
    distance
        Kolmogorov distance between cells and marginal, to be written in the corner; None writes nothing.
    labels
        Names of the values, (G,), where they are codes of categories.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import MarginalDisplay
    >>> display = MarginalDisplay(cells=[0, 1, 1, 1], values=[0, 1], densities=[[0.3, 0.7]], discrete=True, name="smokes")
    >>> [float(bar.get_height()) for bar in display.plot(ax=Figure().subplots()).ax_.patches]
    [0.25, 0.75]
    """

    def __init__(
        self,
        *,
        cells: ArrayLike,
        values: ArrayLike,
        densities: ArrayLike,
        discrete: bool,
        weight: ArrayLike | None = None,
        name: str = "x0",
        distance: float | None = None,
        labels: list[str] | None = None,
    ) -> None:
        self.cells = np.asarray(cells, dtype=float)
        self.weight = np.ones(len(self.cells)) if weight is None else np.asarray(weight, dtype=float)
        self.values, self.densities = np.asarray(values, dtype=float), np.asarray(densities, dtype=float)
        self.discrete, self.name, self.distance, self.labels = discrete, name, distance, labels

    @classmethod
    def from_estimator(
        cls,
        estimator: MixtureEstimator,
        X: TableLike,
        column: int,
        *,
        sample_weight: ArrayLike | None = None,
        feature_names: list[str] | None = None,
        ax: Axes | None = None,
    ) -> MarginalDisplay:
        """Draw the column at position ``column`` of X, (N, D) with NaN for missing cells, on ``ax`` or a new figure."""
        return cls.of(estimator, X, column, sample_weight=sample_weight, feature_names=feature_names).plot(ax=ax)

    @classmethod
    def of(
        cls,
        estimator: MixtureEstimator,
        X: TableLike,
        column: int,
        *,
        sample_weight: ArrayLike | None = None,
        feature_names: list[str] | None = None,
    ) -> MarginalDisplay:
        """The column at position ``column`` of X, (N, D) with NaN for missing cells, undrawn."""
        check_shown(cls, estimator, "a mixture of suffice", "weights_", "marginal")
        given = feature_names if feature_names is not None else getattr(estimator, "feature_names_in_", None)
        names = wanted_columns(None if given is None else list(given), estimator.n_features_in_)
        estimator, X = on_codes(estimator), coded_rows(estimator, X)
        rows = observed_rows(estimator, X)
        return cls.of_cells(estimator, column, *observed_cells(rows[:, column], sample_weight), names[column])

    @classmethod
    def from_cells(
        cls, estimator: MixtureEstimator, column: int, cells: Array, weight: Array, name: str, *, ax: Axes | None = None
    ) -> MarginalDisplay:
        """Draw cells (n,) of one column, none of them missing, with their row weights (n,), on ``ax`` or a new figure."""
        return cls.of_cells(estimator, column, cells, weight, name).plot(ax=ax)

    @classmethod
    def of_cells(
        cls, estimator: MixtureEstimator, column: int, cells: Array, weight: Array, name: str
    ) -> MarginalDisplay:
        """Cells (n,) of one column, none of them missing, with their row weights (n,), undrawn."""
        if not len(cells):
            raise ValueError(f"Column {name!r} has no observed cell: there is nothing to compare the model with.")
        labels = labels_of(estimator, column)
        values, discrete = _values(estimator, column, cells)
        return cls(
            cells=cells,
            values=values,
            densities=component_densities(estimator, column, values),
            discrete=discrete,
            weight=weight,
            name=name,
            distance=kolmogorov_distance(estimator, column, cells, weight),
            labels=labels,
        )

    def panel(self) -> Panel:
        """The picture, undrawn."""
        return self._bars() if self.discrete else self._histogram()

    @property
    def _corner(self) -> str:
        return "" if self.distance is None else f"{self.distance:.3f}"

    def _histogram(self) -> Panel:
        heights, edges = density(self.cells, self.weight)
        total, top = self.densities.sum(axis=0), float(heights.max(initial=0.0))
        marks: list[Mark] = [Bars(edges[:-1], edges[1:], np.zeros(len(heights)), heights, FAINT, edge="white")]
        for part, colour in zip(self.densities, component_colours(len(self.densities)), strict=True):
            marks.append(Line(self.values, part, colour, 0.9))
        marks.append(Line(self.values, total, INK, 1.5))
        high = 1.08 * max(top, min(float(total.max(initial=0.0)), 2 * top)) or 1.0
        ends = (self.values[0], self.values[-1]) if len(self.values) else (None, None)
        return Panel(marks, Axis(self.name, *ends), Axis("density", 0.0, high, ticks=()), corner=self._corner)

    def _bars(self) -> Panel:
        place, few = (self.cells - self.values[0]).astype(int), len(self.values) <= MOST_BINS
        shares = np.bincount(place, self.weight, len(self.values)) / self.weight.sum()
        marks: list[Mark] = [Bars(self.values - 0.4, self.values + 0.4, np.zeros(len(shares)), shares, FAINT)]
        for part, colour in zip(self.densities, component_colours(len(self.densities)), strict=True):
            if self.labels is None:
                marks.append(Line(self.values, part, colour, 0.9))
            if few:
                marks.append(Dots(self.values, part, colour, 9.0, dash=True))
        total = self.densities.sum(axis=0)
        marks.append(Dots(self.values, total, INK, 5.0) if few else Line(self.values, total, INK))
        return Panel(marks, self._named(), Axis("share", low=0.0), corner=self._corner)

    def _named(self) -> Axis:
        """The axis of whole numbers, or of categories."""
        if self.labels is None:
            return Axis(self.name, whole=True)
        if len(self.labels) > MOST_LABELS:
            return Axis(f"{self.name} ({len(self.labels)} categories)", ticks=())
        names = [shortened(label, 11) for label in self.labels]
        return Axis(self.name, ticks=self.values, names=names, slant=35 if sum(map(len, names)) > 24 else 0)


def is_real(estimator: MixtureEstimator, column: int) -> bool:
    """Whether a column holds real numbers, with a density, rather than whole ones from 0, with probabilities."""
    return not families(estimator)[column].discrete


def labels_of(estimator: MixtureEstimator, column: int) -> list[str] | None:
    """The labels of a column, None where it holds numbers."""
    categories = getattr(estimator, "categories_", None)
    labels = None if categories is None else categories[column]
    return None if labels is None else [str(label) for label in labels]


def observed_rows(estimator: MixtureEstimator | FactorEstimator, X: TableLike) -> Array:
    """Rows as the model takes them (binary ones as 0 and 1), missing cells NaN, (N, D)."""
    return np.where(np.isnan(np.asarray(X, dtype=float)), np.nan, estimator.impute(X))


def observed_cells(cells: ArrayLike, weight: ArrayLike | None) -> tuple[Array, Array]:
    """The cells of a column that are not missing, and their row weights (0 left out)."""
    cells = np.asarray(cells, dtype=float)
    weight = np.ones(len(cells)) if weight is None else np.asarray(weight, dtype=float)
    kept = ~np.isnan(cells) & (weight > 0)
    return cells[kept], weight[kept]


def component_densities(estimator: MixtureEstimator, column: int, values: Array) -> Array:
    """Weight times density (probability, for whole numbers) of each component in one column, (K, G)."""
    part: Any
    part, rows = on_codes(estimator.marginal([column])), values[:, None]
    if hasattr(part, "feature_names_in_"):
        del part.feature_names_in_  # plain arrays follow
    if hasattr(part, "binarize"):  # zeros and ones need no threshold
        return (part.model_.responsibilities(rows) * np.exp(part.model_.log_density(rows))[:, None]).T
    return (part.predict_proba(rows) * np.exp(part.score_samples(rows))[:, None]).T


def kolmogorov_distance(estimator: MixtureEstimator, column: int, cells: Array, weight: Array) -> float:
    r"""Largest difference :math:`\sup_x |F_n(x) - F(x)|` between the distribution of cells and the fitted marginal."""
    values, place = np.unique(cells, return_inverse=True)
    mass = np.bincount(place, weight) / weight.sum()
    after = np.cumsum(mass)
    step = 0.0 if is_real(estimator, column) else 1.0
    fitted = [_cumulative(estimator, column, place) for place in (values, values - step)]
    return float(max(np.abs(after - fitted[0]).max(), np.abs(after - mass - fitted[1]).max()))


def _cumulative(estimator: MixtureEstimator, column: int, values: Array) -> Array:
    """The fitted probability of a cell up to each value, (G,)."""
    components = on_codes(estimator).model_.marginal([column]).components
    return all_weights(estimator) @ components.cumulative(values)


def _values(estimator: MixtureEstimator, column: int, cells: Array) -> tuple[Array, bool]:
    """Where to show the marginal, and whether as bars."""
    if is_real(estimator, column):
        grid = _grid(cells)
        return grid[~families(estimator)[column].refused_cells(grid)], False
    labels, low, high = labels_of(estimator, column), np.floor(cells.min()), np.floor(cells.max())
    if labels is not None:
        return np.arange(len(labels), dtype=float), True
    if high - low > MOST_WHOLE:
        return np.unique(_grid(cells).round().clip(0)), False
    return np.arange(low, high + 1), True


def _grid(cells: Array) -> Array:
    low, high = cells.min(), cells.max()
    room = 0.04 * (high - low) or 0.5
    return np.linspace(low - room, high + room, 600)
