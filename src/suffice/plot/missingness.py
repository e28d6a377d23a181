"""Which cells are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import PALETTE, shortened, wanted_columns
from suffice.plot.display import Display
from suffice.plot.marks import Image, Segments
from suffice.plot.panel import Axis, Panel
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 40


class MissingnessDisplay(Display):
    """A map of the rows with missing cells: a line for each column that misses some, those missing most often first.

    Rows lie from left to right, sorted so that rows that miss the same cells lie together. Columns that are missing in the same
    rows share a line; at most 40 lines are shown.

    Parameters
    ----------
    missing
        (n, D), which cells are missing; rows and columns without any are left out.
    shares
        (D,), share missing of each column, written beside it; None takes that of ``missing``.
    feature_names
        D names.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from suffice.plot import MissingnessDisplay
    >>> display = MissingnessDisplay(missing=[[0, 1], [0, 0], [1, 1]], feature_names=["height", "mass"])
    >>> [label.get_text() for label in display.plot(ax=Figure().subplots()).ax_.get_yticklabels()]
    ['mass 66.7%', 'height 33.3%']
    """

    def __init__(
        self, *, missing: ArrayLike, shares: ArrayLike | None = None, feature_names: list[str] | None = None
    ) -> None:
        self.missing = np.asarray(missing, dtype=bool)
        self.shares = self.missing.mean(axis=0) if shares is None else np.asarray(shares, dtype=float)
        self.feature_names = wanted_columns(feature_names, self.missing.shape[1])

    @classmethod
    def from_rows(
        cls, X: TableLike, *, feature_names: list[str] | None = None, ax: Axes | None = None
    ) -> MissingnessDisplay:
        """Draw which cells of X, (N, D) or a frame, are missing, on ``ax`` or a new figure."""
        given = feature_names if feature_names is not None else getattr(X, "columns", None)
        names = None if given is None else [str(name) for name in given]
        table: Any = X
        missing = table.isna() if hasattr(table, "isna") else np.isnan(np.asarray(table, dtype=float))
        return cls(missing=missing, feature_names=names).plot(ax=ax)

    def lines(self) -> list[list[int]]:
        """Positions of the columns of each line, from the top."""
        found: dict[Any, list[int]] = {}
        for j in np.argsort(-self.shares, kind="stable"):
            if self.shares[j] > 0:
                found.setdefault((self.shares[j], self.missing[:, j].tobytes()), []).append(int(j))
        return list(found.values())

    def panel(self) -> Panel:
        """The picture, undrawn."""
        lines = self.lines()[:MOST_LINES]
        part = self.missing[:, [columns[0] for columns in lines]]
        part = part[part.any(axis=1)]
        part, count = part[np.lexsort(~part.T[::-1])] if len(lines) else part, max(len(part), 1)
        image = Image(part.T.astype(float), ("#f3f5f7", PALETTE[3]), (0, count, len(lines) - 0.5, -0.5))
        between = np.arange(1, len(lines)) - 0.5
        begin, end = (np.stack([np.full(len(between), float(side)), between], 1) for side in (0, count))
        names = [self._words(columns) for columns in lines]
        return Panel(
            [image, Segments(begin, end, "white", 1.2)],
            Axis("rows with missing cells, alike ones together", 0, count),
            Axis(low=len(lines) - 0.5, high=-0.5, ticks=range(len(lines)), names=names, plain=True),
            size=(9.6, 1.0 + 0.2 * len(lines)),
        )

    def _words(self, columns: list[int]) -> str:
        more = f" and {len(columns) - 1} more" if len(columns) > 1 else ""
        return f"{shortened(self.feature_names[columns[0]], 40)}{more} {self.shares[columns[0]]:.1%}"
