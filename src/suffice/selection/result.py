"""What a selection found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.selection.criteria import ranked
from suffice.selection.held_out import standard_error
from suffice.selection.neighbour import Fit
from suffice.selection.words import INTERRUPTED, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from suffice.plot import SelectionDisplay


@dataclass(frozen=True)
class Tried:
    """A candidate, and its fit and figures or the reason why there are none, or doubtful ones."""

    columns: dict[str, Any]
    fit: Fit | None = None
    figures: dict[str, float] = field(default_factory=dict)
    evidence: np.ndarray = field(default_factory=lambda: np.zeros(0))
    weight: np.ndarray = field(default_factory=lambda: np.zeros(0))
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Selection:
    """The candidates of ``suffice.select``, and the best of them. ``suffice.save`` keeps it.

    Parameters
    ----------
    best
        The fitted estimator that the criterion prefers, as it was fitted to all rows. Of candidates whose components have
        degenerated, one is taken only where all have: their likelihood says nothing.
    estimators
        Every candidate's fitted estimator, in the order of the table; None where it could not be fitted. ``traces_`` has the
        estimator's own starts first, then those from the neighbour.
    table
        A column for each figure, by name, a row for each candidate. ``family``, ``n_components`` (those that are left, where
        degenerate ones were removed) and what else was searched;
        ``log_likelihood``: mean of a row, in nats; ``parameters``: their number; ``bic``, ``aic``, ``icl``,
        ``sabic``, ``caic``: lower is better;
        where asked for, ``held_out``: mean log-likelihood of a row held out, in nats, higher is better, and
        ``standard_error``: of its difference from the best; ``converged``; ``seconds``: time it took; ``start``: ``"own"``, or
        from the neighbour, ``"split"``, or ``"twins"`` where nothing was better than its components taken twice, or ``"rows"``
        drawn at random, where components degenerated from both; ``sound``: whether it was fitted and no component degenerated;
        ``note``: why it could not be fitted, or which components degenerated, in which columns, of this fit or of others that
        ended higher. Figures of a candidate that could not be fitted are NaN.
    criterion
        What chose.
    best_index
        Row of the best in the table.
    outcome
        A sentence on the best and the next.
    interrupted
        Whether Ctrl-C ended the search before all candidates were fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import BernoulliMixture, select
    >>> X = np.repeat([[1, 1, 0], [0, 0, 1]], 20, axis=0)
    >>> found = select(BernoulliMixture(random_state=0), X, n_components=[1, 2])
    >>> print(found.outcome)
    2 components: lowest BIC, 81.3; next 1 component, 96.1 higher. It has the most components tried: try more.
    >>> found.table["n_components"]
    array([1, 2])
    """

    best: Any
    estimators: list[Any]
    table: dict[str, np.ndarray]
    criterion: str
    best_index: int
    outcome: str
    interrupted: bool = False

    def to_frame(self) -> Any:
        """The table as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.table)

    def plot(self, *, ax: Axes | None = None) -> SelectionDisplay:
        """Draw the criterion against the number of components.

        Parameters
        ----------
        ax
            Where to draw; None makes a new figure.
        """
        from suffice.plot import SelectionDisplay

        return SelectionDisplay.from_selection(self, ax=ax)


def selection(tried: list[Tried], criterion: str) -> Selection:
    """Candidates put into a table, and the best one found."""
    if not any(one.fit for one in tried):
        reasons = list(dict.fromkeys(one.reason for one in tried))
        raise ValueError(f"No candidate could be fitted. {' '.join(reasons[:3])}")
    table, course = _table(tried), _course(tried)
    best = ranked(table | course, criterion)[0]
    if "held_out" in table:
        table["standard_error"] = np.array([_error(one, tried[best]) for one in tried])
    table |= course
    estimators = [one.fit.estimator if one.fit else None for one in tried]
    interrupted = tried[-1].reason == INTERRUPTED
    said = sentence(table, criterion, best)
    return Selection(estimators[best], estimators, table, criterion, best, said, interrupted)


def _table(tried: list[Tried]) -> dict[str, np.ndarray]:
    table = {name: _column([one.columns[name] for one in tried]) for name in tried[0].columns}
    figures = next(one.figures for one in tried if one.fit)
    table |= {name: np.array([one.figures.get(name, np.nan) for one in tried]) for name in figures}
    if any(len(one.evidence) for one in tried):
        table["held_out"] = np.array([_mean(one) for one in tried])
    return table


def _column(values: list[Any]) -> np.ndarray:
    """Numbers as numbers, anything else in words."""
    column = np.array(values) if len({np.shape(value) for value in values}) == 1 else np.zeros(())
    return column if column.ndim == 1 and column.dtype.kind in "biuf" else np.array([str(value) for value in values])


def _course(tried: list[Tried]) -> dict[str, np.ndarray]:
    return {
        "converged": np.array([bool(one.fit and one.fit.estimator.converged_) for one in tried]),
        "seconds": np.array([one.seconds for one in tried]),
        "start": np.array([one.fit.start if one.fit else "" for one in tried]),
        "sound": np.array([bool(one.fit and one.fit.sound) for one in tried]),
        "note": np.array([" ".join(filter(None, [one.fit.note if one.fit else "", one.reason])) for one in tried]),
    }


def _mean(one: Tried) -> float:
    return float(one.weight @ one.evidence / one.weight.sum()) if one.fit else np.nan


def _error(one: Tried, best: Tried) -> float:
    return standard_error(best.evidence - one.evidence, one.weight) if one.fit else np.nan
