"""Frequencies of binary columns and the probabilities that the mixture gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot.canvas import FAINT, INK, PALETTE, shortened, wanted_columns
from suffice.plot.components import column_moments, of_chances
from suffice.plot.display import Display, check_shown
from suffice.plot.marginal import observed_rows
from suffice.plot.marks import Dots, Line, Segments, Words
from suffice.plot.panel import Axis, Panel
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.estimators.mixtures.base import MixtureEstimator

MOST_NAMES = 5


class FrequencyDisplay(Display):
    """A dot for each binary column: its frequency of 1 among observed cells against the fitted marginal probability.

    Bars reach two standard errors; the columns that lie most of these off the diagonal are named.

    Parameters
    ----------
    fitted
        (D,), marginal probability of a 1.
    observed
        (D,), frequency of a 1; NaN where no cell was observed.
    counts
        (D,), observed cells (their weight).
    feature_names
        D names.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import FrequencyDisplay
    >>> display = FrequencyDisplay(fitted=[0.2, 0.9], observed=[0.25, 0.6], counts=[40, 40], feature_names=["a", "b"])
    >>> [text.get_text() for text in display.plot(ax=Figure().subplots()).ax_.texts]
    ['b']
    """

    def __init__(
        self, *, fitted: ArrayLike, observed: ArrayLike, counts: ArrayLike, feature_names: list[str] | None = None
    ) -> None:
        self.fitted, self.observed = np.asarray(fitted, dtype=float), np.asarray(observed, dtype=float)
        self.counts = np.asarray(counts, dtype=float)
        self.feature_names = wanted_columns(feature_names, len(self.fitted))

    @classmethod
    def from_estimator(
        cls,
        estimator: MixtureEstimator,
        X: TableLike,
        *,
        sample_weight: ArrayLike | None = None,
        feature_names: list[str] | None = None,
        ax: Axes | None = None,
    ) -> FrequencyDisplay:
        """Draw the columns of X, (N, D) with NaN for missing cells, on ``ax`` or a new figure."""
        return cls.of(estimator, X, sample_weight=sample_weight, feature_names=feature_names).plot(ax=ax)

    @classmethod
    def of(
        cls,
        estimator: MixtureEstimator,
        X: TableLike,
        *,
        sample_weight: ArrayLike | None = None,
        feature_names: list[str] | None = None,
    ) -> FrequencyDisplay:
        """The columns of X, (N, D) with NaN for missing cells, undrawn."""
        check_shown(cls, estimator, "a mixture of suffice", "weights_", "model_")
        if not of_chances(estimator):
            raise TypeError(f"{type(estimator).__name__} has columns that are not binary: use MarginalDisplay instead")
        given = feature_names if feature_names is not None else getattr(estimator, "feature_names_in_", None)
        estimator, X = on_codes(estimator), coded_rows(estimator, X)
        rows = observed_rows(estimator, X)
        weight = np.ones(len(rows)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        counts = weight @ ~np.isnan(rows)
        with np.errstate(invalid="ignore", divide="ignore"):
            observed = weight @ np.nan_to_num(rows) / counts
        names = None if given is None else list(given)
        fitted = column_moments(estimator)[0]
        return cls(fitted=fitted, observed=observed, counts=counts, feature_names=names)

    def errors(self) -> np.ndarray:
        """Standard error (D,) of the frequency of so many cells with the fitted probability."""
        return np.sqrt(self.fitted * (1 - self.fitted) / np.maximum(self.counts, 1))

    def panel(self) -> Panel:
        """The picture, undrawn."""
        bars = 2 * self.errors()
        begin, end = (np.stack([self.fitted, self.fitted + sign * bars], 1) for sign in (-1, 1))
        off = np.nan_to_num(np.abs(self.observed - self.fitted) / np.maximum(bars, 2 / np.maximum(self.counts, 1)))
        named = [j for j in np.argsort(-off, kind="stable")[:MOST_NAMES] if off[j] > 1]
        return Panel(
            [
                Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), FAINT, 1.0),
                Segments(begin, end, FAINT),
                Dots(self.fitted, self.observed, PALETTE[0], 4.0, opacity=0.8),
                Words(
                    self.fitted[named], self.observed[named], [shortened(self.feature_names[j], 24) for j in named],
                    INK, 8.0, "left", "bottom", beside=(5, 3),
                ),
            ],
            Axis("fitted probability of a 1"),
            Axis("observed frequency"),
        )  # fmt: skip
