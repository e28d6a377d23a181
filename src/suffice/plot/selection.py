"""A criterion against the number of components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, INK, component_colours
from suffice.plot.display import Display
from suffice.plot.marks import Dots, Line, Mark, Segments
from suffice.plot.panel import Axis, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.selection.result import Selection


class SelectionDisplay(Display):
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
        ``"bic"``, ``"aic"``, ``"icl"``, ``"sabic"``, ``"caic"`` or ``"held_out"``.
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
        return cls.of(selection).plot(ax=ax)

    @classmethod
    def of(cls, selection: Selection) -> SelectionDisplay:
        """The numbers of what ``suffice.select`` returned, undrawn."""
        from suffice.selection.criteria import sound_rows
        from suffice.selection.words import setting

        table, criterion = selection.table, selection.criterion
        return cls(
            n_components=table["n_components"],
            values=table[criterion],
            settings=[setting(table, row) for row in range(len(table["n_components"]))],
            best=selection.best_index,
            criterion=criterion,
            errors=table["standard_error"] if criterion == "held_out" else None,
            passed_over=~sound_rows(table),
        )

    def panel(self) -> Panel:
        """The picture, undrawn."""
        lines = list(dict.fromkeys(self.settings))
        marks: list[Mark] = []
        for words, colour in zip(lines, component_colours(len(lines)), strict=True):
            marks += self._line(np.array([own == words for own in self.settings]), words, colour)
        ring = (self.n_components[[self.best]], self.values[[self.best]])
        marks.append(Dots(*ring, INK, 13.0, hollow=True, filling="none"))
        held_out = self.criterion == "held_out"
        what = "held-out log-likelihood per row (nats), higher" if held_out else f"{self.criterion.upper()}, lower"
        return Panel(
            marks, Axis("components", whole=True), Axis(f"{what} is better", *self._near()), size=(7.2, 3.9),
            legend="inside" if len(lines) > 1 else "",
        )  # fmt: skip

    @np.errstate(over="ignore", invalid="ignore")
    def _line(self, own: np.ndarray, words: str, colour: str) -> list[Mark]:
        own = np.flatnonzero(own & np.isfinite(self.values))
        x, y, hollow = self.n_components[own], self.values[own], self.passed_over[own]
        found: list[Mark] = []
        if self.errors is not None:
            errors = np.nan_to_num(self.errors[own])
            found.append(Segments(np.stack([x, y - errors], 1), np.stack([x, y + errors], 1), FAINT, 1.2))
        found += [Line(x, y, colour, label=words), Dots(x[~hollow], y[~hollow], colour, 4.5)]
        return [*found, *([Dots(x[hollow], y[hollow], colour, 4.5, hollow=True)] if hollow.any() else [])]

    @np.errstate(over="ignore", invalid="ignore")
    def _near(self) -> tuple[float | None, float | None]:
        """Ends that show up to three times as far off as the middle candidate, if that is less than half of all."""
        best = self.values[self.best]
        off = np.abs(self.values[np.isfinite(self.values)] - best)
        shown = 3 * np.median(off) if len(off) else 0.0
        if not 0 < 2 * shown < off.max(initial=0.0):
            return None, None
        room = 0.1 * shown
        return (best - shown, best + room) if self.criterion == "held_out" else (best - room, best + shown)
