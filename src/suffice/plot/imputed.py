"""What a mixture says of the missing cells of one column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot.canvas import FAINT, INK, PALETTE, axes_or_new, tidy, wanted_columns
from suffice.plot.components import families
from suffice.plot.marginal import observed_rows
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.factors.base import FactorEstimator
    from suffice.estimators.mixtures.base import MixtureEstimator

DRAWS = 400
LEVELS = (0.05, 0.95)


class ImputedDisplay:
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
    >>> display.plot(ax=Figure().subplots()).ax_.lines[0].get_ydata().tolist()
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

        The intervals hold 90 % of 400 draws; a column of binary cells has none, as its mean is a probability. Columns whose
        cells are imputed by a label are refused.
        """
        check_is_fitted(estimator)
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
        bounds = None, None
        if not families(plain)[column].labels:
            drawn = np.asarray(plain.impute(held, draws=DRAWS))
            bounds = np.quantile(drawn[:, :, column], LEVELS, axis=0)
        observed = np.delete(observed_rows(plain, coded)[:, column], gaps)
        means = plain.impute(held)[:, column]
        return cls(observed=observed, means=means, low=bounds[0], high=bounds[1], name=names[column]).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> ImputedDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax)
        order = np.argsort(self.means, kind="stable")
        place = np.arange(1, len(order) + 1) / (len(order) + 1)
        ax.plot(place, self.means[order], "o", color=PALETTE[0], markersize=3)
        if self.low is not None and self.high is not None:
            ax.vlines(place, self.low[order], self.high[order], color=PALETTE[0], linewidth=1.0, alpha=0.6)
        self._histogram(ax)
        ax.axvline(0, color=FAINT, linewidth=0.8)
        ax.set_xlim(-0.45, 1)
        ax.set_xticks([-0.2, 0.5], ["observed", "imputed"])
        ax.set_title(self.name, color=INK, fontsize="medium")
        tidy(ax)
        ax.tick_params(axis="x", length=0)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _histogram(self, ax: Axes) -> None:
        if not len(self.observed):
            return
        counts, edges = np.histogram(self.observed, bins=min(40, max(5, int(np.sqrt(len(self.observed))))))
        ax.barh(
            edges[:-1],
            -0.42 * counts / counts.max(),
            np.diff(edges),
            align="edge",
            color=FAINT,
            edgecolor="white",
            lw=0.3,
        )


def has_means(estimator: MixtureEstimator | FactorEstimator, column: int) -> bool:
    """Whether missing cells of a column are imputed by a mean, rather than by the likeliest label."""
    return not families(estimator)[column].labels or not hasattr(estimator, "encoder_")
