"""Which cells are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from suffice.plot.canvas import FAINT, INK, PALETTE, axes_or_new, tidy, wanted_columns
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 40


class MissingnessDisplay:
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

    def plot(self, *, ax: Axes | None = None) -> MissingnessDisplay:
        """Draw on ``ax`` or a new figure; returns the display."""
        from matplotlib.colors import ListedColormap

        lines = self.lines()[:MOST_LINES]
        ax = axes_or_new(ax, (9.0, 1.0 + 0.2 * len(lines)))
        part = self.missing[:, [columns[0] for columns in lines]]
        part = part[part.any(axis=1)]
        part = part[np.lexsort(~part.T[::-1])]
        extent = (0, max(len(part), 1), len(lines) - 0.5, -0.5)
        ax.imshow(part.T, aspect="auto", cmap=ListedColormap(["#f3f5f7", PALETTE[3]]), vmin=0, vmax=1, extent=extent,
                  interpolation="nearest")  # fmt: skip
        ax.hlines(np.arange(1, len(lines)) - 0.5, *extent[:2], color="white", linewidth=1.2)
        ax.set_yticks(np.arange(len(lines)), [self._words(columns) for columns in lines])
        ax.set_xlabel("rows with missing cells, alike ones together", color=INK)
        tidy(ax)
        ax.tick_params(axis="y", length=0)
        ax.spines["bottom"].set_color(FAINT)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _words(self, columns: list[int]) -> str:
        more = f" and {len(columns) - 1} more" if len(columns) > 1 else ""
        return f"{self.feature_names[columns[0]]}{more} {self.shares[columns[0]]:.1%}"
