"""A criterion against the number of components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, INK, axes_or_new, component_colours, tidy, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.selection.result import Selection


class SelectionDisplay:
    """A criterion against the number of components, a line for each family and setting, the best candidate ringed.

    The axis leaves out candidates that are so much worse that they would hide how the others differ.

    Parameters
    ----------
    n_components
        (C,), number of components of each candidate.
    values
        (C,), its criterion; NaN where it could not be fitted.
    settings
        (C,), words for what tells it apart otherwise; candidates with the same words share a line.
    best
        Index of the best one.
    criterion
        ``"bic"``, ``"aic"``, ``"icl"`` or ``"held_out"``.
    errors
        (C,), standard errors to draw as bars, or None.
    passed_over
        (C,), which ones were not in the running and are drawn hollow; None is none.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import SelectionDisplay
    >>> display = SelectionDisplay(
    ...     n_components=[1, 2, 3], values=[90.0, 60.0, 66.0], settings=["full"] * 3, best=1, criterion="bic"
    ... )
    >>> display.plot(ax=Figure().subplots()).ax_.get_ylabel()
    'BIC, lower is better'
    """

    def __init__(
        self,
        *,
        n_components: ArrayLike,
        values: ArrayLike,
        settings: Sequence[str],
        best: int,
        criterion: str,
        errors: ArrayLike | None = None,
        passed_over: ArrayLike | None = None,
    ) -> None:
        self.n_components, self.values = np.asarray(n_components), np.asarray(values, float)
        self.settings, self.best, self.criterion = list(settings), best, criterion
        self.errors = None if errors is None else np.asarray(errors, float)
        hollow = np.zeros(len(self.values), bool) if passed_over is None else np.asarray(passed_over, bool)
        self.passed_over = hollow

    @classmethod
    def from_selection(cls, selection: Selection, *, ax: Axes | None = None) -> SelectionDisplay:
        """Draw what ``suffice.select`` returned, on ``ax`` or a new figure."""
        from suffice.selection.words import setting

        table, criterion = selection.table, selection.criterion
        return cls(
            n_components=table["n_components"],
            values=table[criterion],
            settings=[setting(table, row) for row in range(len(table["n_components"]))],
            best=selection.best_index,
            criterion=criterion,
            errors=table["standard_error"] if criterion == "held_out" else None,
            passed_over=table["note"] != "",
        ).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> SelectionDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        ax = axes_or_new(ax)
        lines = list(dict.fromkeys(self.settings))
        for words, colour in zip(lines, component_colours(len(lines)), strict=True):
            self._line(ax, np.array([own == words for own in self.settings]), words, colour)
        x, y = self.n_components[self.best], self.values[self.best]
        ax.plot(x, y, "o", markersize=13, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.4)
        self._label(ax)
        if len(lines) > 1:
            ax.legend(fontsize=8, frameon=False, labelcolor=INK)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _line(self, ax: Axes, own: np.ndarray, words: str, colour: str) -> None:
        own = np.flatnonzero(own & np.isfinite(self.values))
        x, y = self.n_components[own], self.values[own]
        ax.plot(x, y, "-", color=colour, linewidth=1.8, marker="o", markersize=4.5, label=words)
        hollow = self.passed_over[own]
        ax.plot(x[hollow], y[hollow], "o", color=colour, markersize=4.5, markerfacecolor="white", zorder=3)
        if self.errors is not None:
            ax.errorbar(x, y, self.errors[own], fmt="none", ecolor=FAINT, elinewidth=1.2, capsize=2, zorder=1)

    def _label(self, ax: Axes) -> None:
        held_out = self.criterion == "held_out"
        what = "held-out log-likelihood per row (nats), higher" if held_out else f"{self.criterion.upper()}, lower"
        ax.set_xlabel("components", color=INK)
        ax.set_ylabel(f"{what} is better", color=INK)
        ax.xaxis.set_major_locator(whole_numbers())
        ax.ticklabel_format(axis="y", useOffset=False)
        self._leave_out_the_far_off(ax)
        tidy(ax)

    def _leave_out_the_far_off(self, ax: Axes) -> None:
        """Show up to three times as far off as the middle candidate, if that is less than half of all."""
        best = self.values[self.best]
        off = np.abs(self.values[np.isfinite(self.values)] - best)
        shown = 3 * np.median(off)
        if not 0 < 2 * shown < off.max():
            return
        room = 0.1 * shown
        ax.set_ylim(*(best - shown, best + room) if self.criterion == "held_out" else (best - room, best + shown))
