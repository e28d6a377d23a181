"""A fitted estimator in a notebook: how its fit ended, and a picture of it."""

from __future__ import annotations

import html
from typing import Any

from suffice.report.picture import Picture, drawn, picture


def in_notebook(estimator: Any) -> str:
    """Outcome and picture of a fitted estimator as HTML, which goes below scikit-learn's own; empty where it is not fitted."""
    try:
        outcome = getattr(estimator, "outcome_", "")
    except AttributeError:
        outcome = ""
    if not outcome:
        return ""
    shown = "".join(one.svg for one in drawn(_fit_picture, estimator))
    style = "max-width: 26rem; color: inherit; --paper: transparent; --faint: #9aa4ae"
    return f'<div style="{style}"><p>{html.escape(str(outcome))}</p>{shown}</div>'


def _fit_picture(estimator: Any) -> list[Picture]:
    """How the fit went, where it took more than one pass."""
    from suffice.plot.trace import TraceDisplay

    traces = getattr(estimator, "traces_", ())
    if max(map(len, traces), default=0) > 1:
        return [picture("", "", TraceDisplay.of(estimator).panel())]
    if not hasattr(estimator, "trace_"):
        return []
    from suffice.plot.learning import LearningDisplay
    from suffice.plot.training import TrainingDisplay

    trained = "training_loss" in estimator.trace_
    panel = TrainingDisplay.of(estimator).panel() if trained else LearningDisplay.of(estimator).panel()
    return [picture("", "", panel)]
