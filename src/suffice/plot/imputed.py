"""What a mixture says of the missing cells of one column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot.canvas import FAINT, PALETTE, shortened, wanted_columns
from suffice.plot.components import families
from suffice.plot.display import Display, check_shown
from suffice.plot.histogram import histogram
from suffice.plot.marginal import observed_rows
from suffice.plot.marks import Bars, Dots, Mark, Rule, Segments
from suffice.plot.panel import Axis, Panel
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.factors.base import FactorEstimator
    from suffice.estimators.mixtures.base import MixtureEstimator

DRAWS = 400
LEVELS = (0.05, 0.95)


class ImputedDisplay(Display):
    """The imputed cells of one column in order, with intervals, beside the histogram of its observed cells.

    Parameters
    ----------
    observed
        (n,), observed cells.
    means
        (m,), conditional means of the missing cells.
    low, high
        (m,), bounds of their intervals; None draws the means alone.
    name
        What the column is called.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import ImputedDisplay
    >>> display = ImputedDisplay(observed=[1.0, 2.0, 3.0], means=[2.5, 1.5], low=[1.0, 1.0], high=[3.0, 2.0], name="mass")
    >>> list(map(float, display.plot(ax=Figure().subplots()).ax_.lines[-1].get_ydata()))
    [1.5, 2.5]
    """

    def __init__(
        self,
        *,
        observed: ArrayLike,
        means: ArrayLike,
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
        name: str = "x0",
    ) -> None:
        self.observed, self.means = np.asarray(observed, dtype=float), np.asarray(means, dtype=float)
        self.low = None if low is None else np.asarray(low, dtype=float)
        self.high = None if high is None else np.asarray(high, dtype=float)
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: MixtureEstimator | FactorEstimator,
        X: TableLike,
        column: int,
        *,
        max_cells: int = 40,
        feature_names: list[str] | None = None,
        ax: Axes | None = None,
    ) -> ImputedDisplay:
        """Draw at most ``max_cells`` missing cells of the column at position ``column`` of X, (N, D), with 90 % intervals.

        The intervals hold 90 % of 400 draws, of a factor model of the cell's distribution; a column of binary cells has none, as
        its mean is a probability. Columns whose cells are imputed by a label are refused.
        """
        return cls.of(estimator, X, column, max_cells=max_cells, feature_names=feature_names).plot(ax=ax)

    @classmethod
    def of(
        cls,
        estimator: MixtureEstimator | FactorEstimator,
        X: TableLike,
        column: int,
        *,
        max_cells: int = 40,
        feature_names: list[str] | None = None,
    ) -> ImputedDisplay:
        """The numbers of ``from_estimator``, undrawn."""
        check_shown(cls, estimator, "a mixture or factor model of suffice", "impute")
        given = feature_names if feature_names is not None else getattr(estimator, "feature_names_in_", None)
        names = wanted_columns(None if given is None else list(given), estimator.n_features_in_)
        if not has_means(estimator, column):
            raise ValueError(f"Column {names[column]!r} holds labels, which have no mean.")
        plain: Any = on_codes(estimator)
        coded: Any = coded_rows(estimator, X)
        rows = np.asarray(coded, dtype=float)
        gaps = np.flatnonzero(np.isnan(rows[:, column]))
        if not len(gaps):
            raise ValueError(f"Column {names[column]!r} misses no cell.")
        some = gaps[np.unique(np.linspace(0, len(gaps) - 1, min(len(gaps), max_cells)).round().astype(int))]
        held = coded.iloc[some] if hasattr(coded, "iloc") else rows[some]
        bounds = (None, None) if families(plain)[column].labels else _bounds(plain, held, column)
        observed = np.delete(observed_rows(plain, coded)[:, column], gaps)
        means = plain.impute(held)[:, column]
        return cls(observed=observed, means=means, low=bounds[0], high=bounds[1], name=names[column])

    def panel(self) -> Panel:
        """The picture, undrawn."""
        order = np.argsort(self.means, kind="stable")
        place = np.arange(1, len(order) + 1) / (len(order) + 1)
        marks: list[Mark] = [Rule(FAINT, x=0.0, width=0.8), Dots(place, self.means[order], PALETTE[0], 3.5)]
        if self.low is not None and self.high is not None:
            begin, end = (np.stack([place, bound[order]], 1) for bound in (self.low, self.high))
            marks.append(Segments(begin, end, PALETTE[0], opacity=0.6))
        across = Axis(low=-0.45, high=1, ticks=[-0.2, 0.5], names=["observed", "imputed"], plain=True)
        return Panel([*marks, *self._histogram()], across, title=shortened(self.name, 36))

    def _histogram(self) -> list[Mark]:
        if not len(self.observed):
            return []
        counts, edges = histogram(self.observed, min(40, max(5, int(np.sqrt(len(self.observed))))))
        far = -0.42 * counts / counts.max()
        return [Bars(far, np.zeros(len(far)), edges[:-1], edges[1:], FAINT, edge="white")]


def _bounds(estimator: Any, held: Any, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the intervals: of a factor model, whose imputed cells are Gaussian, exact; else of draws."""
    if hasattr(estimator, "loadings_"):
        mean, deviation = (np.asarray(found)[:, column] for found in estimator.impute(held, return_std=True))
        return mean + deviation * norm.ppf(LEVELS[0]), mean + deviation * norm.ppf(LEVELS[1])
    low, high = np.quantile(np.asarray(estimator.impute(held, draws=DRAWS))[:, :, column], LEVELS, axis=0)
    return low, high


def has_means(estimator: MixtureEstimator | FactorEstimator, column: int) -> bool:
    """Whether missing cells of a column are imputed by a mean, rather than by the likeliest label."""
    return not families(estimator)[column].labels or not hasattr(estimator, "encoder_")
